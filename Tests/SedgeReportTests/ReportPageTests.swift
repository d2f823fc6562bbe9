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
      "int4.sedge is within its limits", "99.90%", "at least 90.00%", "at most 0.2", "at most 0.3",
      "Every figure is within its limit; at most 1.00% of a picture&#39;s labels differ.",
      "clip_model.token_embedding alone changes 0.60% of the labels, all layers together 1.00%.",
      "To come closer to the source, convert with plan.json: 9 kB instead of 9.1 kB, 0.50% of the labels instead of 1.00%.",
      "sedge convert s/source.h5 -o better.sedge \\</code><code>    --plan p/plan.json</code>", "as recorded",
    ] {
      #expect(page.contains(text), "\(text)")
    }
    // Figures that the file records for itself are no bar.
    #expect(!page.contains("at most 0.1"))
    let failed = try self.page(Sample.verify.replacing("\"passes\": true", with: "\"passes\": false"))
    #expect(failed.contains("int4.sedge is not within its limits"))
  }

  @Test("Without a plan the steps say what they add together, without costs how to measure them")
  func showsRemedy() throws {
    let plan = try #require(Sample.verify.firstMatch(of: /(?s),\s*"plan": \{.*"is_exact": true\}/))
    let steps = try page(Sample.verify.replacing(plan.output, with: ""))
    #expect(
      steps.contains(
        "with more bits where they help: +300 bytes, about 0.30% of the labels instead of 1.00%."))
    #expect(steps.contains("--tensor=&#39;^x$=int8&#39; \\</code>"))
    for text in ["≈ 0.40%", "+100 bytes", "≈ 0.30%", "+300 bytes"] {
      #expect(steps.contains(text), "\(text)")
    }
    let errors = try page(Sample.verify.replacing("\"costs\"", with: "\"other\""))
    #expect(
      errors.contains("One layer&#39;s: 99% of all squared errors arise in clip_model.token_embedding.weight")
    )
    #expect(errors.contains("measure what helps: verify --suggest plan.json."))
    #expect(errors.contains("--images &#39;my pictures&#39; --suggest plan.json</code>"))
    #expect(!errors.contains("--tensor="))
  }

  @Test("A layer that is restored says how many labels fewer change, and estimates are marked")
  func showsCosts() throws {
    let page = try page(Sample.verify)
    for text in [
      "labels, less if restored", ">0.50%<", ">−0.20%<", ">≈ 0%<", "errors of layers can cancel",
      "Rejection heads cost nothing here",
      "Scores of the 2 layers with the largest estimates, which were measured, too: off by 20% in the median.",
    ] {
      #expect(page.contains(text), "\(text)")
    }
    #expect(!page.contains("correlation"))
  }

  @Test(
    "A command line can be pasted",
    arguments: [
      (["sedge", "verify", "a b.sedge"], "sedge verify &#39;a b.sedge&#39;"),
      (["sedge", "convert", "--tensor=^x$=int8"], "sedge convert --tensor=&#39;^x$=int8&#39;"),
      (["sedge", "it's", ""], "sedge &#39;it&#39;\\&#39;&#39;s&#39; &#39;&#39;"),
      (["sedge", "--a=b", "$HOME;ls"], "sedge --a=b &#39;$HOME;ls&#39;"),
    ])
  func quotes(words: [String], text: String) throws {
    let command = String(decoding: try JSONSerialization.data(withJSONObject: words), as: UTF8.self)
    let page = try page(
      "{\"report\": \"verify\", \"version\": 1, \"reports\": [], \"provenance\": {\"command\": \(command)}}")
    #expect(page.replacing("<wbr>", with: "").contains("<code>\(text)</code>"))
  }

  @Test("Evaluate's verdict is that of the interval")
  func judgesByInterval() throws {
    let near = Sample.evaluate.replacing("\"low\": -0.02", with: "\"low\": -0.01")
    #expect(try page(near).contains("as good as float.sedge, as far as these pictures can tell"))
    #expect(try page(near).contains("<header class=\"verdict good\""))
    let open = try page(Sample.evaluate)
    #expect(open.contains("nor exclude a loss of 2.0 points of mIoU"))
    #expect(open.contains("<header class=\"verdict neutral\""))
    let worse = Sample.evaluate.replacing("\"high\": 0.005", with: "\"high\": -0.005")
    #expect(try page(worse).contains("int4.sedge is less accurate than float.sedge"))
  }

  @Test("Evaluate's page says k, and hides classes that do not occur")
  func showsClasses() throws {
    let page = try page(
      Sample.evaluate.replacing(
        "\"classes\": [{\"name\": \"grass\"",
        with: "\"classes\": [{\"name\": \"absent\", \"iou\": null, \"pixels\": 0}, {\"name\": \"grass\""))
    #expect(page.contains("1 class occurs in no picture."))
    #expect(!page.contains(">absent<"))
    #expect(page.contains("k of early rejection</dt><dd>8</dd>"))
    #expect(page.contains("grass is taken for sky in the most pixels: 12, 20.0% of the class."))
  }

  @Test("Sweep recommends the smallest form whose loss is at most a point, and none where that is not known")
  func recommendsForm() throws {
    #expect(
      try page(Sample.sweep).contains(
        "int8 is the smallest form that loses at most 1 point of mIoU, as far as 60 pictures can tell"))
    let wide = try page(Sample.sweep.replacing("\"low\": -0.01,", with: "\"low\": -0.02,"))
    #expect(wide.contains("60 pictures cannot exclude that every form loses more than 1 point of mIoU"))
    let few = try page(
      Sample.sweep.replacing(/, "interval": \{[^}]*\}/, with: "").replacing(
        "60, \"pixels\"", with: "3, \"pixels\""))
    #expect(few.contains("3 pictures are too few to recommend a form"))
    #expect(few.contains("Too few pictures"))
    #expect(!few.contains("--quantize"))
    for page in [wide, few] { #expect(page.contains("<header class=\"verdict neutral\"")) }
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
