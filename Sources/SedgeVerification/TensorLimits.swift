// How far each tensor of a file may be from its source.

package import SedgeArchitecture
package import SedgeContainer
import SedgePlatform
import SedgeQuantization
package import SedgeTensor

/// The limits of a file's tensors, by what was stored and what the file says of it.
///
/// A file's word counts only as far as its bytes bear it out: a tensor of b bits a weight is off by some 1.1 · 2⁻ᵇ of
/// itself, and may record no more than a multiple of that.
package struct TensorLimits {
  /// For what a library's rounding may change in decoding.
  static let recordSlack = 1.001
  /// What 2⁻ᵇ is multiplied with where all weights count alike: up to 1.35 was measured, the most in the smallest
  /// tensors, of whose bits many are parameters.
  static let plainFactor = 2.0
  /// The same where columns have steps of their own, and errors move on to columns that matter less: up to 4.2.
  static let compensatedFactor = 8.0
  /// The same for depthwise filters, whose channels differ most: up to 25.
  static let depthwiseFactor = 64.0
  /// The largest root mean square of a layer's mean inputs, by which the errors of its weights may have moved its bias:
  /// up to 0.17 was measured.
  static let largestInput = 2.0
  /// The same of the stem, which sees pixels.
  static let largestPixel = 255.0

  /// What a limit needs to know of a tensor's values.
  private struct Facts {
    /// Root of the sum of the source's squares.
    var norm: Double
    var relativeRMS: Double
    var zeroElementCount: Int
    /// Inputs that an output sums over.
    var inputCount: Int
    /// The root of the sum of squared errors.
    var errorNorm: Double { norm == 0 ? 0 : norm * relativeRMS }
  }

  private let isCalibrated: Bool
  /// The layers of the model, by the names of their biases.
  private let layers: [String: LayerPath]
  private var facts: [String: Facts] = [:]

  /// Prepares the limits of a model with given layers.
  package init(quantization: QuantizationRecord?, layers: [LayerPath]) {
    isCalibrated = quantization?.calibration != nil
    self.layers = Dictionary(layers.map { ($0.bias.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Looks at a tensor; all are to be looked at before limits are asked for.
  package mutating func add(_ record: TensorRecord, source: [Float], _ deviation: Deviation) {
    let (_, columns) = record.tensor.matrix(for: record.codec)
    let matrix = record.tensor.matrix(for: .trellis)
    facts[record.tensor.name] = Facts(
      norm: source.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot(),
      relativeRMS: deviation.relativeRMS,
      zeroElementCount: source.zeroRowCount(columns: columns) * columns,
      inputCount: record.tensor.role == .depthwiseConvolution ? matrix.rows : matrix.columns)
  }

  /// The limit of a tensor that was added.
  package func limit(of record: TensorRecord) -> ErrorLimit {
    guard let facts = facts[record.tensor.name] else { return ErrorLimit(0, "not compared") }
    switch record.codec {
    case .trellis:
      let count = record.tensor.elementCount - facts.zeroElementCount
      let bits = 8 * Double(record.storedByteCount) / Double(max(count, 1))
      return smaller(
        recorded(record),
        ErrorLimit(
          factor(for: record.tensor.role) * exp2(-bits),
          "all that \((bits * 100).rounded() / 100) bits a weight explain"))
    case .int8: return ErrorLimit(0.02, "int8")
    case .f16, .f16Planes, .f32, .f32Planes:
      let rounding = Self.rounding(record, rms: facts.norm / Double(record.tensor.elementCount).squareRoot())
      guard isCalibrated, record.tensor.role == .bias, let moved = correction(of: record, facts) else {
        return rounding
      }
      return smaller(
        ErrorLimit(max(recorded(record).value, rounding.value), "what the file records of a corrected bias"),
        ErrorLimit(moved + rounding.value, "all that the errors of its weights explain"))
    }
  }

  /// The most that the bits of a tensor explain, calibrated or not, where nothing is known of rows of zeros.
  static func largestError(of record: TensorRecord) -> Double {
    let factor = record.tensor.role == .depthwiseConvolution ? depthwiseFactor : compensatedFactor
    return factor * exp2(-record.bitsPerWeight)
  }

  private func smaller(_ a: ErrorLimit, _ b: ErrorLimit) -> ErrorLimit { b.value < a.value ? b : a }

  private func recorded(_ record: TensorRecord) -> ErrorLimit {
    ErrorLimit(record.relativeRMSError * Self.recordSlack, "what the file records")
  }

  private func factor(for role: TensorRole) -> Double {
    guard isCalibrated else { return Self.plainFactor }
    return role == .depthwiseConvolution ? Self.depthwiseFactor : Self.compensatedFactor
  }

  /// What rounding to nearest does at most: 2⁻¹¹ of an element in float16, or half the smallest number.
  private static func rounding(_ record: TensorRecord, rms: Double) -> ErrorLimit {
    guard record.codec == .f16 || record.codec == .f16Planes else { return ErrorLimit(0, "float32") }
    return ErrorLimit(0x1p-11 + (rms > 0 ? 0x1p-25 / rms : 0), "float16")
  }

  /// By how much of itself a bias may have moved: the errors of its weights times inputs of the largest size.
  private func correction(of bias: TensorRecord, _ facts: Facts) -> Double? {
    guard let layer = layers[bias.tensor.name], let weight = self.facts[layer.weight.name] else { return nil }
    guard facts.norm > 0 else { return .infinity }
    let largest = layer == ModelPath.image.stem ? Self.largestPixel : Self.largestInput
    return weight.errorNorm * Double(weight.inputCount).squareRoot() * largest / facts.norm
  }
}
