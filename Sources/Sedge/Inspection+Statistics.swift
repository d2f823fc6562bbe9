// The statistics of a file's tensors.

import SedgeArchitecture
import SedgeContainer
import SedgeOperators
import SedgeStatistics
import SedgeTensor

extension Inspection {
  /// Measures the tensors of a checkpoint that have floating-point elements.
  mutating func measure(_ archive: any TensorArchive, progress: @escaping ProgressHandler) throws {
    let roles = Dictionary(tensors.map { ($0.name, $0.role) }, uniquingKeysWith: { first, _ in first })
    let infos = archive.tensors.filter { $0.elementType.isFloatingPoint && $0.elementCount > 0 }
    try measure(
      infos.map {
        // PyTorch's transposed convolutions have their inputs first.
        let isTransposed = roles[$0.name] == TensorRole.transposedConvolution.rawValue
        return MeasuredTensor($0, in: archive, channelAxis: isTransposed ? 1 : 0)
      }, progress: progress)
  }

  /// Measures the tensors of a `.sedge` file, as they are decoded.
  mutating func measure(_ file: SedgeFile, progress: @escaping ProgressHandler) throws {
    try measure(
      file.header.tensors.filter { $0.tensor.elementCount > 0 }.map { record in
        let tensor = record.tensor
        return MeasuredTensor(
          name: tensor.name, shape: tensor.shape, channelAxis: tensor.layout == .hwc ? 2 : 0, readsRows: false
        ) { _ in try file.values(of: record).values }
      }, progress: progress)
  }

  private mutating func measure(_ measured: [MeasuredTensor], progress: @escaping ProgressHandler) throws {
    let largest = measured.map { $0.shape.reduce(1, *) }.sorted(by: >).prefix(Workers().count)
    try MemoryDemand.ask(
      largest.reduce(0) { $0 + MemoryDemand.ofTensor(elementCount: $1) }, for: "the statistics of tensors")
    let statistics = try StatisticsMeasurement.statistics(of: measured) {
      try progress(.checking($0))
    }
    let byName = Dictionary(zip(measured.map(\.name), statistics), uniquingKeysWith: { first, _ in first })
    for index in tensors.indices where tensors[index].role != "constant" {
      tensors[index].statistics = byName[tensors[index].name]
    }
  }
}
