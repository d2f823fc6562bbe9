// One line of a file of rows: JSON with a checksum of its own.

import SedgeContainer
import SedgeTensor

/// A line of a file of rows.
///
/// A line is a JSON object whose last member, `checksum`, is the XXH3 (64 bits, seed 0) of the bytes before that member,
/// in hexadecimal digits, the most significant first.
enum RowLine {
  private static let key = Array(",\"checksum\":\"".utf8)
  private static let end = Array("\"}".utf8)
  private static let digitCount = 16

  /// The line of a JSON object that has at least one member, with its line break.
  static func bytes(_ object: String) -> [UInt8] {
    var bytes = Array(object.utf8.dropLast())
    let sum = unsafe checksum(bytes.span.bytes)
    bytes += key + Array(hexadecimal(sum).utf8) + end + [UInt8(ascii: "\n")]
    return bytes
  }

  /// Whether a line, without its line break, is as it was written.
  static func isWhole(_ line: ArraySlice<UInt8>) -> Bool {
    let tailCount = key.count + digitCount + end.count
    guard line.count > tailCount, line.suffix(end.count).elementsEqual(end) else { return false }
    let body = Array(line.dropLast(tailCount))
    let digits = line.dropLast(end.count).suffix(digitCount)
    return line.dropFirst(body.count).starts(with: key)
      && digits.elementsEqual(hexadecimal(unsafe checksum(body.span.bytes)).utf8)
  }

  private static func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: digitCount - digits.count) + digits
  }
}
