// Tables of results, and their formats.

import SedgeEvaluation
import Testing

@Suite("Tables")
struct ReportTableTests {
  private func table() -> ReportTable {
    var table = ReportTable(columns: [.init("model_name", .left), .init("mIoU"), .init("change, %")])
    table.add([
      .init("a & b\n|c|"),
      .init(percent: 0.33421, interval: Interval(low: 0.329, high: 0.3401), isBest: true),
      .init(percent: -0.0012),
    ])
    table.add([.init("\"x\" \\ ~^{}#$%<>"), .init(percent: 0.33), .init(percent: nil)])
    return table
  }

  @Test("CSV has intervals in columns of their own, nothing for no value, quotation marks where needed")
  func csv() {
    #expect(
      table().csv == """
        model_name,mIoU,mIoU low,mIoU high,"change, %"
        "a & b
        |c|",33.42,32.9,34.0,-0.12
        \"""x"" \\ ~^{}#$%<>",33.00,,,

        """)
  }

  @Test(
    "A share of any size has a text",
    arguments: [
      0, -0.0, Double.leastNonzeroMagnitude, 1e-9, 1, -1, 1e15, 1e300, .greatestFiniteMagnitude, .infinity,
      -.infinity, .nan,
      Double(Int.max), Double(Int.min),
    ])
  func extremes(share: Double) {
    let cell = ReportTable.Cell(percent: share, interval: Interval(low: -share, high: share))
    #expect(!cell.text.isEmpty && !cell.plain.isEmpty)
  }

  @Test("Markdown has the best figure in bold, and no text that it would read")
  func markdown() {
    #expect(
      table().markdown == """
        | model\\_name | mIoU | change, % |
        | --- | ---: | ---: |
        | a &amp; b \\|c\\| | **33.42** [32.9, 34.0] | -0.12 |
        | "x" \\\\ \\~^{}#$%&lt;&gt; | 33.00 | - |

        """)
  }

  @Test("LaTeX has booktabs' rules, the best figure in bold, and no text that it would read")
  func latex() {
    #expect(
      table().latex == """
        \\begin{tabular}{lrr}
          \\toprule
          model\\_name & mIoU & change, \\% \\\\
          \\midrule
          a \\& b |c| & \\textbf{33.42} {\\scriptsize [32.9, 34.0]} & $-0.12$ \\\\
          "x" \\textbackslash{} \\textasciitilde{}\\textasciicircum{}\\{\\}\\#\\$\\%\\textless{}\\textgreater{} & 33.00 & - \\\\
          \\bottomrule
        \\end{tabular}

        """)
  }

  @Test(
    "Shares become percent with two decimals",
    arguments: [
      (0.0, "0.00"), (1, "100.00"), (0.00004, "0.00"), (-0.00004, "0.00"), (-0.00006, "-0.01"),
      (0.123456, "12.35"), (0.0999999, "10.00"),
    ])
  func percent(share: Double, text: String) {
    #expect(ReportTable.Cell(percent: share).text == text)
  }

  private func plain(_ table: ReportTable) -> [[String]] {
    [table.columns.map(\.title)] + table.rows.map { $0.map(\.plain) }
  }

  @Test("Models against the figures that there are")
  func models() throws {
    #expect(
      plain(ResultTable.models(try MadeResult().decoded())) == [
        ["model", "mIoU", "mACC", "fwIoU", "pACC"],
        ["float, k all", "33.42 [32.9, 34.0]", "50.00", "25.00", "90.00"],
        ["int8 & k_8, k 8", "33.51 [33.0, 34.1]", "50.00", "25.00", "90.00"],
      ])
  }

  @Test("The best model is marked where it can be told from the others alone")
  func best() throws {
    func marked(_ made: MadeResult) throws -> [Bool] {
      ResultTable.models(try made.decoded()).rows.map { $0[1].isBest }
    }
    func difference(_ low: Double, _ high: Double) -> String {
      """
      {"model":1,"reference":0,"labels":{"pixels":20,"changed":1,"toward":1,"away":0},
      "figures":{"miou":{"difference":0.001,"interval":{"low":\(low),"high":\(high)}}}}
      """
    }
    var made = MadeResult()
    #expect(try marked(made) == [false, false])
    made.differences = difference(-0.001, 0.003)
    #expect(try marked(made) == [false, false])
    made.differences = difference(0.0005, 0.003)
    #expect(try marked(made) == [false, true])
    made.models.append(("int4", 0.2, 0.19, 0.21, nil))
    #expect(try marked(made) == [false, true, false])
    made.models[2].high = 0.33
    #expect(try marked(made) == [false, false, false])
    made.models = [made.models[0]]
    made.differences = ""
    #expect(try marked(made) == [false])
  }

  @Test("Classes in the requested order, with the IoU of each model")
  func classes() throws {
    let result = try MadeResult().decoded()
    let rows = plain(ResultTable.classes(result, sortedBy: .iou))
    #expect(
      rows == [
        ["class", "pixels", "float, k all", "int8 & k_8, k 8"],
        ["a|b, \"c\"", "15", "25.00", "25.00"],
        ["sky", "5", "50.00 [40.0, 60.0]", "50.00 [40.0, 60.0]"],
        ["tree", "0", "-", "-"],
      ])
    func names(_ order: ResultTable.ClassOrder, _ pattern: String? = nil) -> [String] {
      ResultTable.classes(result, sortedBy: order, matching: pattern).rows.map { $0[0].text }
    }
    #expect(names(.list) == ["sky", "a|b, \"c\"", "tree"])
    #expect(names(.name) == ["a|b, \"c\"", "sky", "tree"])
    #expect(names(.pixels) == ["a|b, \"c\"", "sky", "tree"])
    #expect(names(.list, "RE") == ["tree"])
    var made = MadeResult()
    made.models.removeLast()
    #expect(
      plain(ResultTable.classes(try made.decoded(), matching: "sky")) == [
        ["class", "pixels", "IoU", "accuracy", "boundary IoU"],
        ["sky", "5", "50.00 [40.0, 60.0]", "80.00", "-"],
      ])
  }

  @Test("A row of LaTeX that begins with a bracket or a star is not read as an option of the row before")
  func latexRows() {
    var table = ReportTable(columns: [.init("class", .left)])
    for name in ["[brick]", "*sand", "sky"] { table.add([.init(name)]) }
    let rows = table.latex.split(separator: "\n").filter { $0.hasSuffix("\\\\") }.dropFirst()
    #expect(Array(rows) == ["  {}[brick] \\\\", "  {}*sand \\\\", "  sky \\\\"])
  }

  @Test("Groups, confused pairs, k")
  func others() throws {
    let result = try MadeResult().decoded()
    #expect(
      plain(ResultTable.groups(result)).prefix(2) == [
        ["mIoU", "all 3", "unseen 1"], ["float, k all", "33.42 [32.9, 34.0]", "33.42"],
      ])
    #expect(
      plain(ResultTable.confusedPairs(result, limit: 1)) == [
        ["model", "truth", "labelled", "pixels", "% of truth"],
        ["float, k all", "a|b, \"c\"", "sky", "6", "40.00"],
        ["int8 & k_8, k 8", "a|b, \"c\"", "sky", "6", "40.00"],
      ])
    let times = EvaluationTimes(microseconds: [500_000, 400_000, 900_000])
    #expect(
      plain(ResultTable.topK(result, times: [times, nil])) == [
        ["model", "k", "classes kept", "mIoU", "pACC", "s median", "s 95th pct", "pictures/s"],
        ["float", "all", "2.5", "33.42", "90.00", "0.500", "0.900", "1.67"],
        ["int8 & k_8", "8", "2.5", "33.51", "90.00", "-", "-", "-"],
      ])
  }
}
