// A limit of one tensor or figure.

/// A limit and its origin.
public struct ErrorLimit: Hashable, Sendable, Codable {
  /// The limit.
  public var value: Double
  /// The origin of the limit, in words.
  public var origin: String

  /// The origin of a limit that a user gave.
  public static let requested = "as asked"

  /// Collects the two.
  public init(_ value: Double, _ origin: String) { (self.value, self.origin) = (value, origin) }
}
