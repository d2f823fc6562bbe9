// Hexadecimal digits to numbers and back.

extension FixedWidthInteger {
  /// The number that ASCII digits and letters from `A` to `F` of either case stand for.
  ///
  /// - Returns: `nil` where there is no digit, anything else than digits, or a number that does not fit.
  package init?(hexadecimalDigits digits: some Collection<UInt8>) {
    guard !digits.isEmpty, digits.allSatisfy(\.isHexadecimalDigit) else { return nil }
    self.init(String(decoding: digits, as: UTF8.self), radix: 16)
  }
}

extension UInt8 {
  fileprivate var isHexadecimalDigit: Bool { Unicode.Scalar(self).properties.isASCIIHexDigit }
}

extension Sequence<UInt8> {
  /// Two lower-case hexadecimal digits a byte.
  package var hexadecimalText: String {
    map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}

extension [UInt8] {
  /// The bytes that pairs of hexadecimal digits stand for; `nil` where there is anything else.
  package init?(hexadecimal digits: [UInt8]) {
    guard digits.count.isMultiple(of: 2) else { return nil }
    self = []
    for start in stride(from: 0, to: digits.count, by: 2) {
      guard let byte = UInt8(hexadecimalDigits: digits[start..<start + 2]) else { return nil }
      append(byte)
    }
  }
}
