// Keeps the labels of a model for later comparisons.

import SedgeByteCompression
package import SedgeImages
import SedgeTensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Writes the labels of a model, a line for each picture and setting of early rejection; lines are as in files of rows.
package final class LabelStoreWriter: EvaluatedModel {
  package var facts: EvaluatedModelFacts { model.facts }
  package var topKSettings: TopKSettings { model.topKSettings }
  private let model: any EvaluatedModel
  private let file: AppendingFile
  /// The labels that were there before; `nil` in a new file.
  private let written: LabelStore?

  private static let compressionLevel = 9

  /// Begins a file, or continues one of the same plan.
  ///
  /// - Parameters:
  ///   - continues: Whether an existing file is continued.
  ///   - replaces: Whether an existing file that is not continued is replaced.
  /// - Throws: ``EvaluationError`` where the file is of another plan, `FormatError` where it is no such file.
  package init(
    of model: any EvaluatedModel, path: String, plan: LabelStorePlan, continues: Bool,
    replaces: Bool = false
  ) throws {
    self.model = model
    guard continues, FileSystem.kind(of: path) == .file else {
      if FileSystem.kind(of: path) == .file, !replaces { throw EvaluationError(.rowsExist, path: path) }
      written = nil
      file = try AppendingFile(creating: path, replacing: replaces)
      try file.append(RowLine.bytes(try compactJSON(plan)))
      return
    }
    file = try AppendingFile(continuing: path)
    let written = try LabelStore(path: path)
    self.written = written
    try written.check(plan.data, sedgeVersion: plan.sedgeVersion)
    guard written.plan == plan else {
      throw EvaluationError(
        .otherReference(
          setting: "the model", found: written.plan.model.name, expected: plan.model.name), path: path)
    }
    try file.truncate(to: written.wholeByteCount)
  }

  /// Makes sure that pictures that are not evaluated again have labels.
  ///
  /// - Throws: ``EvaluationError`` where one has none.
  package func check(_ finished: Set<Int>) throws(EvaluationError) {
    let settings = topKs.indices
    let missing = finished.filter { index in
      !settings.allSatisfy { written?.contains(index: index, setting: $0) ?? false }
    }
    guard missing.isEmpty else {
      throw EvaluationError(.labelsNotSaved(count: missing.count), path: file.path)
    }
  }

  /// Labels a picture and keeps the labels.
  package func labels(of image: RGBImage, index: Int, topK: Int?) throws -> PredictedLabels {
    let predicted = try model.labels(of: image, index: index, topK: topK)
    let bytes = predicted.labels.flatMap {
      [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)]
    }
    let frame = unsafe try ZstdFrame.compress(bytes.span.bytes, level: Self.compressionLevel)
    let setting = topKs.firstIndex(of: topK) ?? 0
    try file.append(
      RowLine.bytes(
        "{\"index\":\(index),\"setting\":\(setting),\"kept_classes\":\(predicted.keptClasses),"
          + "\"pixels\":\(predicted.labels.count),\"labels\":\"\(Data(frame).base64EncodedString())\"}"))
    return predicted
  }
}
