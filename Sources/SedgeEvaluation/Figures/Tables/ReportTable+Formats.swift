// Tables as CSV, Markdown and LaTeX.

extension ReportTable {
  /// The table as comma-separated values (RFC 4180), lines ending with LF.
  ///
  /// A column with intervals is followed by two more with their ends, `NAME low` and `NAME high`. A value that is not defined
  /// is empty. Figures are percent, as in the other formats.
  package var csv: String {
    let withInterval = columns.indices.map { column in rows.contains { $0[column].interval != nil } }
    let heading = columns.indices.flatMap { column in
      let title = columns[column].title
      return withInterval[column] ? [title, "\(title) low", "\(title) high"] : [title]
    }
    let lines = rows.map { row in
      columns.indices.flatMap { column -> [String] in
        let cell = row[column]
        let value = columns[column].alignment == .right && cell.text == "-" ? "" : cell.text
        return withInterval[column]
          ? [value, cell.interval?.low ?? "", cell.interval?.high ?? ""] : [value]
      }
    }
    return ([heading] + lines).map { $0.map(Self.csvField).joined(separator: ",") + "\n" }.joined()
  }

  /// The table in GitHub's Markdown, the best figures in bold.
  package var markdown: String {
    let rule = columns.map { $0.alignment == .left ? "---" : "---:" }
    let cells = rows.map { row in
      row.map { cell -> String in
        let text = Self.markdownText(cell.text)
        let interval = cell.interval.map { " [\($0.low), \($0.high)]" } ?? ""
        return (cell.isBest ? "**\(text)**" : text) + interval
      }
    }
    return ([columns.map { Self.markdownText($0.title) }, rule] + cells)
      .map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
  }

  /// The table as a LaTeX `tabular` with the rules of the package booktabs, the best figures in bold.
  package var latex: String {
    let alignments = columns.map { $0.alignment == .left ? "l" : "r" }.joined()
    let cells = rows.map { row in
      row.map { cell -> String in
        let text = Self.latexText(cell.text)
        let interval = cell.interval.map {
          " {\\scriptsize [\(Self.latexText($0.low)), \(Self.latexText($0.high))]}"
        }
        return (cell.isBest ? "\\textbf{\(text)}" : text) + (interval ?? "")
      }
    }
    func line(_ cells: [String]) -> String {
      let row = cells.joined(separator: " & ")
      // The end of the row before would take these as its own.
      let guarded = row.hasPrefix("[") || row.hasPrefix("*") ? "{}" + row : row
      return "  " + guarded + " \\\\\n"
    }
    return "\\begin{tabular}{\(alignments)}\n  \\toprule\n" + line(columns.map { Self.latexText($0.title) })
      + "  \\midrule\n" + cells.map(line).joined() + "  \\bottomrule\n\\end{tabular}\n"
  }

  /// A field, in quotation marks where it has a character that CSV gives a meaning.
  private static func csvField(_ text: String) -> String {
    let isPlain = text.unicodeScalars.allSatisfy { $0 != "," && $0 != "\"" && $0.value >= 0x20 }
    return isPlain ? text : "\"" + text.replacing("\"", with: "\"\"") + "\""
  }

  /// Text without characters that Markdown or HTML give a meaning, on one line.
  static func markdownText(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\", "|", "*", "_", "`", "[", "]", "~": escaped += "\\" + String(scalar)
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "&": escaped += "&amp;"
      default: escaped += scalar.value < 0x20 ? " " : String(scalar)
      }
    }
    return escaped
  }

  /// Text without characters that LaTeX gives a meaning, on one line; a minus sign before a number is one.
  private static func latexText(_ text: String) -> String {
    if text.count > 1, text.first == "-", text.dropFirst().allSatisfy({ $0.isNumber || $0 == "." }) {
      return "$\(text)$"
    }
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&", "%", "$", "#", "_", "{", "}": escaped += "\\" + String(scalar)
      case "\\": escaped += "\\textbackslash{}"
      case "~": escaped += "\\textasciitilde{}"
      case "^": escaped += "\\textasciicircum{}"
      case "<": escaped += "\\textless{}"
      case ">": escaped += "\\textgreater{}"
      default: escaped += scalar.value < 0x20 ? " " : String(scalar)
      }
    }
    return escaped
  }
}
