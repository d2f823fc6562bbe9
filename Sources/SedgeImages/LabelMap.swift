// A class index for every pixel.

/// A class index for every pixel of a picture.
public struct LabelMap: Sendable, Hashable {
  /// Pixels of a row.
  public let width: Int
  /// The number of rows.
  public let height: Int
  /// The class indices: rows from the top, pixels from the left; `width * height` of them.
  public let labels: [Int]

  /// Puts a size on class indices; a count that does not fit the size traps.
  public init(width: Int, height: Int, labels: [Int]) {
    precondition(width > 0 && height > 0 && labels.count == width * height)
    self.width = width
    self.height = height
    self.labels = labels
  }
}
