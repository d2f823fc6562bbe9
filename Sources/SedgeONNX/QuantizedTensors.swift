// What tools for quantization leave of a model's weights.

internal import SedgeTensor

/// The quantized weights of a graph: integers, and the scales and zero points that belong to them.
///
/// ONNX Runtime's tools make of a weight `X` the tensors `X_quantized`, `X_scale` and `X_zero_point`, or with fewer bits
/// `X_Q4`, `X_scales` and `X_zero_points`. They are not read: a model that was quantized before is no source for another.
struct QuantizedTensors {
  /// Names of all tensors that belong to a quantized one.
  private(set) var names: Set<String> = []
  /// The weights, under the names that they had.
  private(set) var skipped: [SkippedObject] = []
  /// That there are such.
  private(set) var notes: [String] = []

  private static let endings = [
    (codes: "_quantized", others: ["_scale", "_zero_point", "_quantized_scale", "_quantized_zero_point"]),
    (codes: "_Q4", others: ["_scales", "_zero_points", "_Q4_scales", "_Q4_zero_points"]),
    (codes: "_Q8", others: ["_scales", "_zero_points", "_Q8_scales", "_Q8_zero_points"]),
  ]

  /// Looks at the tensors of a graph.
  init(_ graph: Graph) {
    let all = Set(graph.tensors.map(\.info.name) + graph.skipped.map(\.name))
    let integers = graph.tensors.filter { !$0.info.elementType.isFloatingPoint }.map(\.info)
    for info in integers {
      for ending in Self.endings where info.name.hasSuffix(ending.codes) {
        let weight = String(info.name.dropLast(ending.codes.count))
        let others = ending.others.map { weight + $0 }.filter(all.contains)
        guard others.contains(where: { $0.contains("_scale") }) else { continue }
        names.formUnion([info.name] + others)
        skipped.append(
          SkippedObject(
            name: weight,
            reason:
              "it is quantized (\(info.elementType.rawValue)); give the float model that this one was made from",
            isTensor: true))
      }
    }
    if !skipped.isEmpty {
      notes = [
        "\(skipped.count) \(skipped.count == 1 ? "weight is" : "weights are") quantized; give the float model that this "
          + "one was made from"
      ]
    }
  }
}
