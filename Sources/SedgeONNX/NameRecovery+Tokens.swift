// Embeddings of tokens and positions that an exporter folded into constants, found by what they are added to or joined with.

internal import SedgeTensor

extension NameRecovery {
  /// Parameters of modules' own that are added to tokens or joined with them, by the names of their tensors in the graph.
  func tokenParameters() -> [(tensor: String, parameter: Parameter)] {
    graph.nodes.flatMap { node -> [(tensor: String, parameter: Parameter)] in
      switch node.operation {
      case "LayerNormalization": imageTokens(in: node)
      case "Add": textPositions(in: node)
      case "Softmax": windowMask(in: node)
      case "Expand": padding(in: node)
      default: []
      }
    }
  }

  /// A constant that an exporter made, of floats.
  private func folded(_ name: String) -> TensorInfo? {
    guard let info = stored[name], info.elementType.isFloatingPoint, isExporters(name) else { return nil }
    return info
  }

  // MARK: Images

  /// The class token and the positions in front of the norm `X.ln_pre`: (token, patches of `X.conv1`) + positions.
  private func imageTokens(in norm: GraphNode) -> [(tensor: String, parameter: Parameter)] {
    let suffix = "ln_pre.weight"
    guard norm.inputs.count > 1, parameterNames.contains(norm.inputs[1]), norm.inputs[1].hasSuffix(suffix),
      let sum = node(behind: norm.inputs[0], passing: Self.reshaping, where: { $0.operation == "Add" }),
      sum.inputs.count == 2
    else { return [] }
    let module = String(norm.inputs[1].dropLast(suffix.count))
    for (tokens, positions) in [(sum.inputs[0], sum.inputs[1]), (sum.inputs[1], sum.inputs[0])] {
      guard let joined = producer(of: tokens), joined.operation == "Concat", joined.inputs.count == 2,
        let patches = node(
          behind: joined.inputs[1], passing: Self.reshaping, where: { $0.operation == "Conv" }),
        patches.inputs.count > 1, patches.inputs[1] == "\(module)conv1.weight",
        let width = stored[patches.inputs[1]]?.shape.first
      else { continue }
      return classToken(joined.inputs[0], width: width, of: module)
        + self.positions(positions, width: width, of: module)
    }
    return []
  }

  private func classToken(
    _ name: String, width: Int, of module: String
  ) -> [(tensor: String, parameter: Parameter)] {
    guard
      let expand = node(behind: name, passing: Self.reshaping, where: { $0.operation == "Expand" }),
      let info = expand.inputs.first.flatMap(folded), info.elementCount == width, info.shape.last == width
    else { return [] }
    return [
      (
        info.name,
        Parameter(
          name: "\(module)class_embedding", shape: [width],
          evidence: "\(info.name) in the file; it stands before the patches of \(module)conv1.weight")
      )
    ]
  }

  /// Positions as one constant, or as the class token's row and a map that the graph resizes.
  private func positions(
    _ name: String, width: Int, of module: String
  ) -> [(tensor: String, parameter: Parameter)] {
    let evidence = "added to the patches of \(module)conv1.weight"
    let parameter = "\(module)positional_embedding"
    if let info = folded(name) {
      let shape = Array(info.shape.drop { $0 == 1 })
      guard shape.count == 2, shape[1] == width else { return [] }
      return [
        (
          info.name,
          Parameter(name: parameter, shape: shape, evidence: "\(info.name) in the file; \(evidence)")
        )
      ]
    }
    guard let joined = producer(of: name), joined.operation == "Concat", joined.inputs.count == 2,
      let row = folded(joined.inputs[0]), row.elementCount == width,
      let resize = node(
        behind: joined.inputs[1], passing: Self.reshaping.union(["Gather"]),
        where: { $0.operation == "Resize" }),
      let map = resize.inputs.first.flatMap(folded), map.shape.count == 4, map.shape[0] == 1,
      map.shape[1] == width, map.elementType == row.elementType
    else { return [] }
    return [
      (
        map.name,
        Parameter(
          name: parameter, shape: [1 + map.shape[2] * map.shape[3], width], isTransposed: true,
          firstRow: row.name,
          evidence:
            "\(row.name) and \(map.name) in the file; the second resized, both \(evidence); transposed back")
      )
    ]
  }

  // MARK: Texts

