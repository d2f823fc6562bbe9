// Memory, asked for before it is needed: Swift ends the process where an allocation fails.

import CSedge
import Sedge
import SedgeArchitecture
import SedgeCheckpoint
import SedgeContainer
import SedgeImages
import SedgePlatform
import SedgeTensor

/// Bytes that calls take at most, and whether the system has them.
enum Memory {
  /// Makes sure that the process can get as many bytes.
  ///
  /// - Parameter what: What they are for.
  static func reserve(_ byteCount: Int, for what: String) throws(CallError) {
    guard can_allocate(byteCount) == 0 else { return }
    throw CallError(
      status: SEDGE_OUT_OF_MEMORY,
      description: "\(what) takes up to \(byteCount / 1_000_000) MB of memory, which this process cannot get")
  }

  /// A product of sizes, or one that no process has.
  private static func product(_ factors: Int...) -> Int {
    let product = factors.reduce(1) { $0 * Double($1) }
    return product < 0x1p60 ? Int(product) : 1 << 60
  }

  /// Bytes beside those that are counted: tables, stacks of threads, the heap's own.
  static let base = 64_000_000

  /// Loading a model: weights as they are decoded, and as they are packed.
  static func ofModel(path: String) throws -> Int {
    let file = try openSedgeFile(path: path)
    return base + 8 * elementCount(of: file) { $0 != .text }
  }

  /// Decoding and unfolding a tensor.
  static func ofTensor(_ tensor: TensorInfo) -> Int { base + 12 * tensor.elementCount }

  /// Encoding class names: the text encoder, and the features.
  static func ofText(_ model: SedgeModel, classCount: Int) -> Int {
    let architecture = model.file.architecture
    let features = classCount * architecture.featuresPerClass * architecture.image.embeddingWidth
    return base + 8 * elementCount(of: model.file) { $0 == .text } + 16 * features
  }

  private static func elementCount(of file: SedgeFile, where isCounted: (ModelPart?) -> Bool) -> Int {
    file.modelTensors.reduce(0) { $0 + (isCounted(ModelPart(ofTensor: $1.name)) ? $1.elementCount : 0) }
  }

  /// A picture, its copy for preprocessing and its resized copies.
  static func ofPicture(width: Int, height: Int) -> Int { base + product(12, width, height) }

  /// The image encoder: the activations of the first stage, which are the largest, with their hidden layer.
  static func ofEmbedding(_ model: SedgeModel) -> Int {
    let (image, side) = (model.file.architecture.image, model.resolution)
    return base + 4 * side * side * 3 * 4 + 4 * (side / 4) * (side / 4) * (image.widths.first ?? 0) * 12
  }

  /// A whole forward pass: the embedded cost maps of all classes at each level of the decoder, the results, and what an
  /// encoder takes.
  static func ofSegmentation(
    _ model: SedgeModel, _ image: RGBImage, classCount: Int, scores: sedge_scores
  ) -> Int {
    guard let decoder = model.file.architecture.decoder else { return ofEmbedding(model) }
    let places = (model.resolution / 32) * (model.resolution / 32)
    let widths = [decoder.promptCount, decoder.hiddenWidth] + decoder.widths
    let levels = widths.enumerated().reduce(0) { sum, level in
      sum + places << (2 * max(0, level.offset - 1)) * level.element
    }
    let pixels = image.width * image.height
    let kept = scores == SEDGE_PICTURE_SCORES ? product(8, classCount, pixels) : 0
    return ofEmbedding(model) + product(12, classCount, levels) + product(32, pixels) + kept
  }
}
