// The export of a .sedge file as a checkpoint for PyTorch.

import SedgeArchitecture
import SedgeCheckpoint
import SedgeContainer
import SedgeFolding
import SedgeQuantization
import SedgeSafetensors
public import SedgeTensor

/// One export of a `.sedge` file.
///
///     let summary = try ModelExport(model: "sed.sedge").run(output: "sed.safetensors")
///     print(summary.elementCount)
public struct ModelExport {
  private let file: SedgeFile
  /// The numbers of elements of the checkpoint's tensors.
  package var elementCounts: [Int] { file.architecture.checkpointTensors.map { $0.shape.reduce(1, *) } }

  /// Opens a file.
  ///
  /// - Throws: `FormatError` where the file cannot be read or is damaged, ``UsageError`` where it is no `.sedge` file.
  public init(model path: String) throws {
    file = try openSedgeFile(path: path)
  }

  /// Writes the weights in float32 as safetensors; the file appears whole or not at all.
  ///
  /// - Parameters:
  ///   - path: The file to write.
  ///   - allowsInexact: Whether norms may replace biases that they cannot reproduce exactly.
  ///   - progress: Called after each tensor.
  /// - Throws: `FormatError` where a file cannot be read or written, `ContractError` with every tensor that is missing,
  ///   such as a text encoder that was left out, ``UsageError`` where the output is the model, or where the export would
  ///   not compute what the model does.
  public func run(
    output path: String, names requestedNames: ExportNames? = nil, allowsInexact: Bool = false,
    progress: @escaping ProgressHandler = { _ in }
  ) throws -> ExportSummary {
    let progress = stopping(progress)
    if FileSystem.isSameFile(path, file.path) {
      throw UsageError(.outputIsInput(file.path), path: path)
    }
    _ = try OutputFile(path: path)
    let weights = try weights(names: requestedNames, allowsInexact: allowsInexact)
    let writer = try SafetensorsWriter(path: path, tensors: weights.tensors, metadata: ["format": "pt"])
    let total = weights.tensors.reduce(0) { $0 + $1.elementCount }
    var done = 0
    for (index, info) in weights.tensors.enumerated() {
      var bytes = [UInt8](repeating: 0, count: info.byteCount)
      var span = bytes.mutableSpan
      var raw = unsafe span.mutableBytes
      try weights.read(index, into: &raw)
      unsafe try writer.write(bytes.span.bytes, of: info.name)
      done += info.elementCount
      try progress(.writing(Double(done) / Double(total)))
    }
    try writer.finish()
    return ExportSummary(
      architecture: file.architecture, names: weights.names, outputPath: path,
      sourceByteCount: file.byteCount,
      outputByteCount: writer.byteCount,
      tensors: zip(weights.tensors, weights.sources).map { exported($0, from: $1, of: weights.checkpoint) })
  }

  /// The tensors of an export, to be read one by one.
  package func weights(names: ExportNames? = nil, allowsInexact: Bool = false) throws -> ExportedWeights {
    try ExportedWeights(file, names: names, allowsInexact: allowsInexact)
  }

  private func exported(
    _ tensor: TensorInfo, from info: TensorInfo, of checkpoint: UnfoldedCheckpoint
  ) -> ExportedTensor {
    let modelName = checkpoint.modelName(of: info.name)
    let codec = file.header.tensors.first { $0.tensor.name == modelName }?.codec
    let shift = checkpoint.shifts.first { $0.tensor == modelName }
    let origin: ExportedTensor.Origin =
      switch checkpoint.origin(of: info.name) {
      case .kept: codec.map { [.f32, .f32Planes].contains($0) } ?? true ? .exact : .dequantized
      case .unfolded: .unfolded
      case .neutral: .neutral
      case .solved: .solved
      }
    return ExportedTensor(
      name: tensor.name, shape: info.shape, origin: origin, codec: codec, layer: shift?.layer,
      residual: shift?.residual)
  }
}
