// The result of segmenting an image.

/// The class of every pixel.
public struct Segmentation: Sendable {
  /// The number of pixels of a line.
  public var width: Int
  /// The number of lines.
  public var height: Int
  /// The index of the class with the highest score, for every pixel, row by row.
  public var labels: [Int32]
  /// The highest score of every pixel, 0...1.
  public var bestScores: [Float]
  /// The classes that early rejection keeps, ascending; all classes without early rejection.
  public var classes: [Int]
  /// Whether no score of these classes is NaN; labels are invalid where weights or activations overflow.
  public var scoresAreNumbers: Bool

  /// The share of the pixels of each of `count` classes.
  public func shares(of count: Int) -> [Double] {
    var pixels = [Int](repeating: 0, count: count)
    for label in labels { pixels[Int(label)] += 1 }
    return pixels.map { Double($0) / Double(max(labels.count, 1)) }
  }
}
