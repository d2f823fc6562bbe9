// What is read as a report, and what is refused.

import SedgeReport
import SedgeTensor
import Testing

@Suite("Saved reports")
struct ReportDocumentTests {
  @Test("Every kind is known by its own words")
  func knowsKinds() throws {
    let kinds = try Sample.all.map { try ReportDocument(json: Array($0.utf8)).kind }
    #expect(kinds == [.verify, .evaluate, .sweep, .inspect])
  }

  /// Texts, and words of the error.
  static let refused = [
    ("", "expected a value in the report, found the end"), ("{", "expected a string"), ("[]", "no report"),
    ("{}", "no report"), ("{\"report\": 1}", "no report"),
    ("{\"report\": \"gate\", \"version\": 1}", "a report of gate"),
    ("{\"report\": \"verify\"}", "the report has no version"),
    ("{\"report\": \"verify\", \"version\": 1.5}", "the report has no version"),
    ("{\"report\": \"verify\", \"version\": 0}", "the report has no version"),
    ("{\"report\": \"verify\", \"version\": 2}", "version 2"),
    ("{\"report\": \"verify\", \"version\": 1} x", "expected the end of the report"),
    ("{\"report\": \"verify\", \"version\": 1, \"a\": 01}", "found a number"),
    ("{\"report\": \"verify\", \"version\": 1, \"a\": tru}", "expected true or false"),
    (
      "{\"report\": \"verify\", \"version\": 1, \"a\": \(String(repeating: "[", count: 40))",
      "nest deeper than 32"
    ),
    ("\u{1}", "no JSON"),
  ]

  @Test("What is no report is refused with the reason", arguments: refused)
  func refuses(text: String, words: String) throws {
    let error = try #require(throws: FormatError.self) { try ReportDocument(json: Array(text.utf8)) }
    #expect("\(error)".contains(words), "\(error)")
  }

  @Test("A report with more values than a page could use is refused")
  func boundsValues() throws {
    let text =
      "{\"report\": \"verify\", \"version\": 1, \"a\": [\(String(repeating: "0,", count: 4_200_000))0]}"
    let error = try #require(throws: FormatError.self) { try ReportDocument(json: Array(text.utf8)) }
    #expect("\(error)".contains("more than 4194304 values"))
  }

  @Test("A file that is too large is refused")
  func boundsBytes() throws {
    let bytes = [UInt8](repeating: 0x20, count: ReportDocument.maximumByteCount + 1)
    let error = try #require(throws: FormatError.self) { try ReportDocument(json: bytes) }
    #expect("\(error)".contains("more than 67108864 bytes"))
  }
}
