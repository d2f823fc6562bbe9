// The result of an evaluation, as a file and in memory.

/// What an evaluation found: figures with intervals for each model, differences, a row for each picture.
///
/// The result holds no time and no folder: the same pictures, models and settings give the same bytes on any number of
/// machines.
package struct EvaluationResult: Hashable, Sendable, Codable {
  /// The format's name, the first member of the file.
  package static let formatName = "sedge evaluation"
  /// The format's version.
  package static let formatVersion = 1

  /// The data that models were evaluated on.
  package struct DataFacts: Hashable, Sendable, Codable {
    /// The name of the data set, or of its folder of pictures.
    package var name: String
    /// Pictures that count: those without a failure.
    package var pictureCount: Int
    /// Pixels of a class in these pictures.
    package var pixelCount: Int
    /// The classes that count.
    package var classes: [String]
    /// The names that the model was asked for, where predictions are mapped to fewer classes.
    package var askedClasses: [String]?
    /// The preprocessing: `sed` or `square`.
    package var preprocess: String
    /// A fingerprint of the names of all pictures, the classes and the coding of labels.
    package var fingerprint: String
  }

  /// One model with one setting of early rejection.
  package struct Model: Hashable, Sendable, Codable {
    /// A name, distinct among the models of the result.
    package var name: String
    /// The model: SED-B, and so on.
    package var architecture: String
    /// SHA-256 of the file.
    package var sha256: String
    /// The classes that early rejection keeps at each pixel; `nil` keeps all.
    @ExplicitNull package var topK: Int?
    /// Who chose it; `nil` in results of earlier releases.
    package var topKOrigin: TopKSettings.Origin?
    /// The model's own default; `nil` where it keeps all classes.
    @ExplicitNull package var defaultTopK: Int?
    /// The arithmetic: `f32`, `int8`, `reference`.
    package var compute: String
    /// The kernel set.
    package var kernels: String
    /// The figures over all classes.
    package var figures: SegmentationFigures
    /// Intervals of 95 % by figure; a figure without pictures enough has none.
    package var intervals: [Figure: Interval]
    /// The mIoU of labels that are independent of the truth.
    package var chanceMiou: Double?
    /// The mean number of classes that early rejection keeps in a picture.
    package var keptClasses: Double
    /// The figures of each group of classes.
    package var groups: [Group]
    /// The figures of each class.
    package var classes: [Class]
    /// Rows are predicted classes, columns true classes; the last of each is no class.
    package var confusion: [[Int]]
  }

  /// The figures of a group of classes.
  package struct Group: Hashable, Sendable, Codable {
    package var name: String
    package var classes: [String]
    package var figures: SegmentationFigures
    package var intervals: [Figure: Interval]
  }

  /// The figures of a class.
  package struct Class: Hashable, Sendable, Codable {
    package var name: String
    @ExplicitNull package var iou: Double?
    package var iouInterval: Interval?
    @ExplicitNull package var accuracy: Double?
    @ExplicitNull package var boundaryIou: Double?
    /// Pixels of the class in the truth.
    package var pixels: Int
  }

  /// A model against the first one, on the same pictures.
  package struct Difference: Hashable, Sendable, Codable {
    /// The index of the model.
    package var model: Int
    /// The index of the model that it is compared with.
    package var reference: Int
    /// By figure: the model's less the reference's.
    package var figures: [Figure: FigureDifference]
    /// The labels that differ.
    package var labels: LabelChange
    /// The interval of the share of labels that differ.
    package var labelChangeInterval: Interval?
  }

  /// The difference of a figure.
  package struct FigureDifference: Hashable, Sendable, Codable {
    /// The model's figure less the reference's.
    package var difference: Double
    /// The interval of 95 % of the difference, paired by picture; `nil` where there are too few pictures.
    package var interval: Interval?
    /// Whether the interval excludes 0.
    package var isDistinguishable: Bool { interval.map { $0.low > 0 || $0.high < 0 } ?? false }
  }

  /// A picture that could not be evaluated.
  package struct Failure: Hashable, Sendable, Codable {
    package var picture: String
    package var error: String

    /// Creates a failure.
    package init(picture: String, error: String) { (self.picture, self.error) = (picture, error) }
  }

  /// ``formatName``.
  package var format = formatName
  /// ``formatVersion``.
  package var version = formatVersion
  /// The version of the program.
  package var sedgeVersion: String
  package var data: DataFacts
  package var models: [Model]
  package var differences: [Difference]
  package var failures: [Failure]
  /// A row for each picture that counts, in the order of the data set.
  package var pictures: [PictureRow] = []

  // Rows are read and written one by one.
  private enum CodingKeys: CodingKey {
    case format, version, sedgeVersion, data, models, differences, failures
  }
}
