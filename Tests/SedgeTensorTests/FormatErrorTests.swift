import SedgeTensor
import Testing

@Test("An error gets the place that it lacks, and keeps the place that it has")
func locating() {
  func fault(_ error: FormatError) throws(FormatError) {
    try FormatError.locating(path: "file", tensor: "t", byteOffset: 3) { () throws(FormatError) in throw error
    }
  }
  #expect(throws: FormatError(.malformed("x"), path: "file", tensor: "t", byteOffset: 3)) {
    try fault(FormatError(.malformed("x")))
  }
  let placed = FormatError(.malformed("x"), path: "other", tensor: "u", byteOffset: 9)
  #expect(throws: placed) { try fault(placed) }
}
