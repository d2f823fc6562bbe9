// A model run on pictures, to learn what each of its layers sees.

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

/// What a calibration runs a model on, and how much of what it sees there it looks at.
package struct CalibrationInputs: Sendable {
  /// The pictures, for the image encoder and the decoder.
  package var pictures: [CalibrationPicture]
  /// T x P x D, as ``SedgeRunner/SegmentationModel`` wants them; T at least 1.
  package var textFeatures: Tensor
  /// The classes' prompts, for the text encoder; see ``SedgeRunner/TextEncoder/features(of:progress:)``.
  package var tokens: [[[[Int32]]]]
  /// Vectors of a layer that are looked at for each picture, at most; for all prompts together, as many as for all
  /// pictures.
  package var vectorsPerPicture: Int

  /// Collects the inputs; without tokens, the text encoder is left out.
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
/// The model runs in float32 on the kernels, one operator after another, with all classes. As many layers are looked at
/// in one run as a budget of bytes has room for; there are as many runs of each picture as that takes. The statistics
/// are the same bits whatever the budget and the number of threads.
package final class Calibration {
  private let observation: Observation
  private let parts: [Part]

  /// One of the networks that run by themselves.
  private struct Part {
    /// The layers that a run meets.
    var layers: [ObservedLayer]
    /// What it runs on, one after another.
    var runs: [() -> Void]
    /// Vectors of a layer that are looked at in a run.
    var limit: Int
  }

  /// Loads a model and finds out what its layers are.
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
    guard let decoder = weights.architecture.decoder else {
      let classifier = try ClassificationModel(
        weights: weights, preprocessing: preprocessing, operators: operators)
      return {
        _ = classifier.classify(
          pixels: $0.pixels, height: $0.height, width: $0.width, textFeatures: text)
      }
    }
    let model = try SegmentationModel(weights: weights, preprocessing: preprocessing, operators: operators)
    // To keep the best of all classes is to keep all classes, but makes the heads for early rejection run.
    let topK = decoder.hasRejectionHeads ? text.shape[0] : nil
    return {
      _ = model.segment(
        pixels: $0.pixels, height: $0.height, width: $0.width, textFeatures: text, topK: topK)
    }
  }

  /// The names of the weights of all layers that the runs meet, in the order of the runs.
  package var layerNames: [String] { parts.flatMap { $0.layers.map(\.name) } }

  /// Collects the statistics of layers and gives them away, some layers after each run.
  ///
  /// - Parameters:
  ///   - names: The names of the layers' weights; those that no run meets are passed over.
  ///   - byteBudget: What the sums of the layers of one run may take together; a layer that needs more goes alone.
  ///   - progress: Called with the number of pictures and sets of prompts run, and of all that will be.
  ///   - body: Called once for each layer, in the order of ``layerNames``.
  /// - Throws: `FormatError` where a layer's inputs are not all numbers, and what `body` throws.
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

  /// Layers that follow each other, as many together as the budget has room for.
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
