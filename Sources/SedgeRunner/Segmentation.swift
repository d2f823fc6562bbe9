// What the model says of an image.

/// The class of every pixel.
public struct Segmentation: Sendable {
  /// Pixels a line.
  public var width: Int
  /// Lines.
  public var height: Int
  /// For every pixel, row by row, the index of the class with the highest score.
  public var labels: [Int32]
  /// The highest score of every pixel, 0...1.
  public var bestScores: [Float]
  /// The classes that early rejection kept to the end, ascending; all of them without it.
  public var classes: [Int]
  /// Whether every score of these classes is a number; where weights or activations overflow, labels mean nothing.
  public var scoresAreNumbers: Bool

  /// Share of the pixels that each of `count` classes has.
  public func shares(of count: Int) -> [Double] {
    var pixels = [Int](repeating: 0, count: count)
    for label in labels { pixels[Int(label)] += 1 }
    return pixels.map { Double($0) / Double(max(labels.count, 1)) }
  }
}
