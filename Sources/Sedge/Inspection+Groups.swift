// Tensors in the order of the forward pass, those of repeated blocks together.

import SedgeArchitecture

extension Inspection {
  /// Tensors that stand together in the forward pass: a stem, all blocks of a stage, a head.
  package struct Group: Sendable, Hashable {
    /// The part of the model, as in ``Inspection/parts``.
    package var part: String
    /// What they are, such as `stage 2 blocks 0-26`; of tensors outside the model, a name with `*` for numbers.
    package var name: String
    /// In the order of the forward pass.
    package var tensors: [Entry]
  }

  /// The tensors in the order of the forward pass; those outside the model come last, in file order.
  package var orderedTensors: [Entry] { placedTensors.map(\.tensor) }

  /// The tensors in groups, both in the order of the forward pass.
  package var groups: [Group] {
    var keys: [TensorPlace: Int] = [:]
    var found: [(place: TensorPlace, blocks: Set<Int>, tensors: [Entry])] = []
    for item in placedTensors {
      let index = keys[item.place] ?? found.count
      if index == found.count {
        keys[item.place] = index
        found.append((item.place, [], []))
      }
      found[index].tensors.append(item.tensor)
      if let block = item.block { found[index].blocks.insert(block) }
    }
    return found.map { group in
      let part = Self.partNames[group.place.part]
      let numbers = group.blocks.isEmpty ? "" : " " + Self.ranges(of: group.blocks.sorted())
      let isAlone = part == "other" && group.tensors.count == 1
      return Group(
        part: part, name: isAlone ? group.tensors[0].name : group.place.name + numbers, tensors: group.tensors
      )
    }
  }

  /// Numbers in ascending order as ranges, such as `0-3, 5`.
  private static func ranges(of numbers: [Int]) -> String {
    var ranges: [ClosedRange<Int>] = []
    for number in numbers {
      if let last = ranges.last, last.upperBound + 1 == number {
        ranges[ranges.count - 1] = last.lowerBound...number
      } else {
        ranges.append(number...number)
      }
    }
    return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: ", ")
  }

  /// A name with `*` for each of its numbers; without a regular expression, which takes seconds for 100,000 names.
  private static func pattern(of name: String) -> String {
    var pattern: [UInt8] = []
    pattern.reserveCapacity(name.utf8.count)
    var isNumber = false
    for byte in name.utf8 {
      let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      if !isDigit { pattern.append(byte) } else if !isNumber { pattern.append(UInt8(ascii: "*")) }
      isNumber = isDigit
    }
    return String(decoding: pattern, as: UTF8.self)
  }

  private var placedTensors: [(tensor: Entry, place: TensorPlace, block: Int?)] {
    let names = (architecture?.checkpointTensors ?? []).flatMap { [$0.name] + naming.stored($0).map(\.name) }
    let positions = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
    let placed = tensors.map { tensor in
      let part = partIndex(of: tensor)
      let isOfModel = Self.partNames[part] != "other" && tensor.role != TensorRole.textFeatures.rawValue
      guard isOfModel, let name = naming.canonicalName(tensor.name) else {
        let pattern = part == 3 ? "" : Self.pattern(of: tensor.name)
        return (
          tensor: tensor, place: TensorPlace(part: part, name: pattern), block: Int?.none, position: Int.max
        )
      }
      let (group, block) = TensorPlace.group(of: name)
      // A bias that folding made stands with its layer's weights.
      let position =
        positions[name] ?? positions[name.replacing(".bias", with: ".weight")]
        ?? positions[name.replacing(".bias", with: "")]
      return (tensor, TensorPlace(part: part, name: group), block, position ?? .max)
    }
    return placed.enumerated()
      .sorted {
        ($0.element.place.part, $0.element.position, $0.offset)
          < ($1.element.place.part, $1.element.position, $1.offset)
      }
      .map { ($0.element.tensor, $0.element.place, $0.element.block) }
  }
}

/// Where in a model a tensor is.
private struct TensorPlace: Hashable {
  /// The index of the part.
  var part: Int
  /// The group, without the numbers of its blocks.
  var name: String

  /// The group of a tensor of the model, by its name in SED, and the number that the group is numbered by.
  static func group(of name: String) -> (name: String, block: Int?) {
    let (image, text, decoder) = (ModelPath.image, ModelPath.text, ModelPath.decoder)
    if let stage = image.stages.index(ofTensor: name) {
      let block = image.stages[stage].blocks.index(ofTensor: name)
      return block == nil ? ("stage \(stage) downsample", nil) : ("stage \(stage) blocks", block)
    }
    if let block = text.blocks.index(ofTensor: name) { return ("blocks", block) }
    if let block = ModelPath.vision.blocks.index(ofTensor: name) { return ("blocks", block) }
    let isIn = { (module: String) in name.hasPrefix("\(module).") }
    if name == text.tokenEmbedding.name || name == text.positionalEmbedding.name {
      return ("embeddings", nil)
    }
    if isIn(image.stem.name) || isIn(image.stemNorm.name) { return ("stem", nil) }
    let vision = ModelPath.vision
    if isIn(vision.patches.name) || isIn(vision.firstNorm.name) { return ("patches", nil) }
    if [vision.classEmbedding.name, vision.positionalEmbedding.name].contains(name) {
      return ("embeddings", nil)
    }
    if isIn(image.headNorm.name) || isIn("\(image.name).head") { return ("head", nil) }
    if let group = groupOfAggregation(name) { return group }
    if isIn(decoder.costEmbedding.name) { return ("cost embedding", nil) }
    if isIn(decoder.head.name) { return ("head", nil) }
    for (title, modules) in [
      ("guidance", decoder.guidance.map(\.name)), ("cost guidance", decoder.costPyramid.map(\.name)),
      ("rejection", decoder.rejectionHeads.map(\.name)),
    ] {
      if let index = modules.firstIndex(where: isIn) { return (title, index) }
    }
    if let index = decoder.layers.map(\.name).firstIndex(where: isIn) { return ("layer \(index + 1)", nil) }
    return ("projection", nil)
  }
  /// The group of a tensor that CAT-Seg alone has.
  private static func groupOfAggregation(_ name: String) -> (name: String, block: Int?)? {
    let path = ModelPath.aggregation
    if let layer = path.layers.index(ofTensor: name) { return ("aggregation layers", layer) }
    let isIn = { (module: String) in name.hasPrefix("\(module).") }
    if path.upsampling.contains(where: { isIn($0.name) }) { return ("upsampling", nil) }
    return isIn(path.guidance.name) || isIn(path.textGuidance.name) ? ("guidance", nil) : nil
  }
}
