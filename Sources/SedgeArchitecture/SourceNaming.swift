// The names that different holders of the same weights use.

/// How a file names the tensors of SED or of a part of it.
public struct SourceNaming: Hashable, Sendable {
  /// The naming schemes.
  public enum Scheme: Hashable, Sendable {
    /// SED's own: `clip_model.visual.trunk...`, `transformer.decoder1...`.
    case sed
    /// OpenCLIP's: `visual.trunk...`, the text encoder at the top or under `text.`.
    case openCLIP
    /// timm's ConvNeXt alone: `stem.0.weight`, `stages.0...`.
    case timm
  }

  /// The scheme.
  public var scheme: Scheme
  /// What stands before every name, such as `module.`.
  public var prefix: String

  /// Tells the naming from names that only one scheme has; `nil` where there is none.
  public init?(of names: [String]) {
    let schemes: [(Scheme, [String])] = [
      (.sed, ["clip_model.", "transformer.decoder", "transformer.conv1."]),
      (.openCLIP, ["visual.trunk.", "text.transformer.resblocks.", "transformer.resblocks."]),
      (.timm, ["stages.0.blocks."]),
    ]
    for (scheme, anchors) in schemes {
      for anchor in anchors {
        for name in names {
          guard let range = name.firstRange(of: anchor) else { continue }
          self.scheme = scheme
          self.prefix = String(name[..<range.lowerBound])
          return
        }
      }
    }
    return nil
  }

  /// SED's own name, without prefix, of what a file calls `name`; the name itself where the scheme does not have it.
  public func canonicalName(_ name: String) -> String {
    guard name.hasPrefix(prefix) else { return name }
    let rest = String(name.dropFirst(prefix.count))
    switch scheme {
    case .sed:
      return rest
    case .openCLIP:
      return "\(PartName.clip)." + (rest.hasPrefix("text.") ? String(rest.dropFirst("text.".count)) : rest)
    case .timm:
      let isTrunk = ["stem.", "stages.", "head.norm."].contains { rest.hasPrefix($0) }
      return isTrunk ? "\(PartName.image).trunk.\(rest)" : name
    }
  }
}
