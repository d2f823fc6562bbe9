// How much is measured of what layers cost.

/// The extent of a measurement of costs.
public struct CostOptions: Hashable, Sendable {
  /// The layers that are run, twice each, the most expensive first; the others are estimated.
  public var exactLayerCount = 8
  /// Runs that the estimates come from, all layers together in each; `nil` for 32, and 64 where formats are planned.
  public var estimateRunCount: Int?
  /// Whether better formats are searched for all tensors.
  public var plansFormats = false
  /// The bytes that the file may have with them; `nil` for those that it has.
  public var byteLimit: Int?

  /// The number of runs that the estimates come from.
  var runCount: Int { estimateRunCount ?? (plansFormats ? 64 : 32) }

  /// By default eight layers are run, and no formats are searched.
  public init() {}
}
