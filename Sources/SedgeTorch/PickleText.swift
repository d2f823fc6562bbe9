// The escapes in texts of pickles of protocol 0.

internal import SedgeTensor

/// A text in Python's `raw-unicode-escape`: Latin-1, with `\uXXXX` and `\UXXXXXXXX` for what it does not have.
///
/// Source: `UNICODE` in `Lib/pickletools.py` of Python.
func unescapedUnicode(_ line: [UInt8]) -> String {
  var text = String.UnicodeScalarView()
  var position = 0
  while position < line.count {
    let byte = line[position]
    position += 1
    guard byte == UInt8(ascii: "\\"), position < line.count,
      let digitCount = [UInt8(ascii: "u"): 4, UInt8(ascii: "U"): 8][line[position]],
      line.count - position > digitCount,
      let value = UInt32(hexadecimalDigits: line[(position + 1)...].prefix(digitCount))
    else {
      text.append(Unicode.Scalar(byte))
      continue
    }
    text.append(Unicode.Scalar(value) ?? "\u{FFFD}")
    position += 1 + digitCount
  }
  return String(text)
}

/// The bytes of a text that Python 2 wrote as it shows it, without its quotes.
///
/// Source: `STRING` in `Lib/pickletools.py` of Python.
func unescapedBytes(_ line: ArraySlice<UInt8>) -> [UInt8] {
  var bytes: [UInt8] = []
  var position = line.startIndex
  while position < line.endIndex {
    let byte = line[position]
    position += 1
    guard byte == UInt8(ascii: "\\"), position < line.endIndex else {
      bytes.append(byte)
      continue
    }
    let escape = line[position]
    if escape == UInt8(ascii: "x"), line.endIndex - position > 2,
      let value = UInt8(hexadecimalDigits: line[(position + 1)...].prefix(2))
    {
      bytes.append(value)
      position += 3
      continue
    }
    position += 1
    switch escape {
    case UInt8(ascii: "n"): bytes.append(0x0A)
    case UInt8(ascii: "r"): bytes.append(0x0D)
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): bytes.append(escape)
    default: bytes += [byte, escape]
    }
  }
  return bytes
}
