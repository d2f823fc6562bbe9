// What a quantization may look at, and what it is to reach.

import SedgeImages
public import SedgeTokenizer

/// The pictures and classes that tell which errors matter.
public struct CalibrationOptions: Sendable {
  /// The pictures; those of ``SyntheticPicture`` are taken where there are none.
  package var pictures: [TestPicture]
  /// The classes to look for in them; by default the first class list of the file, or ``Verification/defaultClasses``.
  public var classes: ClassList?

  /// Collects the fields.
  package init(pictures: [TestPicture] = [], classes: ClassList? = nil) {
    (self.pictures, self.classes) = (pictures, classes)
  }

  /// What the pictures are called in the file.
  package var source: String { pictures.isEmpty ? "synthetic" : "pictures of the user" }

  /// The pictures, or those of the program.
  package var usedPictures: [TestPicture] {
    pictures.isEmpty
      ? SyntheticPicture.calibration.map { TestPicture(name: $0.name, image: $0.image) } : pictures
  }

  /// The same with only those pictures that calibration sees.
  package var calibrationPictures: [TestPicture] { split.calibrationPictures }
  /// Those that results are measured on; with fewer than four pictures, the same as ``calibrationPictures``.
  package var measurementPictures: [TestPicture] { split.measurementPictures }
  /// Whether no picture is in both.
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

/// What a file may cost, in error or in bytes; the other is made as small as it can be.
public enum QuantizationBudget: Hashable, Sendable {
  /// At most this share of the labels changes.
  case labelChange(Double)
  /// The relative RMS error of the scores is at most this.
  case scoreRMS(Double)
  /// The file has at most so many bytes.
  case fileSize(Int)
}
