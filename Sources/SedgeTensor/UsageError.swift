// Requests that do not fit the model, the files or each other, as facts; the wording of every fault is here.

/// A request that a model or a file cannot fulfil.
///
/// The description states the facts. Advice that names options belongs to the command line.
public struct UsageError: Error, Hashable, Sendable {
  /// The fault.
  public enum Kind: Hashable, Sendable {
    // Files of another kind.

    /// A `.sedge` file in the place of a checkpoint.
    case sedgeFileGivenAsCheckpoint
    /// A checkpoint in the place of a `.sedge` file.
    case checkpointGivenAsSedgeFile
    /// A file in another format in the place of a `.sedge` file.
    case notASedgeFile(looksLike: String?)
    /// An output that is an input of the same work.
    case outputIsInput(String)
    /// A checkpoint given as the source of a `.sedge` file that was made from another model.
    case differentSource(found: String, source: String, expected: String)
    /// A checkpoint given as the source of a `.sedge` file whose folds are others.
    case differentFolds(source: String)
    /// Two models that cannot be compared: the first difference of their dimensions.
    case differentDimensions(name: String, other: String, otherName: String, difference: String)
    /// A tensor that two files of one model both have.
    case duplicateTensor(String, other: String, otherName: String)

    // What a model can do.

    /// CLIP alone cannot segment.
    case cannotSegment
    /// SED cannot classify.
    case cannotClassify
    /// The model has no heads for early rejection.
    case noRejectionHeads
    /// The file has neither a text encoder nor a class list.
    case noTextFeatures
    /// The file has class lists and no text encoder: the lists with their numbers of classes.
    case classesNotStored(lists: [String])
    /// The model has a text encoder that lacks its tokenizer or its prompts.
    case missingTextInput(TextInput)
    /// A resizing of images for CLIP alone, which has its own.
    case resizingOfClassifier
    /// A side of pictures that the image encoder's stride does not divide.
    case resolution(Int, multipleOf: Int)
    /// A side of pictures of a model that has one alone.
    case resolutionOfGrid(Int, expected: Int)
    /// A way of resizing that another kind of model has.
    case resizingOfAnother(String, model: String)
    /// A result has values that are not finite.
    case notFinite(result: String)

    // Options of a conversion.

    /// Two origins of a hyperparameter contradict each other, or one asks for what Sedge does not compute.
    case hyperparameter(HyperparameterFault)
    /// Without a text encoder the file would have no text features at all.
    case classListRequired
    /// Class lists were given and cannot be encoded.
    case classListsNotEncodable([TextObstacle])
    /// The file would take no class names.
    case noClassNames([TextObstacle])
    /// A storage format that raw storage cannot hold.
    case rawStorage(requested: String)
    /// CLIP alone without a logit scale.
    case missingLogitScale(tensor: String)
    /// A logit scale beyond what a file stores.
    case logitScale(tensor: String, value: Float, limit: Float)
    /// Prompt templates of another number than the model's.
    case promptCount(expected: Int, found: Int)
    /// A context too short for any text.
    case contextLength(Int)
    /// A vocabulary of another size than the model's.
    case vocabularySize(expected: Int, found: Int, vocabulary: String)
    /// A rule whose regular expression matches no tensor.
    case ruleWithoutTensor(String)
    /// A plan that names a tensor which the folded model does not have.
    case planWithoutTensor(String)
    /// A file size below what the model takes at the lowest bit widths.
    case sizeTooSmall(byteCount: Int, otherByteCount: Int, leastBits: Double)
    /// No attempt led to a file of the requested size.
    case sizeNotReached
    /// A limit of the output's error below the least that was measured.
    case budgetNotReached(labelChange: Double, scoreRMS: Double)
    /// A limit of the output's error, and nothing that could be measured.
    case budgetNotMeasured
    /// A limit of the drop of mIoU below the least that was measured, on so many pictures.
    case meanIoUNotReached(drop: Double, pictureCount: Int)
    /// A limit of the drop of mIoU, and no ground truth to measure it by.
    case budgetWithoutGroundTruth

    // Measurements.

