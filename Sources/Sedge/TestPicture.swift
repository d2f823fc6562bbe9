// A picture that models are measured on.

public import SedgeImages

/// A picture, and what is to be seen on it where that is known.
public struct TestPicture: Sendable {
  /// The name that reports give it.
  public let name: String
  private let load: @Sendable () throws -> (image: RGBImage, truth: LabelMap?)

  /// Takes a picture that is in memory.
  ///
  /// - Parameter truth: The right class of every pixel, as an index of the class list; of the picture's size.
  public init(name: String, image: RGBImage, truth: LabelMap? = nil) {
    self.name = name
    load = { (image, truth) }
  }

  /// Names picture files, which are read each time that they are needed.
  ///
  /// - Parameters:
  ///   - path: A PNG or JPEG picture.
  ///   - truthPath: A PNG of one channel whose values are indices of the class list.
  public init(path: String, truthPath: String? = nil) {
    name = path
    load = { (try RGBImage(path: path), try truthPath.map { try LabelMap(path: $0) }) }
  }

  /// The picture and the truth.
  ///
  /// - Throws: `FormatError` where a file is no such picture, ``OptionError`` where the two differ in size.
  func contents() throws -> (image: RGBImage, truth: LabelMap?) {
    let contents = try load()
    if let truth = contents.truth {
      let image = contents.image
      guard (truth.width, truth.height) == (image.width, image.height) else {
        throw OptionError(
          "\(name): is \(image.width) x \(image.height), its labels are \(truth.width) x \(truth.height)")
      }
    }
    return contents
  }
}
