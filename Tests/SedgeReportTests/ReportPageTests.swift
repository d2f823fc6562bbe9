// Pages of reports: what they show, and what reports of strangers cannot do to them.

import Foundation
import SedgeContainer
import SedgeReport
import SedgeTensor
import Testing

@Suite("Pages of reports")
struct ReportPageTests {
  @Test("One report makes one page, to the byte", arguments: Sample.all)
  func isDeterministic(json: String) throws {
    #expect(try page(json) == page(json))
  }

  @Test("A page names every section that its report has figures for")
  func showsSections() throws {
    let expected = [
      (
        Sample.verify,
        ["pictures", "layers", "costs", "rejection", "model", "results", "tensors", "provenance"]
      ),
      (
        Sample.evaluate,
        ["figures", "pictures", "classes", "confusion", "worst", "failures", "provenance"]
      ),
      (Sample.sweep, ["chart", "forms", "failures", "provenance"]),
      (Sample.inspect, ["problems", "model", "suspicions", "tensors", "provenance"]),
    ]
    for (json, sections) in expected {
      let page = try page(json)
      #expect(sections.allSatisfy { page.contains("<section id=\"\($0)\"") })
      #expect(sections.allSatisfy { page.contains("href=\"#\($0)\"") })
    }
  }

  @Test(
    "Verify's first screen has the verdict, its figures beside their limits, the worst layer and the remedy")
  func showsVerdict() throws {
    let page = try page(Sample.verify)
    for text in [
      "int4.sedge computes what its source computes", "99.90%", "at least 90.00%", "at most 0.2",
      "at most 0.3",
      "One layer&#39;s: 99% of all squared errors arise in clip_model.token_embedding.weight",
      "--tensor &#39;^x$=int8&#39;",
    ] {
      #expect(page.contains(text), "\(text)")
    }
    let failed = try self.page(Sample.verify.replacing("\"passes\": true", with: "\"passes\": false"))
    #expect(failed.contains("int4.sedge does not compute what its source computes"))
  }

  @Test("Evaluate's verdict is that of the interval")
  func judgesByInterval() throws {
    #expect(try page(Sample.evaluate).contains("as good as float.sedge, as far as these pictures can tell"))
    let worse = Sample.evaluate.replacing("\"high\": 0.005", with: "\"high\": -0.005")
    #expect(try page(worse).contains("int4.sedge is less accurate than float.sedge"))
  }

  @Test("Sweep recommends the smallest form that cannot be told from the source")
  func recommendsForm() throws {
    #expect(try page(Sample.sweep).contains("int8 is the smallest form that cannot be told from the source"))
  }

  @Test("A page loads nothing, and its policy allows its own style and script alone", arguments: Sample.all)
  func loadsNothing(json: String) throws {
    let page = try page(json)
    let policy = try #require(page.firstMatch(of: /Content-Security-Policy" content="([^"]*)"/)).1
      .replacing("&#39;", with: "'")
    #expect(policy.hasPrefix("default-src 'none'; style-src 'sha256-"))
    #expect(policy.hasSuffix("img-src data:; base-uri 'none'; form-action 'none'"))
    for (name, key) in [("style", "style-src"), ("script", "script-src")] {
      let text =
        try #require(page.firstMatch(of: try Regex("(?s)<\(name)>(.*)</\(name)>")))[1].substring ?? ""
      let digest = Data(sha256(of: Array(text.utf8))).base64EncodedString()
      #expect(policy.contains("\(key) 'sha256-\(digest)'"))
    }
    #expect(page.firstMatch(of: /(src|href)="(?!#|data:)/) == nil)
    #expect(page.firstMatch(of: /<[a-z]+ [^>]*\s(style|on[a-z]+)="/) == nil)
    #expect(page.firstMatch(of: /url\(|@import|fetch\(|XMLHttp|innerHTML/) == nil)
  }

  // MARK: Strangers

  /// What a name could be, and what of it must not be in a page as it is.
  static let hostile = [
    ("</script><img src=x onerror=alert(1)>", "<img src=x"),
    ("</style><script>alert(1)</script>", "<script>alert"),
    ("\\\" onmouseover=\\\"alert(1)", "\" onmouseover"),
    ("' autofocus onfocus='alert(1)", "' autofocus"),
    ("<!--", "<!--"), ("\\u202Egnp.exe", "\u{202E}"), ("\\u2066\\u0000\\u001b[2J", "\u{1B}"),
    ("javascript:alert(1)", "href=\"javascript:"), ("&lt;b&gt;<b>", "<b>"),
  ]

