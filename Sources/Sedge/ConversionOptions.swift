// How a checkpoint is to be converted.

import SedgeCompression
public import SedgeArchitecture
public import SedgeContainer
public import SedgeQuantization
public import SedgeTokenizer

/// What `convert` may be told; the defaults keep every weight as it is.
///
///     var options = ConversionOptions()
///     options.budget = .fileSize(60_000_000)
///     options.topK = nil
public struct ConversionOptions: Sendable {
  /// How weights are stored.
  public var quantization = WeightFormat.f32
  /// Forms of single tensors; of several rules for a tensor the last one counts.
  public var tensorRules: [TensorRule] = []
  /// Forms of single tensors, by name; rules go before it.
  public var plan: QuantizationPlan?
  /// The pictures that tell which errors matter; `nil` where the weights alone decide.
  public var calibration: CalibrationOptions?
  /// What the file may cost: the bits of each tensor are chosen for it, with calibration.
  public var budget: QuantizationBudget?
  /// Whether norms, layer scales and the like are folded.
  public var folding = true
  /// What shapes do not tell.
  public var architecture = ArchitectureOptions()
  /// Side of the square that images are brought to, in pixels, a multiple of 32; by default what the model is
  /// published for.
  public var resolution: Int?
  /// Side of CAT-Seg's sliding windows in pixels; by default what the file says, or 384.
  public var slidingWindow: Int?
  /// How images become that square by default, in calibration and in measurements; `nil` for `ImageResizing.square`, and for CLIP
  /// alone, which has its own way.
  public var resizing: ImageResizing?
  /// Mean of each RGB channel over 0...255; by default what is found beside the checkpoint, or CLIP's.
  public var pixelMean: [Float]?
  /// Standard deviation of each RGB channel over 0...255, like the mean.
  public var pixelStandardDeviation: [Float]?
  /// Category early rejection that the file asks for; `nil` keeps all classes. Means nothing to CLIP alone.
  public var topK: Int? = Preprocessing().topK
  /// The logarithm of what CLIP multiplies cosines with; by default the checkpoint's.
  public var logitScale: Float?
  /// The prompts; by default CLIP's 80 for ImageNet, for a model of 80 prompts.
  public var templates: PromptTemplates?
  /// A file with the merges of another vocabulary than CLIP's.
  public var vocabularyPath: String?
  /// Class lists whose text features are stored, by name.
  public var classLists: [(name: String, classes: ClassList)] = []
  /// Whether the text encoder is left out, so that only the stored class lists can be used.
  public var dropsTextEncoder = false
  /// Whether a model is converted that no class names can be looked for with: without prompts, or without a vocabulary
  /// that fits, or with neither text encoder nor class list.
  public var allowsNoClassNames = false
  /// Whether tensors that the model does not have are left out instead of refused.
  public var ignoresUnexpected = false
  /// The files that the options above were read from, to be recorded by their digests.
  package var inputs: [ConversionInput] = []
  /// Whether payloads are compressed.
  public var storage = StorageMode.compressed

  /// Starts with the defaults.
  public init() {}

  /// The requested storage of weights.
  var compression: CompressionSettings {
    CompressionSettings(
      quantization: quantization, tensorRules: tensorRules, plan: plan, calibration: calibration,
      budget: budget, storage: storage)
  }
}
