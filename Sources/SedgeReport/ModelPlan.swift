// Where tensors are in the model, by their names.

/// The parts of a model, with the layers of each, as the model computes them.
struct ModelPlan {
  /// A part such as the text encoder.
  struct Part {
    var title: String
    var groups: [Group]
    var cells: [Cell] { groups.flatMap(\.units).flatMap(\.cells) }
  }

  /// A stage of a part.
  struct Group {
    var title: String
    var units: [Unit]
  }

  /// A block of a stage.
  struct Unit {
    var title: String
    var cells: [Cell]
  }

  /// A layer: its tensors, by their places in the table.
  struct Cell {
    var name: String
    var rows: [Int]
  }

  /// Where a tensor belongs.
  struct Place: Hashable {
    var part: String
    var group: String
    var unit: String
  }

  private(set) var parts: [Part] = []

  /// Sorts tensors into parts, stages and blocks: layers in their order, before tensors that belong to none.
  ///
  /// - Parameter layers: The rows of layers in the order of the computation.
  init(rows: [TensorRow], layers: [Int]) {
    var order: [Place] = []
    var cells: [Place: [Cell]] = [:]
    let others = Set(rows.indices).subtracting(layers).sorted()
    for index in layers + others {
      let row = rows[index]
      let place = Self.place(of: row.name)
      if cells[place] == nil { order.append(place) }
      if let known = cells[place]?.firstIndex(where: { $0.name == row.layer }) {
        cells[place]?[known].rows.append(index)
      } else {
        cells[place, default: []].append(Cell(name: row.layer, rows: [index]))
      }
    }
    for title in Self.partOrder {
      var groups: [Group] = []
      for place in order where place.part == title {
        let unit = Unit(title: place.unit, cells: cells[place] ?? [])
        if let known = groups.firstIndex(where: { $0.title == place.group }) {
          groups[known].units.append(unit)
        } else {
          groups.append(Group(title: place.group, units: [unit]))
        }
      }
      if !groups.isEmpty {
        let ranked = groups.enumerated().sorted {
          (Self.rank(of: $0.element.title), $0.offset) < (Self.rank(of: $1.element.title), $1.offset)
        }
        parts.append(Part(title: title, groups: ranked.map(\.element)))
      }
    }
  }

  private static let partOrder = ["Text encoder", "Image encoder", "Decoder", "Class lists", "Other tensors"]

  /// Groups that a file may have in another order than the computation's.
  private static func rank(of group: String) -> Int {
    switch group {
    case "stem", "embedding", "cost map": 0
    case "output", "head": 2
    default: 1
    }
  }

  /// The place of a tensor by its name.
  static func place(of name: String) -> Place {
    var parts = name.split(separator: ".").map(String.init)[...]
    if parts.first == "class_lists" {
      return Place(part: "Class lists", group: "text features", unit: parts.dropFirst().first ?? "")
    }
    if parts.first == "clip_model" { parts.removeFirst() }
    if parts.first == "visual" { return imagePlace(parts.dropFirst()) }
    let word = parts.first ?? ""
    if let block = parts.firstIndex(of: "resblocks"), block + 1 < parts.endIndex {
      return Place(part: "Text encoder", group: "transformer", unit: "block \(parts[block + 1])")
    }
    switch word {
    case "token_embedding", "positional_embedding":
      return Place(part: "Text encoder", group: "embedding", unit: "tokens")
    case "ln_final", "text_projection":
      return Place(part: "Text encoder", group: "output", unit: "projection")
    case "transformer": return decoderPlace(Array(parts.dropFirst()))
    case "upsample1", "upsample2": return Place(part: "Decoder", group: "cost map", unit: "upsampling")
    default: return Place(part: "Other tensors", group: word, unit: word)
    }
  }

  private static func imagePlace(_ parts: ArraySlice<String>) -> Place {
    let parts = Array(parts.first == "trunk" ? parts.dropFirst() : parts)
    let place = { Place(part: "Image encoder", group: $0, unit: $1) }
    // A vision transformer.
    switch parts.first {
    case "transformer" where parts.count > 2 && parts[1] == "resblocks":
      return place("transformer", "block \(parts[2])")
    case "conv1", "class_embedding", "positional_embedding", "ln_pre": return place("stem", "patches")
    default: break
    }
    guard parts.first == "stages", parts.count > 2 else {
      return parts.first == "stem" ? place("stem", "patches") : place("head", "projection")
    }
    return place(
      "stage \(parts[1])",
      parts[2] == "blocks" && parts.count > 3 ? "block \(parts[3])" : parts[2])
  }

  private static func decoderPlace(_ parts: [String]) -> Place {
    let place = { Place(part: "Decoder", group: $0, unit: $1) }
    guard let word = parts.first else { return place("output", "scores") }
    if word.hasPrefix("decoder_"), parts.count > 1, let index = Int(parts[1]), index < 1000 {
      return place("stage \(index + 1)", word.hasPrefix("decoder_corr") ? "guidance, costs" : "guidance")
    }
    if word.hasPrefix("decoder"), let index = Int(word.dropFirst("decoder".count)) {
      let unit = ["cnext": "ConvNeXt", "attention": "classes", "up": "upsample", "conv": "convolution"]
      return place("stage \(index)", parts.dropFirst().first.map { unit[$0] ?? $0 } ?? "")
    }
    // CAT-Seg's cost aggregation.
    if word == "layers", parts.count > 3 {
      let units = [
        "swin_block": parts[3].hasPrefix("block") ? "space \(parts[3].dropFirst("block_".count))" : "guidance"
      ]
      return place("aggregation \(parts[1])", units[parts[2]] ?? "classes")
    }
    switch word {
    case "guidance_projection", "text_guidance_projection": return place("cost map", "guidance")
    case "head": return place("output", "scores")
    case "head0": return place("cost map", "rejection")
    case _ where word.hasPrefix("head"): return place("stage \(word.dropFirst(4))", "rejection")
    default: return place("cost map", "costs")
    }
  }
}
