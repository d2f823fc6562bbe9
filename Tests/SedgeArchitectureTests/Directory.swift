// Directories of checkpoints, made from lists of their names and shapes, and ways to break them.

import SedgeArchitecture
import SedgeTensor
import TestSupport
import Testing

/// The prefix of the names in the lists.
let listedPrefix = "sem_seg_head.predictor."

/// The directory of `Fixtures/keys/NAME.keys.tsv`, with another prefix.
func directory(_ name: String, prefix newPrefix: String = listedPrefix) throws -> [TensorInfo] {
  let text = String(decoding: try bytes(of: fixture("keys/\(name).keys.tsv")), as: UTF8.self)
  return try text.split(separator: "\n").map { line in
    let fields = line.split(separator: "\t")
    // CAT-Seg's upsampling is outside of the module that has the rest.
    let isOuter = fields[0].hasPrefix("upsample")
    try #require(fields.count == 2 && (isOuter || fields[0].hasPrefix(listedPrefix)))
    let shape = fields[1] == "scalar" ? [] : try fields[1].split(separator: "x").map { try #require(Int($0)) }
    return try #require(
      TensorInfo(
        name: isOuter ? String(fields[0]) : newPrefix + fields[0].dropFirst(listedPrefix.count),
        elementType: .float32, shape: shape))
  }
}

/// A name and a shape.
struct Key: Hashable {
  var name: String
  var shape: [Int]
}

extension [TensorInfo] {
  var keys: Set<Key> { Set(map { Key(name: $0.name, shape: $0.shape) }) }

  /// Replaces the tensor of a name, or appends one.
  mutating func put(
    _ name: String, _ shape: [Int], _ type: ElementType = .float32, replacing old: String? = nil
  ) {
    guard let info = TensorInfo(name: listedPrefix + name, elementType: type, shape: shape) else { return }
    if let index = firstIndex(where: { $0.name == listedPrefix + (old ?? name) }) {
      self[index] = info
    } else {
      append(info)
    }
  }

  mutating func remove(_ name: String) { removeAll { $0.name == listedPrefix + name } }
}

extension Architecture {
  /// The smallest of the models whose names are listed.
  static let nano = Architecture(
    image: ConvNeXt(depths: [1, 1, 2, 1], widths: [16, 32, 48, 64], head: .linear, embeddingWidth: 32),
    text: TextEncoder(width: 32, heads: 2, layers: 2),
    decoder: Decoder(promptCount: 4, hiddenWidth: 32, widths: [32, 16, 16], guidanceWidths: [8, 4, 4]))

  /// The trained model of `Fixtures/shapes`.
  static let shapes = Architecture(
    image: ConvNeXt(depths: [2, 2, 4, 2], widths: [32, 64, 96, 128], head: .linear, embeddingWidth: 64),
    text: TextEncoder(width: 64, heads: 4, layers: 2),
    decoder: Decoder(promptCount: 4, hiddenWidth: 32, widths: [32, 16, 16], guidanceWidths: [8, 4, 4]))

  /// A model that differs from the published ones wherever it can.
  static let odd = Architecture(
    image: ConvNeXt(
      depths: [2, 1, 3, 4], widths: [8, 20, 24, 40], head: .mlp(hiddenWidth: 28), embeddingWidth: 36,
      kernel: 5),
    text: TextEncoder(width: 30, heads: 3, layers: 5, contextLength: 16, vocabularySize: 300),
    decoder: Decoder(
      promptCount: 7, hiddenWidth: 24, widths: [48, 16, 32], guidanceWidths: [12, 6, 2], heads: 2, kernel: 3,
      costKernel: 5, pooling: 2))
}
