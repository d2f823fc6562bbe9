// The header of a .sedge file.

package import SedgeArchitecture

/// All contents of a `.sedge` file except the tensors' elements and the tokenizer's bytes.
package struct SedgeHeader: Hashable, Sendable {
  /// The version of the program that wrote the file.
  package var sedgeVersion: String
  /// The model's dimensions.
  package var architecture: Architecture
  /// The preparation of images.
  package var preprocessing: Preprocessing
  /// Which parts of the graph are folded.
  package var foldState: FoldState
  /// The outcome of every possible fold.
  package var folds: [FoldRecord]
  /// The tensor table, in the order of the forward pass; names are unique.
  ///
  /// It includes the text features of class lists.
  package var tensors: [TensorRecord]
  /// Whether the text encoder is in the file; without it only the stored class lists can be segmented.
  package var hasTextEncoder: Bool
  /// The prompt templates, each with one `{}` where the class name goes; as many as the decoder has prompts, or none.
  package var promptTemplates: [String]
  /// The tokenizer, only where ``hasTextEncoder`` is true; missing where the model's vocabulary has none that is known.
  package var tokenizer: TokenizerRecord?
  /// Lists of classes whose text features are stored.
  package var classLists: [ClassList]
  /// The files that the model came from.
  package var sources: [SourceRecord]
  /// The options it was made with, in a fixed order.
  package var options: [Option]
  /// The logarithm of CLIP's factor on cosines; never missing without a decoder.
  package var logitScale: Float?
  /// The requested format of a quantized file, its calibration and its measured quality.
  package var quantization: QuantizationRecord?
  /// The origins of the hyperparameters that no shape determines; empty where the file records none.
  package var hyperparameters: [HyperparameterRecord]
  /// The program and the other files that the file was made with; `nil` where the writer did not record them.
  package var provenance: ProvenanceRecord?

  /// The largest magnitude of ``logitScale``; its exponential is far from overflow.
  package static let largestLogitScale: Float = 20

  /// The largest ``SourceRecord/byteCount``, beyond every file of weights.
  package static let largestSourceByteCount = 1 << 50

  /// The tokenizer's place in the file.
  package struct TokenizerRecord: Hashable, Sendable {
    /// The serialized merges.
    package var merges: Segment
    /// Tokens of the longest prompt, start and end included.
    package var contextLength: Int

    /// Collects the fields.
    package init(merges: Segment, contextLength: Int) {
      self.merges = merges
      self.contextLength = contextLength
    }
  }

  /// Classes whose text features are stored.
  package struct ClassList: Hashable, Sendable {
    /// The name of the list; unique in its file.
    package var name: String
    /// The classes as they were written, in the order of the features' rows.
    package var classNames: [String]
    /// The name of the tensor with the features: classes x ``Architecture/featuresPerClass`` x embedding.
    package var features: String

    /// Collects the fields.
    package init(name: String, classNames: [String], features: String) {
      self.name = name
      self.classNames = classNames
      self.features = features
    }
  }

  /// One file that the model came from.
  package struct SourceRecord: Hashable, Sendable {
    /// Its name, without its folder.
    package var fileName: String
    /// The SHA-256 of its bytes, 32 bytes.
    package var sha256: [UInt8]
    /// Its size in bytes.
    package var byteCount: Int
    /// Its format's name, such as `HDF5`.
    package var formatName: String

    /// Collects the fields.
    package init(fileName: String, sha256: [UInt8], byteCount: Int, formatName: String) {
      self.fileName = fileName
      self.sha256 = sha256
      self.byteCount = byteCount
      self.formatName = formatName
    }
  }

  /// One option that the file was made with.
  package struct Option: Hashable, Sendable {
    /// The option's name.
    package var key: String
    /// Its value as text.
    package var value: String

    /// Collects the fields.
    package init(key: String, value: String) {
      self.key = key
      self.value = value
    }
  }

  /// Collects the fields; a writer fills in ``tensors`` and ``tokenizer``.
  package init(
    sedgeVersion: String, architecture: Architecture, preprocessing: Preprocessing,
    foldState: FoldState = .original,
    folds: [FoldRecord] = [], tensors: [TensorRecord] = [], hasTextEncoder: Bool,
    promptTemplates: [String] = [],
    tokenizer: TokenizerRecord? = nil, classLists: [ClassList] = [], sources: [SourceRecord] = [],
    options: [Option] = [], logitScale: Float? = nil, quantization: QuantizationRecord? = nil,
    hyperparameters: [HyperparameterRecord] = [], provenance: ProvenanceRecord? = nil
  ) {
    self.sedgeVersion = sedgeVersion
    self.architecture = architecture
    self.preprocessing = preprocessing
    self.foldState = foldState
    self.folds = folds
    self.tensors = tensors
    self.hasTextEncoder = hasTextEncoder
    self.promptTemplates = promptTemplates
    self.tokenizer = tokenizer
    self.classLists = classLists
    self.sources = sources
    self.options = options
    self.logitScale = logitScale
    self.quantization = quantization
    self.hyperparameters = hyperparameters
    self.provenance = provenance
  }

  /// The lowest version of the format that has everything in this header; a writer writes this one.
  package var leastVersion: Int {
    max(Preamble.leastWrittenVersion, preprocessing.resizing.firstVersion, architecture.firstVersion)
  }

  /// The value of a recorded hyperparameter; `nil` for one that this Sedge does not know, or the model does not have.
  package func value(of record: HyperparameterRecord) -> [Float]? {
    record.hyperparameter.flatMap { architecture.value(of: $0, preprocessing) }
  }
}

extension ImageResizing {
  /// The first version of the format that has it.
  var firstVersion: Int {
    switch self {
    case .square: 1
    case .sed: 3
    case .windows, .catSeg: 4
    }
  }
}

extension Architecture {
  /// The first version of the format that has this kind of model with this kind of image encoder.
  var firstVersion: Int { image.kind == .transformer ? 4 : 1 }
}
