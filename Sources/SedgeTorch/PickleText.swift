// The escapes in texts of pickles of protocol 0.

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
      let value = hexadecimal(line[(position + 1)...].prefix(digitCount), count: digitCount)
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
    if escape == UInt8(ascii: "x"), let value = hexadecimal(line[(position + 1)...].prefix(2), count: 2) {
      bytes.append(UInt8(value))
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

/// The number that exactly `count` hexadecimal digits stand for.
private func hexadecimal(_ digits: some Collection<UInt8>, count: Int) -> UInt32? {
  guard digits.count == count, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else {
    return nil
  }
  return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
}
