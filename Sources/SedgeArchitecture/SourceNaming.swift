// The names of the same weights in files of different programs.

/// The names of the tensors of SED, of CLIP or of a part of either in a file.
///
/// A tensor's own name is the one that SED's program gives it, `clip_model.visual.trunk...` or `transformer...`,
/// without any prefix. The parts that wrappers of modules add to names are ignored everywhere.
package struct SourceNaming: Hashable, Sendable {
  /// The scheme.
  package var scheme: Scheme
  /// The start of every name, such as `module.`.
  package var prefix: String
  /// The start of the text encoder's names within CLIP: empty, or `text.`.
  package var textPrefix = ""
  /// The name of the norm after the trunk's last stage, where the scheme has several.
  var lastNorm = ""
  /// Whether the file has queries, keys and values of a transformer's attention in matrices of their own.
  var splitsAttentionWeights = false
  /// Whether the file has a bias for each of them.
  var splitsAttentionBiases = false
  /// The own names of tensors that the file has whole although it has others of their kind in parts.
  private(set) var wholeTensors: Set<String> = []
  /// The names in the file of tensors that are not named by the scheme, by their own names.
  private(set) var places: [String: String] = [:]
  /// The own names of the same tensors, by their names in the file.
  private var placedNames: [String: String] = [:]

  /// SED's names behind a prefix.
  package static func sed(prefix: String = "") -> SourceNaming { SourceNaming(.sed, prefix: prefix) }

  /// The names that the program of a kind of model writes, behind a prefix.
  package static func sed(prefix: String, of kind: ModelKind) -> SourceNaming {
    var naming = SourceNaming(.sed, prefix: prefix)
    naming.splitsAttentionWeights = kind == .catSeg
    return naming
  }

  /// Combines a scheme with a prefix.
  package init(_ scheme: Scheme, prefix: String = "", textPrefix: String = "") {
    self.scheme = scheme
    self.prefix = prefix
    self.textPrefix = textPrefix
    lastNorm = scheme.trunk?.lastNorms[0] ?? "head.norm."
  }

  /// Notes that the file names a tensor otherwise than the scheme does.
  mutating func place(_ ownName: String, at name: String) {
    if let earlier = places.updateValue(name, forKey: ownName) { placedNames[earlier] = nil }
    placedNames[name] = ownName
  }

  /// Notes which of attention's tensors a file has in parts, and which whole, by the own names of its tensors.
  mutating func noteParts(among names: Set<String>) {
    wholeTensors = []
    for suffix in ["weight", "bias"] {
      let end = ".attn.in_proj_\(suffix)"
      let ends = Self.attentionParts.map { ".attn.\($0)_\(suffix)" }
      let inParts = Set(
        names.compactMap { name in
          ends.first { name.hasSuffix($0) }.map { String(name.dropLast($0.utf8.count)) + end }
        })
      if suffix == "weight" {
        splitsAttentionWeights = scheme == .clipModel || !inParts.isEmpty
      } else {
        splitsAttentionBiases = scheme == .clipModel || !inParts.isEmpty
      }
      guard !inParts.isEmpty else { continue }
      wholeTensors.formUnion(names.filter { $0.hasSuffix(end) && !inParts.contains($0) })
    }
  }

  /// The own name of the tensor that a file names `name`; `nil` for a name that is none of the scheme's.
  package func canonicalName(_ name: String) -> String? {
    guard let rest = rest(of: name) else { return placedNames[name] ?? outerName(name) }
    let trunk = ModelPath.trunkPrefix
    switch scheme {
    case .sed:
      let clip = ModelPath.clipPrefix
      guard !textPrefix.isEmpty, rest.hasPrefix(clip + textPrefix) else { return rest }
      return clip + rest.dropFirst(clip.count + textPrefix.count)
    case .openCLIP:
      return ModelPath.clipPrefix
        + (rest.hasPrefix(textPrefix) ? String(rest.dropFirst(textPrefix.count)) : rest)
    case .clipModel: return ClipModelNaming.openAIName(rest).map { ModelPath.clipPrefix + $0 }
    case .timm:
      return Self.isTrunk(rest) ? trunk + rest : nil
    case .timmFeatures, .transformers, .original, .mmpretrain, .torchvision:
      return scheme.trunk?.timmName(rest, lastNorm: lastNorm).map { trunk + $0 }
    }
  }

  /// The name of a tensor in a file of this naming; SED's after the prefix for a part that the scheme has no names for.
  package func fileName(_ name: String) -> String { places[name] ?? schemeName(name) }

  func schemeName(_ name: String) -> String {
    let (clip, trunk) = (ModelPath.clipPrefix, ModelPath.trunkPrefix)
    let isText = ModelPart(ofTensor: name) == .text
    switch scheme {
    case .sed:
      if let outerPrefix, Self.isOuter(name) { return outerPrefix + name }
      guard !textPrefix.isEmpty, isText else { return prefix + name }
      return prefix + clip + textPrefix + name.dropFirst(clip.count)
    case .openCLIP:
      guard name.hasPrefix(clip) else { return prefix + name }
      return prefix + (isText ? textPrefix : "") + name.dropFirst(clip.count)
    case .clipModel:
      guard name.hasPrefix(clip) else { return prefix + name }
      let rest = String(name.dropFirst(clip.count))
      return prefix + (ClipModelNaming.name(ofOpenAI: rest) ?? rest)
    case .timm, .timmFeatures, .transformers, .original, .mmpretrain, .torchvision:
      guard name.hasPrefix(trunk) else { return prefix + name }
      let timm = String(name.dropFirst(trunk.count))
      return prefix + (scheme.trunk?.name(ofTimm: timm, lastNorm: lastNorm) ?? timm)
    }
  }

  /// The name without the prefix and the parts that wrappers add; `nil` for a name without the prefix.
  func rest(of name: String) -> String? {
    if name.hasPrefix(prefix) { return String(name.dropFirst(prefix.count)).withoutWrappers }
    let (name, prefix) = (name.withoutWrappers, prefix.withoutWrappers)
    return name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
  }

  // MARK: CAT-Seg's upsampling, outside of the module that has the rest

  /// The start of the names outside of the segmentation head; `nil` where the prefix has no such head.
  private var outerPrefix: String? {
    let head = "sem_seg_head.predictor."
    return prefix.hasSuffix(head) ? String(prefix.dropLast(head.count)) : nil
  }

  private static func isOuter(_ name: String) -> Bool {
    ModelPath.aggregation.upsampling.contains { name.hasPrefix("\($0.name).") }
  }

  private func outerName(_ name: String) -> String? {
    guard scheme == .sed, let outer = outerPrefix?.withoutWrappers else { return nil }
    let name = name.withoutWrappers
    guard name.hasPrefix(outer) else { return nil }
    let rest = String(name.dropFirst(outer.count))
    return Self.isOuter(rest) ? rest : nil
  }

  /// Whether a name is one of timm's trunk.
  private static func isTrunk(_ name: String) -> Bool {
    ["stem.", "stages.", "head.norm."].contains { name.hasPrefix($0) }
  }
}