  @Test("Hostile texts in every text and every key are shown and do nothing", arguments: hostile)
  func escapes(text: String, forbidden: String) throws {
    for json in Sample.all {
      var hostile = try page(json, texts: text)
      let own = try page(json)
      #expect(!hostile.contains(forbidden))
      // The elements are those of the page with harmless texts, but for breaks within names.
      hostile.replace("<wbr>", with: "")
      for name in ["script", "style", "img", "iframe", "a", "svg", "table", "section"] {
        #expect(count("<\(name)[ >]", hostile) <= count("<\(name)[ >]", own) + 2, "\(name)")
      }
      #expect(count("<script", hostile) == 1)
    }
  }

  private func count(_ pattern: String, _ text: String) -> Int {
    (try? Regex(pattern)).map { text.matches(of: $0).count } ?? -1
  }

  /// The page of a sample in which every text that selects nothing is replaced.
  private func page(_ json: String, texts: String) throws -> String {
    let kept: Set = ["report", "format", "top_k"]
    let value = try JSONSerialization.jsonObject(with: Data(json.utf8))
    let text = try #require(
      JSONSerialization.jsonObject(with: Data("[\"\(texts)\"]".utf8)) as? [String])[0]
    func replaced(_ value: Any, key: String) -> Any {
      switch value {
      case let members as [String: Any]:
        let isOpen = ["thresholds", "options", "provenance", "digests"].contains(key)
        return Dictionary(
          members.map { (isOpen ? $0.key + text : $0.key, replaced($0.value, key: $0.key)) },
          uniquingKeysWith: { first, _ in first })
      case let elements as [Any]: return elements.map { replaced($0, key: key) }
      case let own as String where !kept.contains(key): return own + text
      default: return value
      }
    }
    let data = try JSONSerialization.data(withJSONObject: replaced(value, key: ""))
    return try ReportPage(ReportDocument(json: Array(data))).html
  }

  @Test("Whatever is missing, of another type or out of range, a page comes of it", arguments: Sample.all)
  func toleratesEverything(json: String) throws {
    let value = try JSONSerialization.jsonObject(with: Data(json.utf8))
    for other in [
      "null", "-1e300", "1e300", "0", "\"inf\"", "\"nan\"", "\"\"", "[]", "{}", "[[]]", "true",
      "9007199254740993", "1e999",
    ] {
      var place = 0
      while let bytes = try changed(value, at: place, to: other) {
        place += 1
        // Without its kind or version it is no report.
        guard let document = try? ReportDocument(json: bytes) else { continue }
        #expect(ReportPage(document).html.utf8.count < 1_000_000)
      }
      #expect(place > 20)
    }
  }

  /// The JSON with another value at the given place; `nil` where it has fewer.
  private func changed(_ value: Any, at place: Int, to other: String) throws -> [UInt8]? {
    var (count, isFound) = (0, false)
    func text(_ value: Any) throws -> String {
      count += 1
      if count - 1 == place {
        isFound = true
        return other
      }
      switch value {
      case let members as [String: Any]:
        return try "{"
          + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\(try text($0.value))" }
          .joined(separator: ",") + "}"
      case let elements as [Any]:
        return try "[" + elements.map(text).joined(separator: ",") + "]"
      default:
        return String(
          decoding: try JSONSerialization.data(withJSONObject: value, options: .fragmentsAllowed),
          as: UTF8.self)
      }
    }
    let result = try text(value)
    return isFound ? Array(result.utf8) : nil
  }

  @Test("A page stays small, whatever a report has")
  func staysSmall() throws {
    let name = String(repeating: "x", count: 200)
    let layer = { (index: Int) in
      "{\"name\": \"\(name)\(index)\", \"local\": 0.1, \"accumulated\": 0.1, \"noise\": 1e-7, \"local_over_noise\": 10}"
    }
    let layers = (0..<60_000).map(layer).joined(separator: ",")
    let runs = (0..<2000).map { "{\"name\": \"\(name)\($0)\", \"equal_labels\": 0.5}" }.joined(separator: ",")
    let json = """
      {"report": "verify", "version": 1, "reports": [{"layers": [\(layers)], "runs": [\(runs)], "failures": ["\(name)"]}]}
      """
    #expect(try page(json).utf8.count < 20_000_000)
  }

  private func page(_ json: String) throws -> String {
    try ReportPage(ReportDocument(json: Array(json.utf8))).html
  }
}
