// Biases that take the mean error of their layers' weights.

import SedgeArchitecture
import SedgeContainer
import SedgeQuantization
import SedgeTensor

extension QuantizationTask {
  /// All tensors in order, biases with their corrections.
  func packed(_ coded: [String: ModelQuantizer.Coded]) throws -> [PackedTensor] {
    var packed: [String: PackedTensor] = coded.mapValues(\.packed)
    for (name, result) in coded {
      guard let correction = result.correction, let bias = try corrected(name, correction),
        let before = packed[bias.tensor.name]
      else { continue }
      let rule = CodecRule(choice: before.codec.defaultChoice, floatReason: before.floatReason)
      let (rows, columns) = bias.tensor.matrix(for: before.codec)
      let encoded = rule.choice.codec.encode(bias.values.values, rows: rows, columns: columns)
      packed[bias.tensor.name] = try PackedTensor(
        bias.tensor, values: weights.values(of: bias.tensor), rule: rule, encoded: encoded,
        storage: settings.storage)
    }
    return tensors.compactMap { packed[$0.name] }
  }

  /// A decoded weight and its corrected bias, by name.
  func decoded(_ coded: ModelQuantizer.Coded) throws -> [String: Tensor] {
    let tensor = coded.packed.tensor
    var result = [tensor.name: try coded.packed.decoded()]
    if let correction = coded.correction, let bias = try corrected(tensor.name, correction) {
      result[bias.tensor.name] = bias.values
    }
    return result
  }

  /// The corrected bias of a layer; `nil` for a layer without bias.
  private func corrected(
    _ weight: String, _ correction: [Float]
  ) throws -> (tensor: ModelTensor, values: Tensor)? {
    guard let name = quantizer.biasName(of: weight),
      let tensor = weights.modelTensors.first(where: { $0.name == name })
    else { return nil }
    var values = try weights.values(of: tensor)
    for i in values.values.indices { values.values[i] += correction[i] }
    return (tensor, values)
  }
}

extension CodecIdentifier {
  /// The choice of this codec for values that need no target.
  fileprivate var defaultChoice: CodecChoice {
    switch self {
    case .f32: .f32
    case .f16: .f16
    case .int8: .int8
    case .f32Planes: .f32Planes
    case .f16Planes: .f16Planes
    case .trellis: .trellis(.bits(8))
    }
  }
}
