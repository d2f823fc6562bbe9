// One way to read a file's names, and the model that results.

import SedgeTensor

/// The model that a directory describes under one naming.
struct RecognitionAttempt {
  let naming: SourceNaming
  let tensors: [TensorInfo]
  let omittedNames: [String]
  /// The shapes of all tensors with a name of the scheme, by their own names.
  let shapes: [String: [Int]]
  /// The kind of the image encoder; `nil` where there is none.
  let imageEncoder: ImageEncoderKind?
  let hasImage: Bool
  let hasText: Bool
  let hasDecoder: Bool
  let architecture: Architecture?
  /// Why no dimensions were found.
  let obstacles: [ContractProblem]
  let problems: [ContractProblem]
  let unrelated: [UnrelatedTensor: [String]]

  init(_ tensors: [TensorInfo], naming: SourceNaming, options: ArchitectureOptions) {
    self.naming = naming
    var taken: [TensorInfo] = []
    var omitted: [String] = []
    var shapes: [String: [Int]] = [:]
    for info in tensors {
      guard let name = naming.canonicalName(info.name) else {
        taken.append(info)
        continue
      }
      if Self.isOmitted(ModelPart(ofTensor: name), options) {
        omitted.append(info.name)
        continue
      }
      taken.append(info)
      let shape = naming.transposes(name) ? info.shape.reversed() : info.shape
      if shapes[name] == nil { shapes[name] = KnownTensors.plain(shape, of: name) }
    }
    self.tensors = taken
    omittedNames = omitted
    self.shapes = shapes
    let has = { (isOfPart: (String) -> Bool) in
      shapes.contains { isOfPart($0.key) && KnownTensors.fits($0.key, $0.value) }
    }
    let hasTrunk = has { $0.hasPrefix(ModelPath.trunkPrefix) }
    let hasTransformer = has { $0.hasPrefix("\(ModelPath.vision.blocks.name).") }
    imageEncoder = hasTrunk ? .convNeXt : hasTransformer ? .transformer : nil
    hasImage = imageEncoder != nil
    hasText = has { ModelPart(ofTensor: $0) == .text }
    hasDecoder = has { [.decoder, .rejection].contains(ModelPart(ofTensor: $0)) }
    guard let imageEncoder, hasText else {
      (architecture, obstacles, problems, unrelated) = (nil, [], [], [:])
      return
    }
    var inference = DimensionInference(shapes: shapes, options: options)
    architecture = inference.architecture(imageEncoder, hasSegmenter: hasDecoder)
    guard let architecture else {
      obstacles = inference.problems.map { problem in
        var problem = problem
        problem.tensor = naming.fileName(problem.tensor)
        return problem
      }
      (problems, unrelated) = ([], [:])
      return
    }
    obstacles = []
    (problems, unrelated) = Contract(architecture: architecture, naming: naming).examine(
      taken, suggesting: false)
  }

  /// Whether no tensor of the model is missing or wrong.
  var isWhole: Bool { architecture != nil && problems.allSatisfy(\.isUnexpected) }

  var modelName: String? {
    guard hasImage, hasText || hasDecoder else { return nil }
    if let architecture { return architecture.name }
    switch imageEncoder {
    case .transformer: return hasDecoder ? "CAT-Seg" : "CLIP ViT"
    default: return hasDecoder ? "SED" : "CLIP ConvNeXt"
    }
  }

  /// Whether a decoder is required: under SED's names, unless the options omit it.
  func needsDecoder(_ options: ArchitectureOptions) -> Bool {
    naming.scheme == .sed && options.parts.contains(.decoder)
  }

  private static func isOmitted(_ part: ModelPart?, _ options: ArchitectureOptions) -> Bool {
    switch part {
    case .decoder: !options.parts.contains(.decoder)
    case .rejection: !options.parts.isSuperset(of: [.decoder, .rejection])
    default: false
    }
  }
}
