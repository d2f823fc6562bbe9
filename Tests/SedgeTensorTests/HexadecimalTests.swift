import SedgeTensor
import Testing

@Test("Hexadecimal digits are a number, and nothing else is")
func hexadecimalDigits() {
  #expect(UInt32(hexadecimalDigits: Array("00fFa0".utf8)) == 0xFFA0)
  #expect(UInt8(hexadecimalDigits: Array("ff".utf8)) == 255)
  for text in ["", "+1", "-1", " 1", "1g", "100", "é"] {
    #expect(UInt8(hexadecimalDigits: Array(text.utf8)) == nil)
  }
}

@Test("Bytes are two digits each, and digits are those bytes again")
func hexadecimalBytes() {
  #expect(([0, 9, 0xAB, 0xFF] as [UInt8]).hexadecimalText == "0009abff")
  #expect([UInt8](hexadecimal: Array("0009ABff".utf8)) == [0, 9, 0xAB, 0xFF])
  #expect([UInt8](hexadecimal: Array("123".utf8)) == nil)
  #expect([UInt8](hexadecimal: Array("1x".utf8)) == nil)
}
