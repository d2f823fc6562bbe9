// The command line that makes a file again, by a plan.

import Sedge
import SedgeArchitecture
import SedgeCompression
import SedgeContainer
import SedgeTensor

/// The `convert` command of a `.sedge` file as its header records it, with a plan.
///
/// Paths are those that the header has: names of files without their folders.
struct PlannedConversion {
  /// Words that belong together: an option and its value.
  private(set) var parts: [[String]]
  /// What the command does not say, in sentences.
  private(set) var remarks: [String] = []

  /// Makes the command of a file.
  ///
  /// - Parameters:
  ///   - header: The file's header.
  ///   - sources: The checkpoint.
  ///   - plan: The file of the plan.
  ///   - planned: The names of the tensors in it.
  init(_ header: SedgeHeader, sources: [String], plan: String, planned: Set<String>) {
    let recorded = Dictionary(
      header.options.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    let form = recorded["quantize"] ?? "int4"
    // A plan takes the place of a budget, and the rest is as with int4.
    let quantize = form.hasPrefix("auto") ? "int4" : form
    parts = [["sedge", "convert"]] + sources.map { [$0] }
    parts += [["-o", "NEW.sedge"], ["--quantize", quantize], ["--plan", plan]]
    addRules(recorded["tensor"], header, planned)
    addHyperparameters(header, recorded)
    for (key, value, option) in [
      ("fold", "no", "--no-fold"), ("store", "raw", "--store raw"), ("drop-text", "yes", "--drop-text"),
      ("allow-no-class-names", "yes", "--allow-no-class-names"), ("ignore-config", "yes", "--ignore-config"),
      ("ignore-unexpected", "yes", "--ignore-unexpected"),
    ] where recorded[key] == value {
      parts.append(option.split(separator: " ").map(String.init))
    }
    for key in ["preprocess", "parts", "prefix", "logit-scale"] {
      if let value = recorded[key] { parts.append(["--\(key)", value]) }
    }
    let topK = header.preprocessing.topK
    if header.architecture.hasRejectionHeads, topK != ConversionOptions().topK {
      parts.append(["--top-k", topK.map(String.init) ?? "all"])
    }
    addFiles(header, recorded)
  }

  /// Rules of `--tensor`, which take precedence over a plan: those alone that leave the planned tensors to it.
  private mutating func addRules(_ text: String?, _ header: SedgeHeader, _ planned: Set<String>) {
    guard let text else { return }
    let rules = text.split(separator: ", ").map(String.init).map { (text: $0, rule: TensorRule($0)) }
    let kept = rules.filter { rule in
      rule.rule.map { rule in !planned.contains { rule.applies(to: $0) } } ?? false
    }
    parts += kept.map { ["--tensor", $0.text] }
    if kept.count < rules.count {
      remarks.append(
        "without rules of --tensor that are for planned tensors: they would take precedence over the plan")
    }
  }

  /// Numbers that an option gave.
  private mutating func addHyperparameters(_ header: SedgeHeader, _ recorded: [String: String]) {
    let given = header.hyperparameters.filter { $0.origin == .given }
    for record in given {
      if let values = header.value(of: record) {
        parts.append(["--\(record.name)", Hyperparameter.text(of: values)])
      }
    }
    for name in Hyperparameter.allCases.map(\.rawValue) where !given.contains(where: { $0.name == name }) {
      if let value = recorded[name] { parts.append(["--\(name)", value]) }
    }
    if header.hyperparameters.isEmpty {
      parts.append(["--resolution", "\(header.preprocessing.resolution)"])
    }
  }

  /// Files that options named.
  private mutating func addFiles(_ header: SedgeHeader, _ recorded: [String: String]) {
    let inputs = header.provenance?.inputs ?? []
    let files = { (option: String) in inputs.filter { $0.option == option }.compactMap(\.fileName) }
    for option in ["templates", "vocabulary", "classes"] where recorded[option] != nil {
      let names = files(option)
      parts += (names.isEmpty ? ["FILE"] : names).map { ["--\(option)", $0] }
    }
    if recorded["calibrate"] != nil {
      parts.append(["--calibrate", "FOLDER"])
      parts += files("calibrate-classes").map { ["--calibrate-classes", $0] }
      remarks.append("FOLDER has the calibration pictures")
    }
  }

  // MARK: Text

  /// The command in lines of a shell, each but the last with a backslash at its end.
  func lines(label: String, width: Int) -> [String] {
    let indent = String(repeating: " ", count: label.columnCount + 2)
    var lines: [String] = []
    var line = label
    var isEmpty = true
    for part in parts {
      let words = part.map(Self.quoted)
      let fits = indent.columnCount + words.joined(separator: " ").columnCount + 2 <= width
      for unit in fits ? [words.joined(separator: " ")] : words {
        if !isEmpty, line.columnCount + 1 + unit.columnCount + 2 > width {
          lines.append(Self.continued(line, width: width))
          (line, isEmpty) = (indent, true)
        }
        line += (isEmpty ? "" : " ") + unit
        isEmpty = false
      }
    }
    return lines + [line]
  }

  /// A line that another one follows; behind a word of the whole width without a blank, at which it would be broken again.
  private static func continued(_ line: String, width: Int) -> String {
    line + (line.columnCount + 2 <= width ? " \\" : "\\")
  }

  /// A word as a shell reads it.
  private static func quoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty
      && word.unicodeScalars.allSatisfy {
        $0.value >= 0x80 || ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
          || "_-./,:=+@%".unicodeScalars.contains($0)
      }
    return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }
}
