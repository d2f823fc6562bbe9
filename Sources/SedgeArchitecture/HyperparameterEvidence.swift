// Hyperparameters in attributes, metadata and configuration files of a model whose tensors are known.

package import SedgeTensor

/// Values of hyperparameters that were found, each with its place, and the entries that were not used.
package struct HyperparameterEvidence: Sendable {
  /// A value that was found.
  package struct Finding: Hashable, Sendable {
    /// The hyperparameter.
    package var hyperparameter: Hyperparameter
    /// One number, or one a channel.
    package var values: [Float]
    /// The place and the key in it.
    package var place: String

    /// Collects the facts.
    package init(hyperparameter: Hyperparameter, values: [Float], place: String) {
      (self.hyperparameter, self.values, self.place) = (hyperparameter, values, place)
    }
  }

  /// The values, place by place.
  package private(set) var findings: [Finding] = []
  /// One sentence for each entry that was not used, with the reason.
  package private(set) var notes: [String] = []
  /// One sentence for each setting of the model that Sedge does not compute.
  package private(set) var unsupported: [String] = []

  private let architecture: Architecture

  /// Interprets the places; one with other dimensions than the tensors have is not used.
  ///
  /// - Parameter architecture: The dimensions that the tensors determine; heads, pooling and epsilon are not compared.
  package init(_ places: [StoredAttributes], architecture: Architecture) {
    self.architecture = architecture
    for place in places { take(place) }
  }

  /// The findings of one hyperparameter.
  package func findings(of hyperparameter: Hyperparameter) -> [Finding] {
    findings.filter { $0.hyperparameter == hyperparameter }
  }

  private mutating func take(_ attributes: StoredAttributes) {
    let (place, keys) = (attributes.place, ConfigurationKeys(attributes.values))
    var found: [Finding] = []
    for hyperparameter in Hyperparameter.all(of: architecture) {
      for entry in entries(of: hyperparameter, keys) {
        switch value(of: hyperparameter, entry.text) {
        case .success(let values):
          found.append(
            Finding(hyperparameter: hyperparameter, values: values, place: "\(place), \(entry.key)"))
        case .failure(let reason):
          notes.append("\(place), \(entry.key): is \(shortened(entry.text)), \(reason.text); not taken")
        }
      }
    }
    found += omitted(keys, place)
    let odd = ConfigurationKeys.fixed(architecture).flatMap { fixed in
      keys.all(fixed.names).filter { !fixed.values.contains($0.text.lowercased()) }.map {
        "\(place), \($0.key): is \(shortened($0.text)), Sedge computes with \(fixed.values[0]) alone"
      }
    }
    guard !found.isEmpty || !odd.isEmpty else { return }
    if let contradiction = contradiction(of: keys) {
      notes.append("\(place): is of another model, \(contradiction); nothing of it is taken")
      return
    }
    findings += found
    unsupported += odd
  }

  private func entries(of hyperparameter: Hyperparameter, _ keys: ConfigurationKeys) -> [ConfigurationKeys
    .Entry]
  {
    var names = ConfigurationKeys.names(of: hyperparameter, architecture)
    // SED's configuration has other statistics for a backbone that it does not use.
    if keys.has(below: "semseghead") { names.removeAll { ["pixelmean", "pixelstd"].contains($0) } }
    // A ConvNeXt of transformers has this number for its last norm alone.
    if let type = keys.first("visionconfig.modeltype"), type.text.contains("convnext") {
      names.removeAll { $0 == "visionconfig.layernormeps" }
    }
    return keys.all(names)
  }

  /// What OpenCLIP's and transformers' configuration say by what they omit: 8 heads of the text encoder in both.
  private func omitted(_ keys: ConfigurationKeys, _ place: String) -> [Finding] {
    let parts = [
      (keys.has(below: "textcfg") && keys.first("textcfg.hfmodelname") == nil, "text_cfg", "textcfg.heads"),
      (keys.has(below: "textconfig"), "text_config", "textconfig.numattentionheads"),
    ]
    var findings: [Finding] = parts.compactMap { isThere, part, name in
      guard isThere, keys.first(name) == nil else { return nil }
      return Finding(hyperparameter: .textHeads, values: [8], place: "\(place), \(part) without heads")
    }
    guard let encoder = architecture.image.transformer else { return findings }
    let add = { (hyperparameter: Hyperparameter, value: Int, what: String) in
      findings.append(
        Finding(hyperparameter: hyperparameter, values: [Float(value)], place: "\(place), \(what)"))
    }
    if keys.has(below: "visioncfg"), keys.first("visioncfg.heads") == nil {
      // OpenCLIP has the channels of a head, 64 where they are omitted.
      let entry = keys.first("visioncfg.headwidth")
      let width = entry.map { Int($0.text) ?? 0 } ?? 64
      if width > 0, encoder.width % width == 0 {
        add(.imageHeads, encoder.width / width, entry?.key ?? "vision_cfg without head_width")
      }
      if keys.first("quickgelu") == nil { add(.quickGELU, 0, "vision_cfg without quick_gelu") }
    }
    if keys.has(below: "visionconfig") {
      if keys.first("visionconfig.numattentionheads") == nil {
        add(.imageHeads, 12, "vision_config without heads")
      }
      if keys.all(["hiddenact", "textconfig.hiddenact", "visionconfig.hiddenact"]).isEmpty {
        add(.quickGELU, 1, "vision_config without hidden_act")
      }
    }
    return findings
  }

  // MARK: Values

  /// The reason why a text is no value.
  private struct Unfit: Error {
    var text: String
  }

  private func value(of hyperparameter: Hyperparameter, _ text: String) -> Result<[Float], Unfit> {
    if hyperparameter == .quickGELU {
      switch text.lowercased() {
      case "true", "1", "quick_gelu": return .success([1])
      case "false", "0", "gelu": return .success([0])
      default: return .failure(Unfit(text: "expected true or false"))
      }
    }
    guard let numbers = Self.numbers(text), !numbers.isEmpty else {
      return .failure(Unfit(text: "expected a number"))
    }
    switch hyperparameter {
    case .heads, .textHeads, .imageHeads, .pooling, .classLength, .slidingWindow, .resolution, .quickGELU:
      guard numbers.allSatisfy({ $0 == numbers[0] }) else {
        return .failure(Unfit(text: "expected equal numbers"))
      }
      let range: ClosedRange<Double> =
        [.resolution, .slidingWindow].contains(hyperparameter)
        ? 8...8192 : hyperparameter == .pooling ? 1...64 : 1...4096
      guard let number = Int(exactly: numbers[0]), range.contains(numbers[0]) else {
        return .failure(
          Unfit(text: "expected a whole number of \(Int(range.lowerBound))...\(Int(range.upperBound))"))
      }
      if hyperparameter == .resolution, number % architecture.image.stride != 0 {
        return .failure(Unfit(text: "expected a multiple of \(architecture.image.stride)"))
      }
      if let width = widths(of: hyperparameter).first(where: { $0 % number != 0 }) {
        return .failure(Unfit(text: "which does not divide a width of \(width)"))
      }
      return .success([Float(number)])
    case .normEpsilon:
      guard numbers.count == 1, numbers[0] > 0, numbers[0] < 1, Float(numbers[0]) > 0 else {
        return .failure(Unfit(text: "expected a number above 0 and below 1"))
      }
      return .success([Float(numbers[0])])
    case .pixelMean, .pixelStandardDeviation:
      guard numbers.count == 3, numbers.allSatisfy({ $0.isFinite && $0 >= 0 && $0 < 1000 }),
        hyperparameter == .pixelMean || numbers.allSatisfy({ $0 > 0 })
      else { return .failure(Unfit(text: "expected three numbers, one a channel")) }
      // OpenCLIP and transformers count pixels from 0 to 1.
      let scale = numbers.allSatisfy { $0 <= 1 } ? 255.0 : 1
      return .success(numbers.map { Float($0 * scale) })
    }
  }

  private func widths(of hyperparameter: Hyperparameter) -> [Int] {
    switch hyperparameter {
    case .heads: architecture.decoder?.inputWidths ?? architecture.aggregation.map { [$0.hiddenWidth] } ?? []
    case .textHeads: [architecture.text.width]
    case .imageHeads: architecture.image.transformer.map { [$0.width] } ?? []
    default: []
    }
  }

  /// A number, or those of a list in brackets.
  static func numbers(_ text: String) -> [Double]? {
    var text = text[...]
    if let first = text.first, let last = text.last,
      first == "[" && last == "]" || first == "(" && last == ")"
    {
      text = text.dropFirst().dropLast()
    }
    let parts = text.split(separator: ",").map { String($0.filter { $0 != " " }) }.filter { !$0.isEmpty }
    let numbers = parts.compactMap(Double.init).filter(\.isFinite)
    return numbers.count == parts.count && numbers.count <= 16 ? numbers : nil
  }

  private func shortened(_ text: String) -> String { text.count > 40 ? "\(text.prefix(40))..." : text }

  // MARK: Contradictions

  /// The first dimension of a place that contradicts the tensors, in words.
  private func contradiction(of keys: ConfigurationKeys) -> String? {
    for dimension in ConfigurationKeys.dimensions(of: architecture) {
      for entry in keys.all(dimension.names) {
        guard let numbers = Self.numbers(entry.text) else { continue }
        if numbers != dimension.values.map(Double.init) {
          return "\(entry.key) is \(shortened(entry.text)), the tensors say \(listText(dimension.values))"
        }
      }
    }
    if let type = keys.first("modeltype"),
      !["clip", "convnext", "sed", "catseg", "cat_seg"].contains(where: type.text.contains)
    {
      return "\(type.key) is \(shortened(type.text))"
    }
    // Where it is omitted, the width is 512 in OpenCLIP and transformers.
    for (part, name) in [("textcfg", "textcfg.width"), ("textconfig", "textconfig.hiddensize")]
    where keys.has(below: part) && keys.first(name) == nil && architecture.text.width != 512 {
      return "a text width of 512 by default, the tensors say \(architecture.text.width)"
    }
    if architecture.image.kind == .convNeXt, let entry = keys.first("visioncfg.patchsize") {
      return "\(entry.key) is of a vision transformer"
    }
    return contradictionOfName(keys)
  }

  private func contradictionOfName(_ keys: ConfigurationKeys) -> String? {
    let image = architecture.image.convNeXt
    if let entry = keys.first("visioncfg.timmmodelname"),
      let trunk = PublishedModel.trunk(named: entry.text),
      trunk.depths != image?.depths || trunk.widths != image?.widths
    {
      return "\(entry.key) is \(entry.text), of other dimensions than the tensors"
    }
    let names = [keys.first("enc.clipmodelname"), keys.first("semseghead.clippretrained")]
    for entry in names.compactMap(\.self) {
      guard let clip = PublishedModel.clip(named: entry.text) else { continue }
      if !architecture.image.hasTensors(of: clip.image)
        || clip.text.width != architecture.text.width || clip.text.layers != architecture.text.layers
      {
        return "\(entry.key) is \(entry.text), of other dimensions than the tensors"
      }
    }
    return nil
  }

  private func listText(_ values: [Int]) -> String {
    values.count == 1 ? "\(values[0])" : "[\(values.map(String.init).joined(separator: ", "))]"
  }
}
