// Recorded small models, some with values changed.

import SedgeArchitecture
import SedgeFolding
import SedgeHDF5
import SedgeTensor
import TestSupport
import Testing

/// A recorded small model, and the hyperparameters that its shapes do not determine.
struct Tiny: CustomTestStringConvertible {
  var name: String
  var options: ArchitectureOptions
  var resolution = 64
  var testDescription: String { name }

  static let linear = Tiny(name: "tiny/linear", options: ArchitectureOptions(textHeads: 2))
  static let pooled = Tiny(
    name: "tiny/pooled", options: ArchitectureOptions(heads: 8, textHeads: 2, pooling: 2))
  static let all = [
    linear, Tiny(name: "tiny/mlp", options: ArchitectureOptions(textHeads: 3)), pooled,
    Tiny(name: "tiny/wide", options: ArchitectureOptions(textHeads: 4)),
    Tiny(name: "shapes/sed_shapes", options: ArchitectureOptions(textHeads: 4), resolution: 256),
  ]

  var preprocessing: Preprocessing { Preprocessing(resolution: resolution) }

  func checkpoint(changes: [String: @Sendable (Int) -> Float] = [:]) throws -> Checkpoint {
    try Checkpoint(
      ChangedArchive(
        HDF5Archive(path: fixture("\(name).h5")),
        changes: Dictionary(
          uniqueKeysWithValues: changes.map { ("sem_seg_head.predictor.\($0.key)", $0.value) })),
      options: options)
  }

  func model(folding: Bool, changes: [String: @Sendable (Int) -> Float] = [:]) throws -> FoldedModel {
    try FoldedModel(checkpoint(changes: changes), preprocessing: preprocessing, folding: folding)
  }
}

extension FoldedModel {
  /// One tensor by name; `nil` where the model has none of that name.
  func values(_ name: String) throws -> Tensor? {
    try modelTensors.first { $0.name == name }.map { try values(of: $0) }
  }

  /// The record of the fold of a module.
  func record(_ source: String, _ kind: FoldRecord.Kind? = nil) -> FoldRecord? {
    folds.first { $0.source == source && (kind == nil || $0.kind == kind) }
  }
}