  /// The positions that are added to rows of `X.token_embedding`.
  private func textPositions(in sum: GraphNode) -> [(tensor: String, parameter: Parameter)] {
    guard sum.inputs.count == 2, let name = sum.inputs.first(where: { folded($0) != nil }),
      let info = folded(name), let tokens = sum.inputs.first(where: { $0 != name }),
      let rows = node(behind: tokens, passing: Self.reshaping, where: { $0.operation == "Gather" }),
      let table = rows.inputs.first, parameterNames.contains(table)
    else { return [] }
    let suffix = "token_embedding.weight"
    let shape = Array(info.shape.drop { $0 == 1 })
    guard table == suffix || table.hasSuffix(".\(suffix)"), shape.count == 2,
      shape[1] == stored[table]?.shape.last
    else { return [] }
    return [
      (
        info.name,
        Parameter(
          name: table.dropLast(suffix.count) + "positional_embedding", shape: shape,
          evidence: "\(info.name) in the file; it is added to rows of \(table)")
      )
    ]
  }

  // MARK: Windows and classes

  /// The mask of attention in windows, [windows, 1, pixels, pixels], which the module around `X.attn` has.
  private func windowMask(in softmax: GraphNode) -> [(tensor: String, parameter: Parameter)] {
    guard let scores = softmax.inputs.first,
      let sum = node(behind: scores, passing: Self.reshaping, where: { $0.operation == "Add" }),
      sum.inputs.count == 2, let info = sum.inputs.compactMap(folded).first,
      let scope = ModuleScopes.scope(of: sum),
      case .known(let module) = scopes.module(of: scope), module.hasSuffix(".attn")
    else { return [] }
    let shape = info.shape.count == 5 && info.shape[0] == 1 ? Array(info.shape.dropFirst()) : info.shape
    guard shape.count == 4, shape[0] > 1, shape[1] == 1, shape[2] == shape[3] else { return [] }
    return [
      (
        info.name,
        Parameter(
          name: "\(module)_mask", shape: [shape[0], shape[2], shape[3]],
          evidence:
            "\(info.name) in the file; it is added to the scores of windows in /\(scope.joined(separator: "/"))"
        )
      )
    ]
  }

  /// The guidance of padding, which is repeated beside `X.padding_tokens`.
  private func padding(in node: GraphNode) -> [(tensor: String, parameter: Parameter)] {
    let suffix = ".padding_tokens"
    guard let tokens = node.inputs.first, tokens.hasSuffix(suffix), parameterNames.contains(tokens),
      let scope = ModuleScopes.scope(of: node), let expansions = expansions[scope],
      expansions.count <= Self.maximumInputCount
    else { return [] }
    let others = expansions.compactMap { $0.inputs.first.flatMap(folded) }
    guard others.count == 1, others[0].shape.last == others[0].elementCount else { return [] }
    return [
      (
        others[0].name,
        Parameter(
          name: tokens.dropLast(suffix.count) + ".padding_guidance", shape: others[0].shape,
          evidence: "\(others[0].name) in the file; it is repeated beside \(tokens)")
      )
    ]
  }

  // MARK: The newer exporter's notes

  /// Parameters that the newer exporter noted to be folded into a constant, by the constant's name.
  func notedOrigins() -> [(tensor: String, parameter: Parameter)] {
    graph.tensors.compactMap { tensor in
      let info = tensor.info
      guard let note = graph.origins[info.name], info.elementType.isFloatingPoint else { return nil }
      let names = quotedStrings(in: note)
      let sources = names.filter(signatureNames.contains)
      let steps = Set(names.filter { !signatureNames.contains($0) }.map(Self.stem))
      guard sources.count == 1, stored[sources[0]] == nil else { return nil }
      let evidence = "\(info.name) in the file, noted to be made from it"
      var parameter = Parameter(name: sources[0], shape: info.shape, evidence: evidence)
      switch Self.stem(info.name) {
      case "expand" where steps.isSubset(of: Self.selections) && info.shape.count > 1:
        parameter.shape = Array(repeating: 1, count: info.shape.count - 1) + info.shape.suffix(1)
        parameter.isRepeated = info.shape.dropLast().contains { $0 > 1 }
      case "unsqueeze" where steps.isSubset(of: Self.selections):
        parameter.shape = info.shape.filter { $0 != 1 }
      case _ where info.shape.count == 2 && sources[0].hasSuffix("positional_embedding"):
        guard steps.isSubset(of: Self.selections.union(Self.resizings)) else { return nil }
      default: return nil
      }
      return (info.name, parameter)
    }
  }

  /// Steps that keep a parameter's elements, or some of them.
  private static let selections: Set<String> = ["val", "select", "slice", "view", "expand", "unsqueeze"]
  /// Steps that resize a map.
  private static let resizings: Set<String> = [
    "permute", "reshape", "_unsafe_view", "clone", "cat", "squeeze", "upsample_bicubic2d",
  ]

  /// A name of the exporter's without its number.
  private static func stem(_ name: String) -> String {
    let digits = name.reversed().prefix { $0.isNumber }
    let stem = name.dropLast(digits.count)
    return stem.hasSuffix("_") && !digits.isEmpty ? String(stem.dropLast()) : name
  }
}
