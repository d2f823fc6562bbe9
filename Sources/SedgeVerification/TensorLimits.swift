// The limit of each tensor of a file.

package import SedgeArchitecture
package import SedgeContainer
import SedgeFolding
import SedgeQuantization
package import SedgeTensor

/// The limits of a file's tensors, by the codec, the stored bits and the recorded error.
///
/// A recorded error counts only as far as the stored bits explain it: a tensor of b bits for each weight has a relative
/// RMS error of about 1.1 · 2⁻ᵇ, and may record no more than a multiple of that.
package struct TensorLimits {
  /// Room for the rounding of other decoders.
  private static let recordSlack = 1.001
  /// The largest root mean square of a layer's mean inputs, by which the errors of its weights may move its bias: up to
  /// 0.17 was measured.
  private static let largestInput = 2.0
  /// The same for the stem, whose inputs are pixels.
  private static let largestPixel = 255.0

  /// The properties of a tensor's values that limits depend on.
  private struct Facts {
    /// The root of the sum of squared source values.
    var norm: Double
    var relativeRMS: Double
    var largestError: Double
    var zeroElementCount: Int
    /// Inputs of one output.
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

  /// Adds a tensor; all tensors must be added before the first limit is computed.
  package mutating func add(_ record: TensorRecord, source: [Float], _ deviation: Deviation) {
    let (_, columns) = record.tensor.matrix(for: record.codec)
    let matrix = record.tensor.matrix(for: .trellis)
    facts[record.tensor.name] = Facts(
      norm: source.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot(),
      relativeRMS: deviation.relativeRMS, largestError: deviation.largestAbsolute,
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
          CodecLimits.trellis(bits: bits, role: record.tensor.role, isCalibrated: isCalibrated),
          "all that \((bits * 100).rounded() / 100) bits a weight explain"))
    case .int8: return ErrorLimit(CodecLimits.int8, "int8")
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

  private func smaller(_ a: ErrorLimit, _ b: ErrorLimit) -> ErrorLimit { b.value < a.value ? b : a }

  private func recorded(_ record: TensorRecord) -> ErrorLimit {
    ErrorLimit(record.relativeRMSError * Self.recordSlack, "what the file records")
  }

  /// The largest error of rounding to nearest; see ``CodecLimits/float16``.
  private static func rounding(_ record: TensorRecord, rms: Double) -> ErrorLimit {
    guard record.codec == .f16 || record.codec == .f16Planes else { return ErrorLimit(0, "float32") }
    return ErrorLimit(
      CodecLimits.float16.relative + (rms > 0 ? CodecLimits.float16.absolute / rms : 0), "float16")
  }

  /// The relative RMS change that calibration may have made to a bias: the errors of its weights times the largest inputs.
  private func correction(of bias: TensorRecord, _ facts: Facts) -> Double? {
    guard let layer = layers[bias.tensor.name], let weight = self.facts[layer.weight.name] else { return nil }
    let largest = ModelPath.readsPixels(layer.weight.name) ? Self.largestPixel : Self.largestInput
    let change = weight.errorNorm * Double(weight.inputCount).squareRoot() * largest
    // Relative to a bias of zeros every change is infinite.
    guard facts.norm > 0 else { return facts.largestError <= change ? .infinity : 0 }
    return change / facts.norm
  }
}