    /// More classes than can be measured.
    case tooManyClasses(Int, limit: Int)
    /// Label maps for a model that labels no pixels.
    case labelsForClassifier
    /// A file of another model than the source.
    case differentModel(found: String, expected: String)
    /// A file of another resolution than the source's.
    case differentResolution(found: Int, expected: Int)
    /// An image whose size changed while it was in use.
    case imageChanged
    /// A label map of another size than its image: the two sizes.
    case labelMapSize(image: ImageSize, labels: ImageSize)
    /// A label map with a negative value that stands for nothing.
    case negativeLabel(Int)
    /// Label maps without a pixel of any class: the values that they have.
    case noLabeledPixels(values: [Int])
    /// Label maps with values beyond the class list: the likely reason.
    case labelsBeyondClasses(highest: Int, classCount: Int, reason: String)
    /// Binary masks whose 255 stands for no class.
    case binaryMask
    /// A group of classes with a name that is no class: the nearest that is one.
    case noSuchClass(String, group: String, nearest: String?)
    /// Two groups of classes of one name.
    case duplicateGroup(String)
    /// A tensor that the file does not have.
    case noSuchTensor(String)

    // Exports.

    /// Layers whose folded bias no shift of the norm before them reproduces, each with its residual.
    case inexactExport(layers: [String], limit: Double)
  }

  /// Width and height of an image in pixels.
  public struct ImageSize: Hashable, Sendable {
    /// Pixels of a row.
    public var width: Int
    /// Rows.
    public var height: Int

    /// Creates a size.
    public init(width: Int, height: Int) { (self.width, self.height) = (width, height) }
  }

  /// An input of the text encoder beside the class names.
  public enum TextInput: Hashable, Sendable {
    /// The vocabulary of the tokenizer.
    case vocabulary
    /// The prompt templates.
    case templates
  }

  /// A reason why class names cannot be encoded.
  public enum TextObstacle: Hashable, Sendable {
    /// The model takes a number of prompts for which there is no default.
    case templatesRequired(count: Int)
    /// The model has another vocabulary than CLIP's.
    case vocabularyRequired(size: Int, bundledSize: Int)
  }

  /// A fault of a hyperparameter that tensor shapes do not determine.
  public enum HyperparameterFault: Hashable, Sendable {
    /// Two places name different values; `option` is the hyperparameter's name in reports.
    case contradiction(option: String, text: String)
    /// A place names what Sedge does not compute.
    case unsupported(String)

    /// The fault in words.
    public var text: String {
      switch self {
      case .contradiction(_, let text): text
      case .unsupported(let text): "\(text); results would be other than the original's"
      }
    }
  }

  /// The fault.
  public var kind: Kind
  /// The file or the image at fault, where there is one.
  public var path: String?

  /// Describes a fault.
  public init(_ kind: Kind, path: String? = nil) {
    self.kind = kind
    self.path = path
  }
}

extension UsageError: CustomStringConvertible {
  /// One line: the file, what was found and what was expected.
  public var description: String {
    ((path.map { "\($0): " } ?? "") + kind.text).escapingControlCharacters
  }
}

extension UsageError.TextObstacle {
  /// The obstacle in words.
  public var text: String {
    switch self {
    case .templatesRequired(let count): "the model takes \(count) prompts and none were given"
    case .vocabularyRequired(let size, let bundledSize):
      "the model has \(size) tokens, CLIP's vocabulary \(bundledSize): no tokenizer fits"
    }
  }
}

