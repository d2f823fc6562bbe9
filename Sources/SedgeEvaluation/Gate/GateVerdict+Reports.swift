// A verdict in one line, as Markdown, and as JUnit's XML.

extension GateVerdict.Check {
  /// The change, its interval, the limit and a doubt: `mIoU -0.82 [-1.20, -0.41], allowed -0.50`.
  package func text(pictureCount: Int) -> String {
    var text = "\(title) \(measuredText)"
    if let interval { text += " [\(shareText(interval.low)), \(shareText(interval.high))]" }
    text += ", allowed \(shareText(rule.allowed))"
    let pictures = "\(pictureCount) picture\(pictureCount == 1 ? "" : "s")"
    if interval == nil {
      text += ", no interval with \(pictures)"
    } else if !isDistinguishable, interval != Interval(low: 0, high: 0) {
      text += ", cannot be told from noise with \(pictures)"
    }
    return text
  }

  /// What the rule limits.
  package var title: String {
    switch rule.subject {
    case .figure(let figure): figure.title
    case .labels: "labels changed"
    }
  }

  /// The measured change.
  package var measuredText: String { shareText(measured) }

  /// The limit.
  package var allowedText: String { shareText(rule.allowed) }

  /// A share as percent; changes of figures have a sign.
  private func shareText(_ share: Double) -> String {
    let text = fixed(share * 100, decimals: 2)
    switch rule.subject {
    case .labels: return text + "%"
    case .figure: return (share > 0 && text != "0.00" ? "+" : "") + text
    }
  }
}

extension GateVerdict {
  /// The decision, then why: a line for each rule that decides it.
  ///
  /// - Parameters:
  ///   - model: The name of the model.
  ///   - baseline: The name of the other one.
  package func lines(model: String, baseline: String) -> [String] {
    let decisive = passes ? checks : checks.filter { !$0.passes }
    let kept = checks.count - decisive.count
    return ["\(passes ? "PASS" : "FAIL") \(model) against \(baseline)"]
      + decisive.map { "  " + $0.text(pictureCount: pictureCount) }
      + (kept == 0 ? [] : ["  \(kept) other rule\(kept == 1 ? "" : "s") kept"])
  }

  /// A heading and a table, for a comment on a pull request.
  package func markdown(model: String, baseline: String) -> String {
    var table = ReportTable(columns: [
      .init("rule", .left), .init("change"), .init("95 % interval"), .init("allowed"), .init("", .left),
    ])
    for check in checks {
      let interval = check.intervalText ?? "-"
      table.add([
        .init(check.title), .init(check.measuredText), .init(interval), .init(check.allowedText),
        .init((check.passes ? "pass" : "FAIL") + (check.isDistinguishable ? "" : ", not told from noise")),
      ])
    }
    let names = [model, baseline].map(ReportTable.markdownText)
    let pictures = "\(pictureCount) picture\(pictureCount == 1 ? "" : "s")"
    return "### \(passes ? "Pass" : "Fail"): \(names[0]) against \(names[1])\n\n"
      + "\(pictures); figures change in points of percent; decided by "
      + (isStrict ? "the worse end of the interval" : "the measured change") + ".\n\n" + table.markdown
  }

  /// JUnit's XML: a test case for each rule.
  package func junit(model: String, baseline: String) -> String {
    let failures = checks.count { !$0.passes }
    let suite = Self.xmlText("sedge gate: \(model) against \(baseline)")
    let cases = checks.map { check -> String in
      let sign = check.rule.subject == .labels ? "&lt;=" : "&gt;="
      let name = "\(check.rule.name) \(sign) \(check.allowedText)"
      let text = Self.xmlText(check.text(pictureCount: pictureCount))
      let body =
        check.passes
        ? "      <system-out>\(text)</system-out>\n" : "      <failure message=\"\(text)\"/>\n"
      return "    <testcase classname=\"sedge.gate\" name=\"\(name)\">\n\(body)    </testcase>\n"
    }
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <testsuites tests="\(checks.count)" failures="\(failures)">
        <testsuite name="\(suite)" tests="\(checks.count)" failures="\(failures)">

      """ + cases.joined() + "  </testsuite>\n</testsuites>\n"
  }

  /// Text without characters that XML gives a meaning or does not have.
  private static func xmlText(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      default:
        escaped += scalar.value < 0x20 || (0xFFFE...0xFFFF).contains(scalar.value) ? "?" : String(scalar)
      }
    }
    return escaped
  }
}

extension GateVerdict.Check {
  /// The interval, in brackets.
  fileprivate var intervalText: String? {
    interval.map { interval in
      var low = self
      var high = self
      (low.measured, high.measured) = (interval.low, interval.high)
      return "\(low.measuredText) to \(high.measuredText)"
    }
  }
}
