// The names that different holders of the same weights use.

/// How a file names the tensors of SED, of CLIP or of a part of either.
///
/// A tensor's own name is the one that SED's program gives it, `clip_model.visual.trunk...` or `transformer...`,
/// without any prefix.
public struct SourceNaming: Hashable, Sendable {
  /// The naming schemes.
  public enum Scheme: String, Hashable, Sendable, CaseIterable {
    /// SED's: `clip_model.visual.trunk...`, `transformer.decoder1...`.
    case sed = "SED"
    /// OpenCLIP's: `visual.trunk...`, the text encoder at the top or under `text.`.
    case openCLIP = "OpenCLIP"
    /// timm's ConvNeXt alone: `stem.0.weight`, `stages.0.blocks.0...`.
    case timm = "timm"
    /// ConvNextModel of Hugging Face's transformers: `encoder.stages.0.layers.0...`.
    case transformers = "transformers"

    /// Parts of names that no other scheme has, or only one that comes before it in ``allCases``.
    fileprivate var anchors: [String] {
      switch self {
      case .sed:
        ["clip_model."] + (1...3).map { "transformer.decoder\($0)." }
          + (0..<3).map { "transformer.head\($0)." }
      case .openCLIP: ["visual.trunk.", "text.transformer.resblocks.", "transformer.resblocks."]
      case .timm: ["stages.0.blocks.", "stages.1.blocks."]
      case .transformers: ["encoder.stages.0.layers.", "encoder.stages.1.layers."]
      }
    }
  }

  /// The scheme.
  public var scheme: Scheme
  /// What stands before every name, such as `module.`.
  public var prefix: String
  /// What stands before the names of OpenCLIP's text encoder: nothing, or `text.`.
  public var textPrefix = ""

  /// SED's names behind a prefix.
  public static func sed(prefix: String = "") -> SourceNaming { SourceNaming(.sed, prefix: prefix) }

  /// Combines a scheme with a prefix.
  public init(_ scheme: Scheme, prefix: String = "", textPrefix: String = "") {
    self.scheme = scheme
    self.prefix = prefix
    self.textPrefix = textPrefix
  }

  /// Tells the naming from names that only one scheme has; `nil` where there is none.
  ///
  /// Of several prefixes the one that most kinds of names stand behind wins, then the one that most names do.
  public init?(of names: [String]) {
    for scheme in Scheme.allCases {
      var votes: [String: (anchors: Set<String>, count: Int)] = [:]
      for name in names {
        for anchor in scheme.anchors {
          guard let range = name.firstRange(of: anchor) else { continue }
          let prefix = String(name[..<range.lowerBound])
          votes[prefix, default: ([], 0)].anchors.insert(anchor)
          votes[prefix, default: ([], 0)].count += 1
          break
        }
      }
      let winner = votes.max {
        ($0.value.anchors.count, $0.value.count, $1.key) < ($1.value.anchors.count, $1.value.count, $0.key)
      }
      guard let prefix = winner?.key else { continue }
      let hasTextPrefix = names.contains { $0.hasPrefix("\(prefix)text.") }
      self.init(
        scheme, prefix: prefix, textPrefix: scheme == .openCLIP && hasTextPrefix ? "text." : "")
      return
    }
    return nil
  }

  /// The own name of what a file calls `name`; `nil` for what is none of the scheme's.
  public func canonicalName(_ name: String) -> String? {
    guard name.hasPrefix(prefix) else { return nil }
    let rest = String(name.dropFirst(prefix.count))
    switch scheme {
    case .sed:
      return rest
    case .openCLIP:
      return "\(PartName.clip)."
        + (rest.hasPrefix(textPrefix) ? String(rest.dropFirst(textPrefix.count)) : rest)
    case .timm:
      return Self.isTrunk(rest) ? "\(PartName.image).trunk.\(rest)" : nil
    case .transformers:
      return Self.timmName(rest).map { "\(PartName.image).trunk.\($0)" }
    }
  }

  /// What a file of this naming calls a tensor; for a part that the scheme has no names for, SED's behind the prefix.
  public func fileName(_ name: String) -> String {
    let trunk = "\(PartName.image).trunk."
    switch scheme {
    case .sed:
      return prefix + name
    case .openCLIP:
      guard name.hasPrefix("\(PartName.clip).") else { return prefix + name }
      return prefix + (PartName.isText(name) ? textPrefix : "") + name.dropFirst(PartName.clip.count + 1)
    case .timm:
      return prefix + (name.hasPrefix(trunk) ? String(name.dropFirst(trunk.count)) : name)
    case .transformers:
      guard name.hasPrefix(trunk) else { return prefix + name }
      return prefix + (Self.transformersName(String(name.dropFirst(trunk.count))) ?? name)
    }
  }

  /// Whether a name is of timm's trunk.
  private static func isTrunk(_ name: String) -> Bool {
    ["stem.", "stages.", "head.norm."].contains { name.hasPrefix($0) }
  }

  // MARK: - transformers

  /// Modules of the trunk outside of blocks: transformers' and timm's.
  private static let modules = [
    ("embeddings.patch_embeddings.", "stem.0."), ("embeddings.layernorm.", "stem.1."),
    ("layernorm.", "head.norm."),
  ]
  /// Parts of a stage's path.
  private static let stageParts = [(".downsampling_layer.", ".downsample."), (".layers.", ".blocks.")]
  /// Modules of a block.
  private static let blockModules = [
    (".dwconv.", ".conv_dw."), (".layernorm.", ".norm."), (".pwconv1.", ".mlp.fc1."),
    (".pwconv2.", ".mlp.fc2."),
    (".layer_scale_parameter", ".gamma"),
  ]

  private static func timmName(_ name: String) -> String? {
    for (theirs, ours) in modules where name.hasPrefix(theirs) { return ours + name.dropFirst(theirs.count) }
    guard name.hasPrefix("encoder.stages.") else { return nil }
    var path = String(name.dropFirst("encoder.".count))
    for (theirs, ours) in stageParts + blockModules { path.replace(theirs, with: ours, maxReplacements: 1) }
    return path
  }

  private static func transformersName(_ name: String) -> String? {
    for (theirs, ours) in modules where name.hasPrefix(ours) { return theirs + name.dropFirst(ours.count) }
    guard name.hasPrefix("stages.") else { return nil }
    var path = "encoder.\(name)"
    for (theirs, ours) in stageParts + blockModules { path.replace(ours, with: theirs, maxReplacements: 1) }
    return path
  }
}