extension UsageError.Kind {
  /// The fault in words, without the file.
  fileprivate var text: String {
    switch self {
    case .sedgeFileGivenAsCheckpoint: "is a .sedge file, expected a checkpoint"
    case .checkpointGivenAsSedgeFile: "is a checkpoint, expected a .sedge file"
    case .notASedgeFile(let name): "is \(name ?? "in another format"), expected a .sedge file"
    case .outputIsInput(let input): "is the input \(input) itself, expected another path"
    case .differentSource(let found, let source, let expected):
      "was made from \(expected), \(source) is \(found)"
    case .differentFolds(let source): "its folds are not those of \(source)"
    case .differentDimensions(let name, let other, let otherName, let difference):
      "is \(name), \(other) is \(otherName), of other dimensions: \(difference)"
    case .duplicateTensor(let name, let other, let otherName):
      "has \(name), which \(other) has too as \(otherName)"

    case .cannotSegment: "is CLIP without SED's decoder, which cannot segment"
    case .cannotClassify: "is SED, which segments images and does not classify them"
    case .noRejectionHeads: "has no heads for early rejection"
    case .noTextFeatures: "has neither a text encoder nor a class list, so that it takes no class names"
    case .classesNotStored(let lists):
      "has no text encoder, only the class lists \(lists.joined(separator: ", "))"
    case .missingTextInput(.vocabulary): "has no tokenizer, so that it takes no class names"
    case .missingTextInput(.templates): "has no prompt templates, so that it takes no class names"
    case .resolution(let side, let stride): "a resolution of \(side), expected a multiple of \(stride)"
    case .resolutionOfGrid(let side, let expected):
      "a resolution of \(side), expected \(expected): the model's windows are for one grid alone"
    case .resizingOfAnother(let resizing, let model): "\(model) has no preprocessing \(resizing)"
    case .resizingOfClassifier:
      "is CLIP alone, whose preprocessing is fixed: bicubic resizing and the center square"
    case .notFinite(let result):
      "\(result) are not finite numbers: weights or activations exceed the range of float32"

    case .hyperparameter(let fault): fault.text
    case .classListRequired: "without its text encoder a model needs class lists"
    case .classListsNotEncodable(let obstacles):
      "class lists cannot be encoded: " + obstacles.map(\.text).joined(separator: "; ")
    case .noClassNames(let obstacles):
      obstacles.map(\.text).joined(separator: "; ") + ", so that the file would take no class names"
    case .rawStorage(let requested):
      "raw storage holds f32, f16 and int8, which need no decoding; \(requested) does"
    case .missingLogitScale(let tensor): "\(tensor): missing"
    case .logitScale(let tensor, let value, let limit):
      "\(tensor): is \(value), expected a logarithm within ±\(limit)"
    case .promptCount(let expected, let found): "takes \(expected) prompts, \(found) templates were given"
    case .contextLength(let length): "a context of \(length) tokens has no room for start and end"
    case .vocabularySize(let expected, let found, let vocabulary):
      "has \(expected) tokens, \(vocabulary) makes \(found)"
    case .ruleWithoutTensor(let rule): "the rule \(rule) matches the name of no tensor"
    case .planWithoutTensor(let name):
      "the plan has \(name), which is no tensor of this model with the requested folding"
    case .sizeTooSmall(let byteCount, let otherByteCount, let leastBits):
      "\(byteCount) bytes are too few: a file takes about \(otherByteCount) bytes beside the weights, and at least \(leastBits) bits for each weight"
    case .sizeNotReached: "no file of the requested size was found"
    case .budgetNotReached(let labelChange, let scoreRMS):
      "the budget cannot be kept: the least error measured is \((labelChange * 1e5).rounded() / 1e3)% of the labels and \(scoreRMS) RMS"
    case .budgetNotMeasured: "the budget cannot be kept: no error was measured"
    case .meanIoUNotReached(let drop, let count):
      "the budget cannot be kept: the least drop of mIoU measured is \((drop * 1e4).rounded() / 1e2) points of percent, on \(count) picture\(count == 1 ? "" : "s")"
    case .budgetWithoutGroundTruth:
      "the drop of mIoU cannot be measured: the pictures have no ground truth"

    case .tooManyClasses(let count, let limit): "\(count) classes, at most \(limit) are measured"
    case .labelsForClassifier: "CLIP alone gives no labels to pixels, so that label maps have no use"
    case .differentModel(let found, let expected):
      "is \(found), the source is \(expected); dimensions and heads must be the same"
    case .differentResolution(let found, let expected):
      "takes images at \(found) pixels, the source at \(expected)"
    case .imageChanged: "has changed its size since it was first read"
    case .labelMapSize(let image, let labels):
      "is \(image.width) x \(image.height), its labels are \(labels.width) x \(labels.height)"
        + ((labels.height, labels.width) == (image.width, image.height)
          ? "; turn them as the image is turned by its metadata" : "")
    case .negativeLabel(let value): "its labels have \(value), expected class indices"
    case .noLabeledPixels(let values):
      "no pixel of the label maps has a class: all are \(values.map(String.init).joined(separator: " or "))"
    case .labelsBeyondClasses(let highest, let classCount, let reason):
      "its labels go up to \(highest), but the \(classCount) classes are 0 to \(classCount - 1); \(reason)"
    case .binaryMask: UsageError.binaryMaskText
    case .noSuchClass(let name, let group, let nearest):
      "the group \(group) has \(name), which is no class" + (nearest.map { "; did you mean \($0)?" } ?? "")
    case .duplicateGroup(let name): "there are two groups \(name), expected names of their own"
    case .noSuchTensor(let name): "has no tensor \(name)"

    case .inexactExport(let layers, let limit):
      "no shift of the norm before it reproduces the folded bias of \(layers.joined(separator: ", ")); at most \(figure(limit)) is rounding"
    }
  }
}

extension UsageError {
  /// The doubt about label maps of 0 and 255, which is an error only where there are two classes.
  package static let binaryMaskText =
    "the label maps have only 0 and 255, and 255 stands for no class; write 1 where a mask has 255"
}
