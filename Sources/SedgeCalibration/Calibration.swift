// The statistics of layer inputs over pictures.

package import SedgeArchitecture
import SedgeOperators
import SedgeRunner
package import SedgeTensor

/// A picture to run a model on.
package struct CalibrationPicture: Sendable {
  /// RGB, height x width x 3, row by row.
  package var pixels: [UInt8]
  /// In pixels.
  package var height: Int
  /// In pixels.
  package var width: Int

  /// Collects the picture.
  package init(pixels: [UInt8], height: Int, width: Int) {
    (self.pixels, self.height, self.width) = (pixels, height, width)
  }
}

/// The inputs of a calibration, and the number of sampled vectors.
package struct CalibrationInputs: Sendable {
  /// The pictures, for the image encoder and the decoder.
  package var pictures: [CalibrationPicture]
  /// T x P x D, as ``SedgeRunner/SegmentationModel`` takes them; T at least 1.
  package var textFeatures: Tensor
  /// The classes' prompts, for the text encoder; see ``SedgeRunner/TextEncoder/features(of:progress:)``.
  package var tokens: [[[[Int32]]]]
  /// The largest number of sampled vectors of a layer for each picture; all prompts together have as many as all
  /// pictures.
  package var vectorsPerPicture: Int

  /// Collects the inputs; without tokens, the text encoder is skipped.
  package init(
    pictures: [CalibrationPicture], textFeatures: Tensor, tokens: [[[[Int32]]]] = [],
    vectorsPerPicture: Int = 4096
  ) {
    (self.pictures, self.textFeatures, self.tokens) = (pictures, textFeatures, tokens)
    self.vectorsPerPicture = vectorsPerPicture
  }
}

/// Collects the input statistics of a model's layers.
///
/// The model runs in float32 on the kernels, one operator after another, with all classes. Each run observes as many
/// layers as a memory budget allows, and each picture is run until all layers are observed. The statistics are
/// bit-identical for any budget and any number of threads.
package final class Calibration {
  private let observation: Observation
  private let parts: [Part]

  /// One network: the image encoder with the decoder, or the text encoder.
  private struct Part {
    /// The layers of a run.
    var layers: [ObservedLayer]
    /// The runs, one for each input.
    var runs: [() -> Void]
    /// The largest number of sampled vectors of a layer in a run.
    var limit: Int
  }

  /// Loads a model and lists its layers.
  ///
  /// - Parameter threads: At least 1; `nil` for one on each processor.
  /// - Throws: `FormatError` where weights are missing or damaged.
  package init(
    weights: any WeightSource, preprocessing: Preprocessing, inputs: CalibrationInputs, threads: Int? = nil
  ) throws {
    precondition(inputs.vectorsPerPicture > 0)
    let observation = Observation(threads: threads)
    let operators = try ObservingOperators(observation, threads: threads)
    self.observation = observation
    var parts: [Part] = []
    if !inputs.pictures.isEmpty {
      let run = try Self.pictureRun(weights, preprocessing, inputs.textFeatures, operators)
      let runs = inputs.pictures.map { picture in { run(picture) } }
      parts.append(Part(layers: observation.plan(runs[0]), runs: runs, limit: inputs.vectorsPerPicture))
    }
    if !inputs.tokens.isEmpty {
      let encoder = try TextEncoder(weights, operators: operators)
      let run: () -> Void = { _ = encoder.features(of: inputs.tokens) }
      parts.append(
        Part(
          layers: observation.plan(run), runs: [run],
          limit: inputs.vectorsPerPicture * max(1, inputs.pictures.count)))
    }
    self.parts = parts
  }

  /// Runs the image encoder, and the decoder where there is one, on a picture.
  private static func pictureRun(
    _ weights: any WeightSource, _ preprocessing: Preprocessing, _ text: Tensor, _ operators: any Operators
  ) throws -> (CalibrationPicture) -> Void {
    guard weights.architecture.segmenter != nil else {
      let classifier = try ClassificationModel(
        weights: weights, preprocessing: preprocessing, operators: operators)
      return {
        _ = classifier.classify(
          pixels: $0.pixels, height: $0.height, width: $0.width, textFeatures: text)
      }
    }
    let model = try SegmentationModel(weights: weights, preprocessing: preprocessing, operators: operators)
    // With K of all classes, early rejection runs its heads and keeps every class.
    let topK = weights.architecture.hasRejectionHeads ? text.shape[0] : nil
    return {
      _ = model.segment(
        pixels: $0.pixels, height: $0.height, width: $0.width, textFeatures: text, topK: topK)
    }
  }

  /// The weight names of all layers, in the order of the runs.
  package var layerNames: [String] { parts.flatMap { $0.layers.map(\.name) } }

  /// Collects the statistics of layers and passes them on, some layers after each run.
  ///
  /// - Parameters:
  ///   - names: The weight names of layers; names outside of ``layerNames`` are ignored.
  ///   - byteBudget: Bytes for the sums of the layers of one run; a layer that needs more has a run of its own.
  ///   - progress: Called with the number of finished runs and the number of all runs.
  ///   - body: Called once for each layer, in the order of ``layerNames``.
  /// - Throws: `FormatError` where a layer's inputs are not all finite; any error of `body`.
  package func forEachLayer(
    _ names: Set<String>, byteBudget: Int = 1 << 30,
    progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in },
    _ body: (_ name: String, _ statistics: InputStatistics) throws -> Void
  ) throws {
    let groups = parts.map { part in
      Self.groups(part.layers.filter { names.contains($0.name) }, byteBudget: byteBudget)
    }
    let total = zip(parts, groups).reduce(0) { $0 + $1.0.runs.count * $1.1.count }
    var done = 0
    for (part, groups) in zip(parts, groups) {
      for group in groups {
        observation.begin(group)
        for (index, run) in part.runs.enumerated() {
          observation.beginRun(group, limit: part.limit, seed: UInt64(index))
          run()
          done += 1
          try progress(done, total)
        }
        for layer in group {
          guard let statistics = observation.takeStatistics(of: layer) else { continue }
          guard statistics.isFinite else {
            throw FormatError(
              .malformed("the layer's inputs are not all finite numbers"), tensor: layer.name)
          }
          try body(layer.name, statistics)
        }
      }
    }
  }

  /// Groups of successive layers, each as large as the budget allows.
  private static func groups(_ layers: [ObservedLayer], byteBudget: Int) -> [[ObservedLayer]] {
    var groups: [[ObservedLayer]] = []
    var room = 0
    for layer in layers {
      if groups.isEmpty || layer.byteCount > room {
        groups.append([])
        room = byteBudget
      }
      groups[groups.count - 1].append(layer)
      room -= layer.byteCount
    }
    return groups
  }
}
