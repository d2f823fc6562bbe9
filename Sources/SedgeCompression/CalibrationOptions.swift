// The inputs of a calibration, and the budget of a quantization.

package import SedgeEvaluation
public import SedgeImages
public import SedgeTokenizer

/// The pictures and classes of a calibration.
public struct CalibrationOptions: Sendable {
  /// The pictures; by default those of ``SyntheticPicture``.
  package var pictures: [TestPicture]
  /// The classes to look for in them; by default the first class list of the file, or ``Verification/defaultClasses``.
  public var classes: ClassList?

  /// Collects the fields.
  package init(pictures: [TestPicture] = [], classes: ClassList? = nil) {
    (self.pictures, self.classes) = (pictures, classes)
  }

  /// Takes images in memory, at least one; with four or more, every fourth is held out to measure the result.
  ///
  /// - Parameter classes: The classes to look for in them; by default the first class list of the file.
  public init(images: [NamedImage], classes: ClassList? = nil) {
    self.init(pictures: images.map { TestPicture(name: $0.name, image: $0.image) }, classes: classes)
  }

  /// The description of the pictures in the file.
  package var source: String { pictures.isEmpty ? "synthetic" : "pictures of the user" }

  /// The pictures, or the synthetic ones.
  package var usedPictures: [TestPicture] {
    pictures.isEmpty
      ? SyntheticPicture.calibration.map { TestPicture(name: $0.name, image: $0.image) } : pictures
  }

  /// The pictures that statistics are collected on.
  package var calibrationPictures: [TestPicture] { split.calibrationPictures }
  /// The pictures that results are measured on; with fewer than four pictures, the same as ``calibrationPictures``.
  package var measurementPictures: [TestPicture] { split.measurementPictures }
  /// Whether no picture is used for both.
  package var isHeldOut: Bool { usedPictures.count >= 4 }

  /// Every fourth picture is kept for measuring.
  private var split: (calibrationPictures: [TestPicture], measurementPictures: [TestPicture]) {
    let pictures = usedPictures
    guard isHeldOut else { return (pictures, pictures) }
    let isMeasured = { (index: Int) in index % 4 == 3 }
    return (
      pictures.indices.filter { !isMeasured($0) }.map { pictures[$0] },
      pictures.indices.filter(isMeasured).map { pictures[$0] }
    )
  }
}

/// The limit of a file's error or of its size; the other is minimized.
public enum QuantizationBudget: Hashable, Sendable {
  /// At most this share of the labels changes.
  case labelChange(Double)
  /// The relative RMS error of the scores is at most this.
  case scoreRMS(Double)
  /// The mean IoU falls by at most this from the source's, on calibration pictures with ground truth: 0.005 for half a point.
  case meanIoUDrop(Double)
  /// The file has at most this number of bytes.
  case fileSize(Int)
}
