// The trunk's names in other programs, taken from their own models.

import SedgeArchitecture
import SedgeTensor
import TestSupport
import Testing

/// One tensor of a program's model.
private struct Row {
  var program: String
  var name: String
  var shape: [Int]
  /// timm's name, by which timm computes the same; empty for what timm's trunk does not have.
  var timm: String
}

/// `Fixtures/keys/trunk_names.tsv`, made from the programs' own models.
private func rows() throws -> [Row] {
  let text = String(decoding: try bytes(of: fixture("keys/trunk_names.tsv")), as: UTF8.self)
  return try text.split(separator: "\n").map { line in
    let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    try #require(fields.count == 4)
    return Row(
      program: fields[0], name: fields[1],
      shape: try fields[2].split(separator: "x").map { try #require(Int($0)) }, timm: fields[3])
  }
}

@Suite("Names of other programs")
struct TrunkNamesTests {
  private static let programs: [(String, SourceNaming.Scheme)] = [
    ("ConvNeXt", .original), ("ConvNeXt backbone", .original), ("mmpretrain", .mmpretrain),
    ("mmpretrain backbone", .mmpretrain), ("torchvision", .torchvision), ("transformers", .transformers),
    ("transformers backbone", .transformers), ("timm conv_mlp", .timm),
  ]

  /// The rest of a CLIP around a trunk whose last stage has 20 channels.
  private func clip(_ trunk: [TensorInfo]) -> [TensorInfo] {
    let image = Architecture.ConvNeXt(
      depths: [1, 1, 2, 1], widths: [8, 12, 16, 20], head: .linear, embeddingWidth: 24)
    let text = Architecture.TextEncoder(width: 16, heads: 2, layers: 1)
    let rest = Architecture(image: image, text: text, decoder: nil).checkpointTensors
      .filter { !$0.name.hasPrefix("clip_model.visual.trunk.") }
    return trunk
      + rest.compactMap { TensorInfo(name: $0.name, elementType: .float32, shape: $0.shape) }
  }

  @Test("are timm's where timm computes the same", arguments: programs, ["", "module.", "model._orig_mod."])
  func names(program: (name: String, scheme: SourceNaming.Scheme), prefix: String) throws {
    let rows = try rows().filter { $0.program == program.name }
    let naming = try #require(SourceNaming(of: rows.map { prefix + $0.name }))
    #expect(naming.scheme == program.scheme)
    for row in rows where !row.timm.isEmpty {
      let own = "clip_model.visual.trunk.\(row.timm)"
      #expect(naming.canonicalName(prefix + row.name) == own)
      #expect(naming.fileName(own) == prefix + row.name)
    }
    let others = rows.filter(\.timm.isEmpty).map { prefix + $0.name }
    for name in others {
      #expect(naming.canonicalName(name).map { $0.contains("trunk.head.norm.") } != true)
    }
  }

  @Test("make a model with the other parts, whatever unrelated tensors there are", arguments: programs)
  func recognition(program: (name: String, scheme: SourceNaming.Scheme)) throws {
    let rows = try rows().filter { $0.program == program.name }
    let infos = rows.compactMap { TensorInfo(name: $0.name, elementType: .float32, shape: $0.shape) }
    let part = try SourcePart(Listed(infos), prefix: nil)
    let naming = try #require(part.naming)
    // What is no part of the trunk is passed over: classifiers, norms of earlier stages.
    #expect(Set(part.tensors.map(\.name)) == Set(rows.filter { !$0.timm.isEmpty }.map(\.name)))
    let isTrunkAlone = rows.allSatisfy { !$0.timm.isEmpty }
    #expect(part.notes.isEmpty == isTrunkAlone)
    let trunk = part.tensors.compactMap { info in
      naming.canonicalName(info.name).flatMap {
        TensorInfo(name: $0, elementType: .float32, shape: info.shape)
      }
    }
    let recognition = Recognition(
      clip(trunk), options: ArchitectureOptions(textHeads: 2, parts: [.image, .text]))
    #expect(recognition.problems == [])
    #expect(recognition.architecture?.image.convNeXt?.widths == [8, 12, 16, 20])
    #expect(recognition.architecture?.image.convNeXt?.depths == [1, 1, 2, 1])
  }

  @Test("of a trunk alone are diagnosed as such", arguments: programs)
  func alone(program: (name: String, scheme: SourceNaming.Scheme)) throws {
    let infos = try rows().filter { $0.program == program.name }
      .compactMap { TensorInfo(name: $0.name, elementType: .float32, shape: $0.shape) }
    let cause = try #require(Recognition(infos).problems.first?.cause)
    #expect(
      cause
        == (program.scheme == .timm
          ? "looks like the state dict of timm's trunk, which is only a part; give the files with the others too"
          : "looks like the trunk alone, as \(program.scheme.rawValue) has it; give the files with the other parts too")
    )
  }

  @Test("timm's trunk as a source of features has flat names")
  func features() {
    let names = ["stem_0.weight", "stem_1.bias", "stages_0.blocks.0.gamma", "stages_1.downsample.1.weight"]
    let naming = SourceNaming(of: names)
    #expect(naming?.scheme == .timmFeatures)
    #expect(
      names.map { naming?.canonicalName($0) }
        == [
          "stem.0.weight", "stem.1.bias", "stages.0.blocks.0.gamma", "stages.1.downsample.1.weight",
        ].map { "clip_model.visual.trunk.\($0)" })
  }
}

/// An archive that lists tensors and reads none.
final class Listed: TensorArchive {
  let path = "listed"
  let formatName = "nothing"
  let tensors: [TensorInfo]

  init(_ tensors: [TensorInfo]) { self.tensors = tensors }

  func read(_ info: TensorInfo, into destination: inout MutableRawSpan) throws(FormatError) {
    throw FormatError(.missingTensor(nearest: nil), path: path, tensor: info.name)
  }
}
