// What the stored weights of one layer cost the result.

/// The change of the model's result that the stored weights of one layer cause.
public struct LayerCost: Hashable, Sendable, Codable {
  /// The result with one layer changed, estimated, from a run of the model, or both.
  public struct Figure: Hashable, Sendable, Codable {
    /// The first-order estimate; `nil` where the model was run instead.
    public var estimate: ResultChange?
    /// From a run of the model; `nil` where it was not run.
    public var exact: ResultChange?

    /// The change by the run where there was one, else the estimate.
    public var change: ResultChange { exact ?? estimate ?? ResultChange(labels: 0, scores: 0) }

    /// Collects the figures.
    public init(estimate: ResultChange? = nil, exact: ResultChange? = nil) {
      self.estimate = estimate
      self.exact = exact
    }
  }

  /// The name of the layer, as of ``LayerError/name``.
  public var name: String
  /// Bytes of the layer's tensors in the file.
  public var storedByteCount: Int
  /// The change that is left where this layer has the source's weights and all others are as stored.
  public var ifRestored: Figure
  /// The change where this layer is as stored and all others have the source's weights.
  public var ifAlone: Figure

  /// Whether both figures are from runs of the model.
  public var isExact: Bool { ifRestored.exact != nil && ifAlone.exact != nil }

  /// Collects the figures.
  public init(name: String, storedByteCount: Int, ifRestored: Figure, ifAlone: Figure) {
    self.name = name
    self.storedByteCount = storedByteCount
    self.ifRestored = ifRestored
    self.ifAlone = ifAlone
  }
}
