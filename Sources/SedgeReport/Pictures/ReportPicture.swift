// A picture of a run, as a command hands it to the page.

package import SedgeImages

/// A picture with what models said of it.
package struct ReportPicture: Sendable {
  /// A class for each pixel.
  package struct Labels: Sendable {
    /// Whose labels, such as `source`.
    package var title: String
    /// Indices of class names, row by row; any other number is no class.
    package var labels: [Int32]

    /// Collects labels.
    package init(title: String, labels: [Int32]) { (self.title, self.labels) = (title, labels) }
  }

  /// The name of the run or of the picture.
  package var name: String
  /// The picture itself.
  package var image: RGBImage
  /// Label maps of the picture's size; the first is what the others are compared with.
  package var maps: [Labels]
  /// For each pixel the score of the best class less that of the second, of the last map; empty where unknown.
  package var margins: [Float]
  /// The order of pictures: the largest first.
  package var badness: Double
  /// What is known of it, in short texts.
  package var facts: [String]

  /// Collects what is known.
  package init(
    name: String, image: RGBImage, maps: [Labels], margins: [Float] = [], badness: Double, facts: [String]
  ) {
    (self.name, self.image, self.maps, self.margins) = (name, image, maps, margins)
    (self.badness, self.facts) = (badness, facts)
  }
}
