// Models with a vision transformer from ONNX files.

import SedgeArchitecture
import SedgeByteCompression
import SedgeCheckpoint
import SedgeTensor
import TestSupport
import Testing

@Suite("Exports of models with a vision transformer")
struct TransformerExportTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A file of `Fixtures/onnx` that is stored packed.
  private func open(packed name: String) throws -> any TensorArchive {
    let packed = try bytes(of: fixture("onnx/\(name).onnx.gz"))
    let plain = try Inflater.inflate(packed, as: .gzip, name: name, limit: 1 << 22)
    return try openArchive(path: try folder.write(plain, to: "\(name).onnx"))
  }

  private func merged(_ image: String) throws -> MergedArchive {
    try MergedArchive([open(packed: image), open(packed: "catseg-text")])
  }

  private var options: ArchitectureOptions {
    var options = ArchitectureOptions(heads: 2, textHeads: 2)
    (options.imageHeads, options.classLength) = (2, 4)
    return options
  }

  private static let lastAttention = "clip_model.visual.transformer.resblocks.2.attn"

  @Test("CAT-Seg is whole in the files of either exporter and of the text encoder")
  func catSeg() throws {
    let first = try Checkpoint(merged("catseg"), options: options)
    let second = try Checkpoint(merged("catseg-noted"), options: options)
    #expect(first.architecture.name == second.architecture.name)
    let aggregation = try #require(first.architecture.aggregation)
    #expect((aggregation.grid, aggregation.window) == (4, 2))
    #expect(second.architecture.aggregation == aggregation)
    // The newer exporter resizes positions; the graph of the other one does it.
    #expect(first.architecture.image.transformer?.grid == 3)
    #expect(second.architecture.image.transformer?.grid == 4)
    #expect(first.tensors.map(\.name) == second.tensors.map(\.name))
    #expect(
      first.tensors.count == first.architecture.checkpointTensors.count { !$0.isOptional })
    for tensor in first.tensors where tensor.name != "clip_model.visual.positional_embedding" {
      var (a, b) = (try first.values(tensor.name).values, try second.values(tensor.name).values)
      if tensor.name == "\(Self.lastAttention).in_proj_bias" {
        // Of the first file's, values alone are left.
        let count = 2 * a.count / 3
        #expect(a.prefix(count).allSatisfy { $0 == 0 })
        (a, b) = (Array(a.dropFirst(count)), Array(b.dropFirst(count)))
      }
      #expect(a == b, "\(tensor.name)")
    }
  }

  @Test(
    "Zeros stand for queries and keys that have no effect, which a note says",
    arguments: ["catseg", "catseg-noted"])
  func zeros(_ file: String) throws {
    let checkpoint = try Checkpoint(merged(file), options: options)
    let weight = try checkpoint.values("\(Self.lastAttention).in_proj_weight").values
    #expect(weight.prefix(2 * 36).allSatisfy { $0 == 0 } && weight.dropFirst(2 * 36).contains { $0 != 0 })
    #expect(
      checkpoint.notes.contains { $0.contains("zeros stand for them") && $0.contains(Self.lastAttention) })
    try checkpoint.checkValues()
  }

  @Test("CLIP alone needs them")
  func alone() throws {
    var options = options
    options.parts = [.image, .text]
    let recognition = Recognition(try merged("catseg").tensors, options: options)
    let missing = recognition.problems.filter { if case .missing = $0.kind { true } else { false } }
    #expect(
      missing.map(\.tensor).sorted()
        == ["k_proj_bias", "k_proj_weight", "q_proj_bias", "q_proj_weight"].map {
          "\(Self.lastAttention).\($0)"
        })
    #expect(recognition.notes.allSatisfy { !$0.contains("zeros") })
  }

  @Test("QuickGELU is found in the graph of a CLIP")
  func findsQuickGELU() throws {
    var options = ArchitectureOptions(textHeads: 2)
    options.imageHeads = 2
    let archive = try openArchive(path: fixture("vit/quick.onnx"))
    let choice = HyperparameterChoice(archive, options: options)
    #expect(try Checkpoint(archive, options: choice.architecture).architecture.usesQuickGELU)
  }
}
