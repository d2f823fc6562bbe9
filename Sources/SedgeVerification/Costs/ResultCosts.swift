// What all layers cost the result, and what would cost less.

/// The costs of a file's layers, measured on some pictures with all classes kept.
public struct ResultCosts: Hashable, Sendable, Codable {
  /// A better format for one tensor.
  public struct Suggestion: Hashable, Sendable, Codable {
    /// The name of the tensor.
    public var name: String
    /// The format, as `convert --tensor` takes it.
    public var form: String
    /// The bytes that it adds to the file.
    public var addedByteCount: Int
    /// The estimated change with this suggestion and all before it.
    public var expected: ResultChange

    /// Collects the figures.
    public init(name: String, form: String, addedByteCount: Int, expected: ResultChange) {
      self.name = name
      self.form = form
      self.addedByteCount = addedByteCount
      self.expected = expected
    }
  }

  /// The format of one tensor.
  public struct Form: Hashable, Sendable, Codable {
    /// The name of the tensor.
    public var name: String
    /// The format, as in a plan.
    public var form: String

    /// Collects the figures.
    public init(name: String, form: String) {
      self.name = name
      self.form = form
    }
  }

  /// Other formats for all tensors, and what a file with them was measured to be.
  public struct Plan: Hashable, Sendable, Codable {
    /// The format of each tensor that is to have another one, in the order of the forward pass.
    public var forms: [Form]
    /// Bytes of the file.
    public var byteCount: Int
    /// The estimated change, before the tensors were encoded.
    public var expected: ResultChange
    /// The change with the encoded tensors, on the same pictures.
    public var measured: ResultChange
    /// The largest share of changed labels of a picture.
    public var worstLabels: Double
    /// Whether a conversion as that of the file gives just these weights: not where it was calibrated.
    public var isExact: Bool

    /// Collects the figures.
    public init(
      forms: [Form], byteCount: Int, expected: ResultChange, measured: ResultChange,
      worstLabels: Double, isExact: Bool
    ) {
      self.forms = forms
      self.byteCount = byteCount
      self.expected = expected
      self.measured = measured
      self.worstLabels = worstLabels
      self.isExact = isExact
    }
  }

  /// The pictures.
  public var pictureCount: Int
  /// The pixels of all pictures.
  public var pixelCount: Int
  /// The classes.
  public var classCount: Int
  /// The change of the file as it is.
  public var whole: ResultChange
  /// The layers, the most expensive first.
  public var layers: [LayerCost]
  /// The error of the estimates of single layers, where these were run, too; `nil` where none was.
  public var aloneError: EstimateError? { EstimateError(layers.map(\.ifAlone)) }
  /// The error of the estimates of restored layers; `nil` as above.
  public var restoredError: EstimateError? { EstimateError(layers.map(\.ifRestored)) }
  /// The tensors for which more bits buy the most labels for a byte, the best first.
  public var suggestions: [Suggestion] = []
  /// `nil` where none was asked for, or nothing is better.
  public var plan: Plan?
  /// Where no formats are small enough for a plan: the bytes of the smallest file that they make.
  public var leastPlanByteCount: Int?

  /// Collects the figures.
  public init(
    pictureCount: Int, pixelCount: Int, classCount: Int, whole: ResultChange, layers: [LayerCost]
  ) {
    self.pictureCount = pictureCount
    self.pixelCount = pixelCount
    self.classCount = classCount
    self.whole = whole
    self.layers = layers
  }
}
