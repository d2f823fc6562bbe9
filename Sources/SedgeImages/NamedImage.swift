// A picture with a name.

/// A picture and the name that reports give it.
public struct NamedImage: Sendable, Hashable {
  /// The name, such as a file's.
  public var name: String
  /// The picture.
  public var image: RGBImage

  /// Names a picture.
  public init(name: String, image: RGBImage) {
    self.name = name
    self.image = image
  }
}
