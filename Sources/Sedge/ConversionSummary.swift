// What a conversion did, for people and for scripts.

import SedgeCompression
package import SedgeArchitecture
package import SedgeContainer

/// The outcome of a conversion.
///
///     let summary = try Conversion(source: "sed.pth", options: ConversionOptions()).run(output: "sed.sedge")
///     print(summary.sourceByteCount, summary.outputByteCount, summary.bitsPerWeight)
public struct ConversionSummary: Sendable {
  /// The header of the file that was written.
  package var header: SedgeHeader
  /// The file.
  public var outputPath: String
  /// Its bytes.
  public var outputByteCount: Int
  /// The SHA-256 of these bytes, in hexadecimal digits.
  public var outputSHA256: String
  /// What a user should know of it, in sentences.
  public var notes: [String]
  /// The form of each tensor.
  public var plan: QuantizationPlan
  /// What was asked for, such as `int4`.
  public var requested: String
  /// Rows that are all zeros and take no codes, of the tensors that have any, by name.
  public var zeroRowCounts: [String: Int] = [:]

  /// Bytes of the source files.
  public var sourceByteCount: Int { header.sources.reduce(0) { $0 + $1.byteCount } }
  /// Elements of all tensors.
  public var elementCount: Int { header.tensors.reduce(0) { $0 + $1.tensor.elementCount } }
  /// Stored bits for each element, scales, vocabulary and header included.
  public var bitsPerWeight: Double { Double(outputByteCount) * 8 / Double(max(elementCount, 1)) }
  /// The folds that were applied.
  package var appliedFolds: [FoldRecord] { header.folds.filter { $0.obstacle == nil } }
  /// The folds that could not be applied, each with its obstacle.
  package var skippedFolds: [FoldRecord] { header.folds.filter { $0.obstacle != nil } }
  /// The tensors that coding changed most, the worst first.
  package var worstTensors: [TensorRecord] {
    header.tensors.filter { $0.relativeRMSError > 0 }.sorted { $0.relativeRMSError > $1.relativeRMSError }
  }
  /// The tensors that cost the output most, the worst first; empty where that was not measured.
  package var costliestTensors: [TensorRecord] {
    header.tensors.filter { $0.errorShare != nil }.sorted { ($0.errorShare ?? 0) > ($1.errorShare ?? 0) }
  }
  /// What was paid where: tensors of one kind together, in the order of ``TensorKind``.
  package var kinds: [KindSummary] { KindSummary.all(of: header.tensors, zeroRowCounts: zeroRowCounts) }
  /// Bytes that are no tensor's: preamble, vocabulary and header.
  public var otherByteCount: Int {
    outputByteCount - header.tensors.reduce(0) { $0 + $1.storedByteCount }
  }
  /// The tensors left float although a smaller form was asked for.
  package var leftFloat: [TensorRecord] { header.tensors.filter { $0.floatReason != nil } }
}
