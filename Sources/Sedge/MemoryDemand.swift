// Memory that steps ask for before they begin: Swift ends the process where an allocation fails.

package import SedgeArchitecture
import SedgeContainer
package import SedgeImages
import SedgeOperators
package import SedgeRunner
import SedgeTensor

/// Memory that a step takes at most, which the process cannot get.
///
/// A ``MemoryHost`` says whether it can; the command `sedge` has none.
package struct MemoryDemand: Error, Hashable, Sendable, CustomStringConvertible {
  /// Bytes.
  package let byteCount: Int
  /// What they are for.
  package let purpose: String

  package init(byteCount: Int, purpose: String) { (self.byteCount, self.purpose) = (byteCount, purpose) }

  package var description: String {
    "\(purpose) takes up to \(byteCount / 1_000_000) MB of memory, which this process cannot get"
  }

  /// Asks for memory.
  ///
  /// - Throws: The demand, where it is refused.
  package static func ask(
    _ byteCount: @autoclosure () throws -> Int, for purpose: @autoclosure () -> String
  ) throws {
    guard let isThere = MemoryHost.current.isThere else { return }
    let byteCount = try byteCount()
    guard isThere(byteCount) else { throw MemoryDemand(byteCount: byteCount, purpose: purpose()) }
  }
}

/// A program that runs Sedge in its own process, and must not be ended by a lack of memory.
package final class MemoryHost: Sendable {
  /// That of the calling thread's work.
  @TaskLocal package static var current = MemoryHost()

  /// Whether the process can get as many bytes; `nil` where nobody is asked.
  let isThere: (@Sendable (_ byteCount: Int) -> Bool)?

  package init(isThere: (@Sendable (_ byteCount: Int) -> Bool)? = nil) { self.isThere = isThere }
}

// MARK: Bytes

extension MemoryDemand {
  /// Bytes beside those that are counted: stacks of threads, 8 MB each; tables, the heap's own.
  package static let base = max(64_000_000, 48_000_000 + 8_000_000 * Workers().count)

  /// A product of sizes, or one that no process has.
  private static func product(_ factors: Int...) -> Int {
    let product = factors.reduce(1) { $0 * Double($1) }
    return product < 0x1p60 ? Int(product) : 1 << 60
  }

  // The factors are those of the largest growth that was measured of SED-B, in any arithmetic, and a share for what the heap wastes.

  /// Loading the weights of forward passes: as they are decoded, and as they are packed; of the decoder's convolutions there are four
  /// times as many then.
  package static func ofWeights(_ tensors: [ModelTensor]) -> Int {
    base + 9 * elementCount(of: tensors) { $0 != .text } + 12 * elementCount(of: tensors) { $0 == .decoder }
  }

  /// Reading a tensor: as it is stored, decoded and unfolded.
  package static func ofTensor(elementCount: Int) -> Int { base + 12 * elementCount }

  /// Reading tensors one by one to write or to compare them.
  package static func ofTensors(_ elementCounts: [Int]) -> Int { base + 16 * (elementCounts.max() ?? 0) }

  /// Encoding class names: the text encoder as it is decoded and as it is packed, its largest tensor as it is stored, and the features.
  package static func ofText(_ tensors: [ModelTensor], _ architecture: Architecture, classCount: Int) -> Int {
    let features = product(classCount, architecture.featuresPerClass, architecture.image.embeddingWidth)
    let text = tensors.filter { ModelPart(ofTensor: $0.name) == .text }.map(\.elementCount)
    return base + 8 * text.reduce(0, +) + 8 * (text.max() ?? 0) + 16 * features
  }

  private static func elementCount(of tensors: [ModelTensor], where isCounted: (ModelPart?) -> Bool) -> Int {
    tensors.reduce(0) { $0 + (isCounted(ModelPart(ofTensor: $1.name)) ? $1.elementCount : 0) }
  }

  /// A picture, its copy for preprocessing and its resized copies.
  package static func ofPicture(width: Int, height: Int) -> Int { base + product(12, width, height) }

