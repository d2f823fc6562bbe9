// One file and one model, used by several tasks at once.

import SedgeCheckpoint
import Foundation
import Sedge
import SedgeContainer
import SedgeTensor
import TestSupport
import Testing

@Suite("Concurrent use")
struct ConcurrencyTests {
  private static let taskCount = 4

  private static func model(_ quantization: WeightFormat = .f32) throws -> String {
    var options = ConversionOptions()
    options.architecture.textHeads = 4
    options.resolution = 128
    options.templates = try PromptTemplates(jsonFile: fixture("shapes/templates.json"))
    options.quantization = quantization
    return try SharedModel.path(fixture("shapes/sed_shapes.h5"), options)
  }

  /// Runs the same work in several tasks at once.
  private func concurrently<Result: Sendable>(
    _ work: @escaping @Sendable (Int) throws -> Result
  ) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
      for index in 0..<Self.taskCount { group.addTask { (index, try work(index)) } }
      return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  @Test("Tasks that segment with one model at once get the same labels as one after another")
  func segment() async throws {
    let model = try SedgeModel(path: Self.model(.int8), compute: Compute(.float32))
    let classes = try ClassList(literal: "grass; sky; red circle; sand")
    let segmenter = Segmenter(model)
    let features = try await model.textFeatures(of: classes)
    let images = try ["sky", "sand"].map { try RGBImage(path: fixture("pictures/\($0).png")) }
    let expected = try images.map { try segmenter.segment($0, textFeatures: features).labels }
    #expect(expected[0] != expected[1])
    let found = try await concurrently { index in
      try Segmenter(model).segment(images[index % 2], textFeatures: features).labels
    }
    for (index, labels) in found.enumerated() { #expect(labels == expected[index % 2], "task \(index)") }
  }

  @Test(
    "Tasks that encode class names with one model at once get the same features", arguments: [false, true])
  func textFeatures(isCached: Bool) async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("model.sedge")
    try Data(contentsOf: URL(fileURLWithPath: Self.model())).write(to: URL(fileURLWithPath: path))
    let cache = isCached ? SedgeModel.textCachePath(besideModel: path) : nil
    let model = try SedgeModel(path: path, textCachePath: cache)
    let classes = try ClassList(literal: "sky; sand; brick wall")
    let expected = try await SedgeModel(path: path).textFeatures(of: classes).tensor
    let found = try await concurrently { _ in try model.textFeatures(of: classes) }
    #expect(found.allSatisfy { $0.tensor == expected && $0.cacheError == nil })
  }

  @Test("Tasks that read one .sedge file at once read the same values", arguments: [WeightFormat.f32, .int8])
  func file(format: WeightFormat) async throws {
    let file = try SedgeFile(path: Self.model(format))
    let tensors = Array(file.modelTensors.prefix(60))
    let expected = try tensors.map { try file.values(of: $0) }
    let found = try await concurrently { index in
      // Each starts elsewhere, so that different tensors are read at the same time.
      try tensors.indices.map { try file.values(of: tensors[($0 + 15 * index) % tensors.count]) }
    }
    for (index, values) in found.enumerated() {
      #expect(values == tensors.indices.map { expected[($0 + 15 * index) % tensors.count] }, "task \(index)")
    }
  }

  @Test(
    "Tasks that read one archive at once read the same bytes",
    arguments: ["shapes/sed_shapes.h5", "clip/linear.safetensors", "torch/checkpoint.pth"])
  func archive(name: String) async throws {
    nonisolated(unsafe) let archive = try openArchive(path: fixture(name))
    let tensors = unsafe Array(archive.tensors.prefix(40))
    let expected = try tensors.map { try unsafe archive.bytes(of: $0) }
    let found = try await concurrently { index in
      try tensors.indices.map { try unsafe archive.bytes(of: tensors[($0 + 10 * index) % tensors.count]) }
    }
    for (index, bytes) in found.enumerated() {
      #expect(bytes == tensors.indices.map { expected[($0 + 10 * index) % tensors.count] }, "task \(index)")
    }
  }
}
