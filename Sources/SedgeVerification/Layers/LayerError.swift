// What one layer adds to the error of a model.

/// The errors of one layer's output over pictures and prompts, before its activation.
///
/// A layer is an operation with weights: linear, convolution, norm, layer scale, embedding.
public struct LayerError: Hashable, Sendable, Codable {
  /// The name of the layer's weights; of a norm, its scale, which may be folded into the next layer.
  public var name: String
  /// The relative RMS error that the layer itself makes: its weights as stored, on the input that it has in the source.
  public var local: Double
  /// The relative RMS error of its output where everything before it is as stored, too.
  public var accumulated: Double
  /// The relative RMS difference between two orders of the layer's float32 sums on inputs of the source, at least half a
  /// unit in the last place of a result.
  public var noise: Double

  /// The local error in units of what the order of sums changes: at 1 the weights cost nothing.
  public var localOverNoise: Double { local / noise }

  /// Half a unit in the last place of float32.
  static let leastNoise = 0x1p-25

  /// Collects the figures.
  public init(name: String, local: Double, accumulated: Double, noise: Double) {
    self.name = name
    self.local = local
    self.accumulated = accumulated
    self.noise = noise
  }
}