  /// The image encoder: the activations of the first stage, which are the largest, with their hidden layer.
  package static func ofEmbedding(_ architecture: Architecture, resolution side: Int) -> Int {
    let inputs = base + 4 * side * side * 3 * 4
    switch architecture.image {
    case .convNeXt(let encoder):
      return inputs + 4 * (side / 4) * (side / 4) * (encoder.widths.first ?? 0) * 4
    case .transformer(let encoder):
      // Queries, keys and values, the hidden layer, the stream and its copies.
      let tokens = 1 + (side / encoder.patch) * (side / encoder.patch)
      return inputs + product(8, tokens, 8 * encoder.width + encoder.hiddenWidth)
    }
  }

  /// A whole forward pass: an encoder's, the cost maps of all classes at each level of the decoder but the last, which is never
  /// stored, and the results.
  ///
  /// - Parameters:
  ///   - pixelCount: Of the picture.
  ///   - taps: What is recorded.
  package static func ofSegmentation(
    _ architecture: Architecture, resolution: Int, pixelCount: Int, classCount: Int, taps: Taps?
  ) -> Int {
    let encoder = ofEmbedding(architecture, resolution: resolution)
    guard let decoder = architecture.decoder else {
      return encoder + aggregation(architecture, pixelCount: pixelCount, classCount: classCount, taps: taps)
    }
    let places = (resolution / 32) * (resolution / 32)
    let widths = [decoder.promptCount, decoder.hiddenWidth] + decoder.widths
    let levels = widths.enumerated().map { places << (2 * max(0, $0.offset - 1)) * $0.element }
    let stored = levels.dropLast().reduce(0, +)
    let scores = taps?.wants("scores") == true ? product(8, classCount, pixelCount) : 0
    // Each thread has its own place for one class at a level; where threads share classes, there are four for each.
    let threads = product(20, Workers().count, levels.max() ?? 0)
    let recorded = taps?.wants("decoder3") == true ? product(8, classCount, levels.reduce(0, +)) : 0
    return encoder + product(6, classCount, stored) + product(24, pixelCount) + threads + scores + recorded
  }
}

extension MemoryDemand {
  /// What follows the image encoder in CAT-Seg, or the cost map of CLIP alone.
  private static func aggregation(
    _ architecture: Architecture, pixelCount: Int, classCount: Int, taps: Taps?
  ) -> Int {
    let scores = taps?.wants("scores") == true ? product(8, classCount, pixelCount) : 0
    guard let aggregation = architecture.aggregation else {
      return product(8, classCount, 4096) + product(32, pixelCount) + scores
    }
    let (places, kept) = (aggregation.grid * aggregation.grid, min(classCount, aggregation.classLength))
    // The aggregation's stream with its copies and the hidden layer, and the logits of five windows.
    return product(24, kept, places, aggregation.hiddenWidth)
      + product(4 * 5 * 16, classCount, places) + product(32, pixelCount) + scores
      + product(16, 4 * places, aggregation.hiddenWidth * 4, Workers().count)
  }
}

extension SedgeModel {
  /// Bytes that a forward pass takes at most.
  func memoryDemand(_ image: RGBImage, classCount: Int, taps: Taps?) -> Int {
    MemoryDemand.ofSegmentation(
      file.architecture, resolution: resolution, pixelCount: image.width * image.height,
      classCount: classCount, taps: taps)
  }
}

extension RGBImage {
  /// Reads a picture, for which memory is asked.
  ///
  /// - Throws: As `init(path:)`, and ``MemoryDemand``.
  package init(demandingMemoryFor path: String) throws {
    if MemoryHost.current.isThere != nil {
      try MemoryDemand.ask(MemoryDemand.base, for: "the header of \(path)")
      let size = try PictureSize(path: path)
      try MemoryDemand.ask(
        MemoryDemand.ofPicture(width: size.width, height: size.height), for: "the picture \(path)")
    }
    try self.init(path: path)
  }
}
