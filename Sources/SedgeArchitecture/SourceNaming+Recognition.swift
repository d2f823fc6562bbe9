// Recognizes a file's naming by names that only one scheme has.

extension SourceNaming {
  /// Recognizes the naming by names that only one scheme has; `nil` where there is none.
  ///
  /// Of several prefixes the one with the most kinds of names wins, then the one with the most names.
  package init?(of names: [String]) {
    guard let first = Self.candidates(of: names).first else { return nil }
    self = first
  }

  /// A name that only one scheme has: the part where it starts, and its kind among the scheme's names.
  private struct Anchor {
    var scheme: Scheme
    var start: Int
    var kind: String

    /// Searches a path for the names of each scheme, schemes of more parts first.
    init?(_ path: [Substring]) {
      let starts = path.indices.filter { Self.firstParts.contains(path[$0]) || path[$0].hasPrefix("stages_") }
      for scheme in Scheme.allCases {
        for start in starts {
          if let kind = Self.kind(of: path[start...], in: scheme) {
            (self.scheme, self.start, self.kind) = (scheme, start, kind)
            return
          }
        }
      }
      return nil
    }

    /// The parts that the names of the schemes start with, but for timm's as a source of features.
    private static let firstParts: Set<Substring> = [
      "clip_model", "transformer", "visual", "text", "stages", "encoder", "features", "vision_model",
      "text_model",
      "visual_projection", "text_projection",
    ]

    private static func kind(of path: ArraySlice<Substring>, in scheme: Scheme) -> String? {
      let part = { (index: Int) -> Substring in
        path.startIndex + index < path.endIndex ? path[path.startIndex + index] : ""
      }
      let isNumber = { (index: Int) in Int(part(index)) != nil }
      switch scheme {
      case .sed:
        if part(0) == "clip_model", path.count > 1 { return "clip" }
        return part(0) == "transformer" && decoderParts.contains(part(1)) ? String(part(1)) : nil
      case .openCLIP:
        if part(0) == "visual", part(1) == "trunk" { return "trunk" }
        if part(0) == "visual", part(1) == "transformer", part(2) == "resblocks" { return "blocks" }
        if part(0) == "visual", part(1) == "head", part(2) == "proj" || part(2) == "mlp" { return "head" }
        let isText = part(0) == "text" && part(1) == "transformer" && part(2) == "resblocks"
        return isText || (part(0) == "transformer" && part(1) == "resblocks") ? "text" : nil
      case .clipModel:
        let isModule =
          (part(1) == "encoder" && part(2) == "layers")
          || (part(1) == "embeddings" && part(2) != "patch_embeddings")
        if part(0) == "vision_model" { return isModule ? "vision" : nil }
        if part(0) == "text_model" { return isModule ? "text" : nil }
        return ["visual_projection", "text_projection"].contains(part(0)) && part(1) == "weight"
          ? "projection" : nil
      case .timm:
        return part(0) == "stages" && isNumber(1) && part(2) == "blocks" ? "blocks" : nil
      case .timmFeatures:
        return part(0).hasPrefix("stages_") && part(1) == "blocks" && isNumber(2) ? "blocks" : nil
      case .transformers:
        return part(0) == "encoder" && part(1) == "stages" && isNumber(2) && part(3) == "layers"
          ? "layers" : nil
      case .original:
        return part(0) == "stages" && isNumber(1) && isNumber(2)
          && ["dwconv", "pwconv1", "pwconv2"].contains(part(3)) ? "blocks" : nil
      case .mmpretrain:
        return part(0) == "stages" && isNumber(1) && isNumber(2)
          && ["depthwise_conv", "pointwise_conv1", "pointwise_conv2"].contains(part(3)) ? "blocks" : nil
      case .torchvision:
        return part(0) == "features" && isNumber(1) && isNumber(2)
          && ["block", "layer_scale"].contains(part(3)) ? "blocks" : nil
      }
    }

    private static let decoderParts: Set<Substring> = Set(
      (1...3).map { "decoder\($0)" as Substring } + (0..<3).map { "head\($0)" as Substring }
        + ["decoder_guidance_projection", "decoder_corr_guidance_projection"])
  }

  /// The namings that a file may have, the most likely first, a few at most.
  static func candidates(of names: [String]) -> [SourceNaming] {
    struct Key: Hashable {
      var scheme: Scheme
      var prefix: String
    }
    var votes: [Key: (kinds: Set<String>, count: Int, written: String)] = [:]
    for name in names {
      let path = name.withoutWrappers.nameParts
      guard let anchor = Anchor(path) else { continue }
      let prefix = path[..<anchor.start].map { "\($0)." }.joined()
      let key = Key(scheme: anchor.scheme, prefix: prefix)
      let rest = path[anchor.start...].joined(separator: ".")
      // The prefix keeps the parts of wrappers, unless they are also in the rest of the name.
      let written = name.hasSuffix(rest) ? String(name.dropLast(rest.count)) : prefix
      votes[key, default: ([], 0, written)].kinds.insert(anchor.kind)
      votes[key, default: ([], 0, written)].count += 1
    }
    let order = { (scheme: Scheme) in Scheme.allCases.firstIndex(of: scheme) ?? 0 }
    return votes.sorted { a, b in
      (order(a.key.scheme), -a.value.kinds.count, -a.value.count, a.key.prefix)
        < (order(b.key.scheme), -b.value.kinds.count, -b.value.count, b.key.prefix)
    }.prefix(maximumCandidates).map {
      SourceNaming($0.key.scheme, prefix: $0.value.written).settled(on: names)
    }
  }

  /// Further candidates are ignored, so that a file of many unknown names takes no time.
  private static let maximumCandidates = 8

  /// The naming with the details that the names of the file decide: the text prefix, the last norm, the places outside of the scheme.
  private func settled(on names: [String]) -> SourceNaming {
    var result = self
    let clip = scheme == .sed ? ModelPath.clipPrefix : ""
    let rests = names.compactMap { rest(of: $0) }
    if !scheme.isTrunkAlone, rests.contains(where: { $0.hasPrefix("\(clip)text.") }) {
      result.textPrefix = "text."
    }
    if let trunk = scheme.trunk,
      let norm = trunk.lastNorms.first(where: { norm in rests.contains { $0.hasPrefix(norm) } })
    {
      result.lastNorm = norm
    } else if scheme.isTrunkAlone, let trunk = scheme.trunk {
      // Only one program keeps it outside of the backbone.
      for name in names where trunk.lastNorms.contains(where: { name.withoutWrappers.hasPrefix($0) }) {
        let parameter = name.split(separator: ".").last ?? ""
        result.place("\(ModelPath.image.headNorm.name).\(parameter)", at: name)
      }
    }
    let known = Set(names)
    var attention: Set<String> = []
    for name in names {
      guard let own = result.canonicalName(name) else { continue }
      if own.contains(".attn.") { attention.insert(own) }
      guard result.places[own] == nil else { continue }
      if !known.contains(result.schemeName(own)) { result.place(own, at: name) }
    }
    result.noteParts(among: attention)
    return result
  }
}
