// What a report says of the costs of layers.

/// The costs of layers, the most expensive first, and what would cost less.
struct LayerCosts {
  /// How far a result is from the source's.
  struct Change {
    /// The share of labels that are others.
    var labels: Double?
    /// The relative RMS error of the scores.
    var scores: Double?

    init(_ value: JSONValue) { (labels, scores) = (value["labels"].number, value["scores"].number) }
  }

  /// What one layer costs.
  struct Layer {
    var name: String
    var bytes: Double?
    /// Whether no run has measured it.
    var isEstimated: Bool
    /// Where this layer alone is as stored.
    var alone: Change
    /// Where this layer alone is as in the source.
    var restored: Change
  }

  /// An option of `convert`, with the result of this one and all above.
  struct Step {
    var name: String
    var form: String
    var option: String
    var bytes: Double?
    var labels: Double?
  }

  /// Formats for all tensors.
  struct Plan {
    /// The file with the plan.
    var path: String?
    var fileBytes: Int
    var labels: Double
    /// Whether a conversion gives just the weights that were measured.
    var isExact: Bool
  }

  let pictureCount: Int
  let classCount: Int
  let whole: Change
  let layers: [Layer]
  let steps: [Step]
  let plan: Plan?
  let estimateError: JSONValue

  /// - Parameter value: The object `costs` of a comparison.
  init(_ value: JSONValue) {
    (pictureCount, classCount) = (value["pictures"].integer ?? 0, value["classes"].integer ?? 0)
    whole = Change(value["whole"])
    layers = value["layers"].elements.prefix(TensorRow.maximumCount).compactMap { layer in
      layer["name"].text.map {
        Layer(
          name: $0, bytes: layer["bytes"].number, isEstimated: layer["is_exact"].boolean == false,
          alone: Change(layer["if_alone"]), restored: Change(layer["if_restored"]))
      }
    }
    var bytes: Double? = 0
    steps = value["suggestions"].elements.compactMap { suggestion in
      guard let option = suggestion["option"].text else { return nil }
      bytes = bytes.flatMap { sum in suggestion["added_bytes"].number.map { sum + $0 } }
      return Step(
        name: suggestion["name"].text ?? "", form: suggestion["form"].text ?? "", option: option,
        bytes: bytes, labels: suggestion["expected"]["labels"].number)
    }
    let plan = value["plan"]
    let isExact = plan["is_exact"].boolean ?? true
    self.plan = plan["file_bytes"].integer.flatMap { bytes in
      plan[isExact ? "measured" : "expected"]["labels"].number.map {
        Plan(path: plan["file"].text, fileBytes: bytes, labels: $0, isExact: isExact)
      }
    }
    estimateError = value["estimate_error"]
  }

  /// Layers that change labels, the most expensive first.
  var expensive: [Layer] {
    layers.filter { ($0.alone.labels ?? 0) > 0 }.enumerated().sorted {
      ($0.element.alone.labels ?? 0, $1.offset) > ($1.element.alone.labels ?? 0, $0.offset)
    }.map(\.element)
  }
}
