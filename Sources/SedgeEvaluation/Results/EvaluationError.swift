// Faults of evaluations: rows that do not belong together, results that cannot be compared.

import SedgeTensor

/// Rows or results that cannot be put together.
package struct EvaluationError: Error, Hashable, Sendable {
  /// The fault.
  package enum Kind: Hashable, Sendable {
    /// A file of rows exists, and neither resuming nor replacing was requested.
    case rowsExist
    /// Rows of another evaluation: the setting that differs.
    case otherEvaluation(setting: String, found: String, expected: String, other: String)
    /// Rows of another part of the pictures.
    case otherShard(found: String, expected: String)
    /// A row whose picture another row has.
    case duplicatePicture(name: String, other: String)
    /// A row whose picture belongs to another part.
    case strayPicture(index: Int, shard: String)
    /// Pictures without a row: how many of how many, the parts that they belong to.
    case missingPictures(count: Int, of: Int, shards: [String])
    /// No picture could be evaluated: the first error.
    case noPictures(firstError: String?)
    /// Pictures with a row of which no labels were saved.
    case labelsNotSaved(count: Int)
    /// Labels that were saved for another evaluation: the setting that differs.
    case otherReference(setting: String, found: String, expected: String)
    /// A file that is no result; the format that it names, if it names one.
    case notAResult(found: String?)
    /// Results of different data: the fact that differs, in this file and in the other.
    case otherData(what: String, found: String, expected: String, other: String)
    /// Results of different pictures: those that the other has, and those that this one has beside them.
    case otherPictures(missing: [String], added: [String], other: String)
    /// A picture with other labels in the truth than in the other result.
    case otherTruth(picture: String, other: String)
    /// A figure without a value.
    case undefinedFigure(String)
    /// Labels of two models that were not compared with each other.
    case labelsNotCompared(model: String, reference: String)
    /// A result with several models, or with none of a name: the names that it has.
    case chooseModel(requested: String?, names: [String])
  }

  /// The fault.
  package var kind: Kind
  /// The file at fault.
  package var path: String?

  /// Describes a fault.
  package init(_ kind: Kind, path: String? = nil) {
    self.kind = kind
    self.path = path
  }
}

extension EvaluationError: CustomStringConvertible {
  /// One line: the file, what was expected and found.
  package var description: String {
    ((path.map { "\($0): " } ?? "") + kind.text).escapingControlCharacters
  }
}

extension EvaluationError.Kind {
  fileprivate var text: String {
    switch self {
    case .rowsExist: "has rows of an earlier run"
    case .otherEvaluation(let setting, let found, let expected, let other):
      "its rows are of another evaluation than \(other): \(setting) is \(found), expected \(expected)"
    case .otherShard(let found, let expected): "has the rows of part \(found), expected \(expected)"
    case .duplicatePicture(let name, let other): "has a row of \(name), which \(other) has too"
    case .strayPicture(let index, let shard): "has a row of picture \(index), which is not of part \(shard)"
    case .missingPictures(let count, let total, let shards):
      "\(count) of \(total) pictures have no row"
        + (shards.isEmpty
          ? "" : ": part\(shards.count == 1 ? "" : "s") \(Self.list(shards)) missing or not finished")
    case .noPictures(let error):
      "no picture could be evaluated" + (error.map { "; the first error: \($0)" } ?? "")
    case .labelsNotSaved(let count):
      "\(count) picture\(count == 1 ? "" : "s") with a row \(count == 1 ? "has" : "have") no saved labels"
    case .otherReference(let setting, let found, let expected):
      "its labels are of another evaluation: \(setting) is \(found), expected \(expected)"
    case .notAResult(EvaluationPlan.formatName?): "has the rows of an evaluation and no result"
    case .notAResult(let format?): "is \(format), not the result of an evaluation"
    case .notAResult(nil): "is not the result of an evaluation"
    case .otherData(let what, let found, let expected, let other):
      "was not evaluated on the data of \(other): \(what) is \(found), expected \(expected)"
    case .otherTruth(let picture, let other):
      "its label map of \(picture) is not that of \(other)"
    case .otherPictures(let missing, let added, let other):
      "was not evaluated on the pictures of \(other): "
        + [("missing", missing), ("added", added)].filter { !$0.1.isEmpty }
        .map { "\($0.1.count) \($0.0), such as \($0.1[0])" }.joined(separator: "; ")
        + (missing.isEmpty && added.isEmpty ? "they are in another order" : "")
    case .undefinedFigure(let name): "no picture determines \(name)"
    case .labelsNotCompared(let model, let reference):
      "the labels of \(model) were not compared with those of \(reference)"
    case .chooseModel(let name?, let names): "has no model \(name); it has \(Self.list(names))"
    case .chooseModel(nil, let names): "has several models of one name: \(Self.list(names))"
    }
  }

  /// The first few.
  private static func list(_ items: [String]) -> String {
    items.prefix(5).joined(separator: ", ") + (items.count > 5 ? " and \(items.count - 5) more" : "")
  }
}
