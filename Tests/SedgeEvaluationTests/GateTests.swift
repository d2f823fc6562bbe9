// Rules of a gate, its decisions and its reports.

import SedgeEvaluation
import TestSupport
import Testing

@Suite("Gate")
struct GateTests {
  private func result(_ made: MadeEvaluation) throws -> EvaluationResult {
    try EvaluationResult(json: Array(made.json.utf8), path: "made.json")
  }

  private func verdict(
    losing lost: [Int], _ rules: String, strict: Bool = false, changed: [Int]? = nil
  ) throws -> GateVerdict {
    let float = MadeEvaluation.model("float", pictureCount: lost.count)
    var made = MadeEvaluation([float, float.losing(lost, name: "int8")])
    made.changed = changed
    let result = try result(made)
    let baseline = Gate.Side(path: "base.json", result: result, model: 0)
    return try Gate.verdict(
      of: Gate.Side(path: "made.json", result: result, model: 1), against: baseline,
      rules: GateRule.list(rules), strict: strict)
  }

  @Test("Rules are read")
  func rules() throws {
    #expect(
      try GateRule.list("miou=-0.5%, labels=1%,boundary_iou=2%,pacc=0%") == [
        GateRule(.figure(.miou), allowed: -0.005), GateRule(.labels, allowed: 0.01),
        GateRule(.figure(.boundaryIou), allowed: 0.02), GateRule(.figure(.pacc), allowed: 0),
      ])
  }

  @Test(
    "Other texts are refused",
    arguments: [
      ("", GateRule.Fault.form("")), ("miou", .form("miou")), ("miou=1%=2%", .form("miou=1%=2%")),
      ("miou=-1%,", .form("")), ("iou=1%", .name("iou")), ("MIOU=1%", .name("MIOU")),
      ("miou=0.5", .limit("miou=0.5")), ("miou=%", .limit("miou=%")), ("miou=nan%", .limit("miou=nan%")),
      ("miou=-101%", .limit("miou=-101%")), ("labels=-1%", .limit("labels=-1%")),
      ("miou=-1%,miou=-2%", .repeated("miou")),
    ])
  func faults(text: String, fault: GateRule.Fault) {
    #expect(throws: fault) { try GateRule.list(text) }
  }

  @Test("A drop of exactly the limit is allowed; more is not")
  func limit() throws {
    // A pixel of 200 in each picture: half a point of pixel accuracy.
    let lost = [Int](repeating: 1, count: 40)
    #expect(try verdict(losing: lost, "pacc=-0.5%").passes)
    #expect(try verdict(losing: lost, "pacc=-0.5%", strict: true).passes)
    #expect(try !verdict(losing: lost, "pacc=-0.499%").passes)
    let check = try verdict(losing: lost, "pacc=-0.5%").checks[0]
    #expect(abs(check.measured + 0.005) < 1e-15)
    #expect(check.isDistinguishable)
  }

  @Test("Noise is called noise; --strict decides by the worse end of the interval")
  func noise() throws {
    let lost = (0..<40).map { $0 % 2 == 0 ? 5 : -4 }
    let found = try verdict(losing: lost, "pacc=-0.3%")
    #expect(found.passes)
    #expect(!found.checks[0].isDistinguishable)
    #expect(
      found.lines(model: "int8", baseline: "float").joined(separator: "\n").hasSuffix(
        "allowed -0.30, cannot be told from noise with 40 pictures"))
    let strict = try verdict(losing: lost, "pacc=-0.3%", strict: true)
    #expect(!strict.passes)
    let interval = try #require(strict.checks[0].interval)
    #expect(strict.checks[0].deciding == interval.low)
    // The mean of 40 differences of 4.5 pixels about -0.5, of 200 pixels.
    let expected = 2 * 2.0227 * 4.5 / 200 / 39.0.squareRoot()
    #expect(abs((interval.high - interval.low) / expected - 1) < 0.1)
  }

  @Test("Without an interval --strict does not pass")
  func fewPictures() throws {
    let lost = [0, 0, 0]
    #expect(try verdict(losing: lost, "miou=-1%").passes)
    let strict = try verdict(losing: lost, "miou=-1%", strict: true)
    #expect(!strict.passes)
    #expect(
      strict.lines(model: "int8", baseline: "float").joined(separator: "\n")
        == "FAIL int8 against float\n  mIoU 0.00, allowed -1.00, no interval with 3 pictures")
  }

  @Test("Changed labels are those that the result counts against this baseline")
  func labels() throws {
    let lost = [Int](repeating: 1, count: 10)
    let found = try verdict(losing: lost, "miou=-1%,labels=1%", changed: [30])
    #expect(found.checks.map(\.passes) == [true, false])
    #expect(found.checks[1].measured == 0.015)
    #expect(
      found.lines(model: "int8", baseline: "float").joined(separator: "\n")
        == "FAIL int8 against float\n  labels changed 1.50% [0.00%, 3.00%], allowed 1.00%\n  1 other rule kept"
    )
    #expect(try verdict(losing: lost, "labels=2%", changed: [30]).passes)
    #expect(try !verdict(losing: lost, "labels=2%", strict: true, changed: [30]).passes)
    #expect(throws: EvaluationError(.labelsNotCompared(model: "int8", reference: "float"), path: "made.json"))
    {
      try verdict(losing: lost, "labels=1%")
    }
  }

  @Test("Other data and other pictures are refused")
  func otherData() throws {
    let float = MadeEvaluation.model("float", pictureCount: 6)
    let made = MadeEvaluation([float])
    let side = Gate.Side(path: "a.json", result: try result(made), model: 0)
    func error(_ other: MadeEvaluation) throws -> EvaluationError.Kind? {
      let baseline = Gate.Side(path: "b.json", result: try result(other), model: 0)
      let error = #expect(throws: EvaluationError.self) {
        try Gate.verdict(
          of: side, against: baseline, rules: [GateRule(.figure(.miou), allowed: 0)], strict: false)
      }
      #expect(error?.path == "b.json")
      return error?.kind
    }
    var other = made
    other.fingerprint = "beef"
    #expect(
      try error(other)
        == .otherData(
          what: "the fingerprint of pictures, classes and labels", found: "beef", expected: "f00d",
          other: "a.json"))
    other = made
    other.pictureNames[2] = "else"
    #expect(
      try error(other) == .otherPictures(missing: ["picture 2"], added: ["else"], other: "a.json"))
  }

  @Test("A figure that no picture determines is an error")
  func undefined() throws {
    #expect(throws: EvaluationError(.undefinedFigure("boundary_iou"), path: "made.json")) {
      try verdict(losing: [0, 0], "boundary_iou=0%")
    }
  }

  /// A verdict with every kind of check.
  private let made = GateVerdict(
    pictureCount: 100, isStrict: false,
    checks: [
      .init(
        rule: GateRule(.figure(.miou), allowed: -0.005), measured: -0.0082,
        interval: Interval(low: -0.012, high: -0.0041), isStrict: false),
      .init(
        rule: GateRule(.figure(.pacc), allowed: -0.005), measured: 0.001,
        interval: Interval(low: -0.001, high: 0.003), isStrict: false),
      .init(rule: GateRule(.labels, allowed: 0.01), measured: 0.004, interval: nil, isStrict: false),
    ])

  @Test("JUnit's XML has a test case for each rule")
  func junit() {
    #expect(
      made.junit(model: "a<b>\"&\u{1}", baseline: "float") == """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites tests="3" failures="1">
          <testsuite name="sedge gate: a&lt;b&gt;&quot;&amp;? against float" tests="3" failures="1">
            <testcase classname="sedge.gate" name="miou &gt;= -0.50">
              <failure message="mIoU -0.82 [-1.20, -0.41], allowed -0.50"/>
            </testcase>
            <testcase classname="sedge.gate" name="pacc &gt;= -0.50">
              <system-out>pACC +0.10 [-0.10, +0.30], allowed -0.50, cannot be told from noise with 100 pictures</system-out>
            </testcase>
            <testcase classname="sedge.gate" name="labels &lt;= 1.00%">
              <system-out>labels changed 0.40%, allowed 1.00%, no interval with 100 pictures</system-out>
            </testcase>
          </testsuite>
        </testsuites>

        """)
  }

  @Test("Markdown has a table of the rules")
  func markdown() {
    #expect(
      made.markdown(model: "a|b", baseline: "float") == """
        ### Fail: a\\|b against float

        100 pictures; figures change in points of percent; decided by the measured change.

        | rule | change | 95 % interval | allowed |  |
        | --- | ---: | ---: | ---: | --- |
        | mIoU | -0.82 | -1.20 to -0.41 | -0.50 | FAIL |
        | pACC | +0.10 | -0.10 to +0.30 | -0.50 | pass, not told from noise |
        | labels changed | 0.40% | - | 1.00% | pass |

        """)
  }
}
