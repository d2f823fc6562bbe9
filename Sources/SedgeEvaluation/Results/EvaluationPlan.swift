// Everything that the figures of an evaluation depend on.

import SedgeTensor

/// What is evaluated, how, and on which pictures.
///
/// Rows of two plans that are equal but for ``shard`` belong together; all others do not.
package struct EvaluationPlan: Hashable, Sendable, Codable {
  /// The format's name, the first member of the first line.
  package static let formatName = "sedge evaluation rows"
  /// The format's version.
  package static let formatVersion = 1
  /// The largest number of pictures.
  package static let maximumPictureCount = 1 << 24

  /// The pictures and the meaning of their labels.
  package struct Data: Hashable, Sendable, Codable {
    /// The name of the data set, or of its folder of pictures.
    package var name: String
    /// Of the names of all pictures, the classes and the coding of labels.
    package var fingerprint: String
    /// Pictures, on all machines.
    package var pictureCount: Int
    /// The classes that count.
    package var classes: [String]
    /// The names that models are asked for, where predictions are mapped to fewer classes.
    package var askedClasses: [String]?
    /// Classes by the name of their group, as indices.
    package var groups: [Group]
    /// `sed` or `square`.
    package var preprocess: String

    /// Creates the facts.
    package init(
      name: String, fingerprint: String, pictureCount: Int, classes: [String], askedClasses: [String]?,
      groups: [Group], preprocess: String
    ) {
      (self.name, self.fingerprint, self.pictureCount) = (name, fingerprint, pictureCount)
      (self.classes, self.askedClasses) = (classes, askedClasses)
      (self.groups, self.preprocess) = (groups, preprocess)
    }
  }

  /// The pairs of a predicted and a true class that are counted, over all models.
  package static let maximumPairCount = 1 << 24

  /// Why the classes are too many; `nil` where they are not.
  var sizeFault: FormatError.Kind? {
    let size = data.classes.count + 1
    let pairs = size.multipliedReportingOverflow(by: size)
    let all = pairs.partialValue.multipliedReportingOverflow(by: models.count)
    guard pairs.overflow || all.overflow || all.partialValue > Self.maximumPairCount else { return nil }
    return .unsupported(
      "\(data.classes.count) classes of \(models.count) models: more than \(Self.maximumPairCount) pairs of classes",
      advice: "evaluate fewer models at once, or group the classes")
  }

  /// Classes whose figures are told apart from all others'.
  package struct Group: Hashable, Sendable, Codable {
    /// The name.
    package var name: String
    /// Indices of classes that count.
    package var classes: [Int]

    /// Creates a group.
    package init(name: String, classes: [Int]) { (self.name, self.classes) = (name, classes) }
  }

  /// One model with one setting of early rejection.
  package struct Model: Hashable, Sendable, Codable {
    /// A name, distinct among the models of the plan.
    package var name: String
    /// The name of the architecture, such as `SED-B`.
    package var architecture: String
    /// SHA-256 of the file.
    package var sha256: String
    /// The classes that early rejection keeps at each pixel; `nil` keeps all.
    package var topK: Int?
    /// Who chose it; `nil` in files of earlier releases.
    package var topKOrigin: TopKSettings.Origin?
    /// The model's own default; `nil` where it keeps all classes.
    package var defaultTopK: Int?
    /// The arithmetic.
    package var compute: String
    /// The kernel set.
    package var kernels: String
    /// The index of the model whose labels this one's are compared with.
    package var reference: Int?

    /// Creates the facts.
    package init(
      name: String, architecture: String, sha256: String, topK: Int?,
      topKOrigin: TopKSettings.Origin? = nil, defaultTopK: Int? = nil, compute: String, kernels: String,
      reference: Int?
    ) {
      (self.topKOrigin, self.defaultTopK) = (topKOrigin, defaultTopK)
      (self.name, self.architecture, self.sha256, self.topK) = (name, architecture, sha256, topK)
      (self.compute, self.kernels, self.reference) = (compute, kernels, reference)
    }
  }

  /// ``formatName``.
  package var format = formatName
  /// ``formatVersion``.
  package var version = formatVersion
  /// The version of the program.
  package var sedgeVersion: String
  /// The pictures.
  package var data: Data
  /// The models, the reference first.
  package var models: [Model]
  /// The part of the pictures that a file of rows is of.
  package var shard: Shard

  /// Creates a plan.
  package init(sedgeVersion: String, data: Data, models: [Model], shard: Shard) {
    (self.sedgeVersion, self.data, self.models, self.shard) = (sedgeVersion, data, models, shard)
  }

  /// The first setting in which two plans differ, as both have it; `nil` where their rows belong together.
  package func difference(from other: EvaluationPlan) -> (what: String, mine: String, others: String)? {
    let facts: [(String, (EvaluationPlan) -> String)] = [
      ("version of sedge", { $0.sedgeVersion }),
      ("data", { $0.data.name }),
      ("number of pictures", { "\($0.data.pictureCount)" }),
      ("number of classes", { "\($0.data.classes.count)" }),
      ("preprocessing", { $0.data.preprocess }),
      ("groups", { $0.data.groups.map(\.name).joined(separator: ", ") }),
      ("pictures or class names", { String($0.data.fingerprint.prefix(16)) }),
      ("models", { $0.models.map(\.name).joined(separator: ", ") }),
      ("contents of the models", { $0.models.map { String($0.sha256.prefix(16)) }.joined(separator: ", ") }),
      ("early rejection", { $0.models.map { $0.topK.map(String.init) ?? "all" }.joined(separator: ", ") }),
      ("arithmetic", { $0.models.map(\.compute).joined(separator: ", ") }),
      ("kernel set", { $0.models.map(\.kernels).joined(separator: ", ") }),
    ]
    for (what, fact) in facts where fact(self) != fact(other) { return (what, fact(self), fact(other)) }
    var (mine, others) = (self, other)
    mine.shard = .whole
    others.shard = .whole
    return mine == others ? nil : ("other settings", "one", "another")
  }
}
