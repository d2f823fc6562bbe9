// Telling from names and shapes alone which model a file holds, and with which dimensions.

public import SedgeTensor

/// What a file's directory says about the model in it.
public struct Recognition: Sendable {
  /// How the file names tensors.
  public var naming: SourceNaming
  /// The dimensions; `nil` where the file is no model that is known.
  public var architecture: Architecture?
  /// Everything in which the directory departs from the architecture.
  public var problems: [ContractProblem]
  /// Names of tensors of parts that are not asked for.
  public var omittedNames: [String] = []
  /// Names of tensors beside the model that do not matter to it, by what they are.
  private var beside: [(what: String, names: [String])] = []
  /// What the file looks like where it does not fit, and what to do, in one clause; `nil` where nothing tells.
  public var diagnosis: String?

  /// What people call the model, `SED` or `CLIP ConvNeXt` where its dimensions cannot be told, `nil` where it is none.
  public var modelName: String?
  /// Whether a model was recognized and every tensor fits.
  public var fits: Bool { architecture != nil && problems.isEmpty }

  /// Names of tensors beside the model that do not matter to it.
  public var unrelatedNames: [String] { beside.flatMap(\.names) }

  /// What was passed over, one clause each.
  public var notes: [String] { Self.notes(beside) }

  /// Words for tensors that were passed over.
  static func notes(_ beside: [(what: String, names: [String])]) -> [String] {
    beside.map { what, names in
      let shown = names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", ..." : "")
      return "passed over \(names.count == 1 ? "a tensor" : "\(names.count) tensors"), \(what): \(shown)"
    }
  }

  /// Looks at a directory; reads no payload.
  ///
  /// A file with both encoders is CLIP; with SED's decoder too, it is SED. Under SED's names a missing decoder is an
  /// error, unless the options leave it out. Of several models the whole one is taken; several whole ones are an error,
  /// unless the options choose.
  ///
  /// - Parameter skipped: What the file holds beside these tensors.
  /// - Complexity: Linear in the number of tensors while they fit; quadratic in the number that do not.
  public init(
    _ tensors: [TensorInfo], options: ArchitectureOptions = ArchitectureOptions(),
    skipped: [SkippedObject] = []
  ) {
    let choice = ModelChoice(tensors, options: options, skipped: skipped)
    let attempt = choice.attempt
    naming = attempt.naming
    problems = []
    omittedNames = attempt.omittedNames
    if !choice.passedOver.isEmpty {
      beside.append(("of other models or none, by --prefix", choice.passedOver))
    }
    if let rivals = choice.rivals {
      modelName = attempt.modelName
      problems = rivals
      diagnosis = choice.advice
      return
    }
    attempt.settle(&self, options: options)
    if problems.isEmpty { return }
    diagnosis = Diagnosis.text(
      of: choice.tensors, skipped: skipped, attempt: attempt, problems: problems, options: options)
    // A name that is near means nothing where it is known what stands behind it, nor does what would be missing of SED.
    guard diagnosis != nil else { return }
    for index in problems.indices
    where problems[index].cause.map({
      $0.hasPrefix("did you mean") || $0.contains("use the whole checkpoint")
    }) == true {
      problems[index].cause = nil
    }
  }

  fileprivate mutating func add(_ beside: [UnrelatedTensor: [String]]) {
    for (kind, names) in beside.sorted(by: { $0.key.text < $1.key.text }) {
      self.beside.append((kind.text, names))
    }
  }
}

/// One naming tried on a directory.
struct RecognitionAttempt {
  let naming: SourceNaming
  let tensors: [TensorInfo]
  let omittedNames: [String]
  /// The shapes of the tensors that some model may have, by their own names.
  let shapes: [String: [Int]]
  let hasImage: Bool
  let hasText: Bool
  let hasDecoder: Bool
  let architecture: Architecture?
  /// Why no dimensions were found.
  let obstacles: [ContractProblem]
  let problems: [ContractProblem]
  let beside: [UnrelatedTensor: [String]]

  init(_ tensors: [TensorInfo], naming: SourceNaming, options: ArchitectureOptions) {
    self.naming = naming
    var taken: [TensorInfo] = []
    var leftOut: [String] = []
    var shapes: [String: [Int]] = [:]
    for info in tensors {
      guard let name = naming.canonicalName(info.name) else {
        taken.append(info)
        continue
      }
      if name.hasPrefix("\(PartName.decoder)."),
        !options.parts.contains(.decoder)
          || (PartName.isRejection(name) && !options.parts.contains(.rejection))
      {
        leftOut.append(info.name)
        continue
      }
      taken.append(info)
      if shapes[name] == nil { shapes[name] = KnownTensors.plain(info.shape, of: name) }
    }
    self.tensors = taken
    omittedNames = leftOut
    self.shapes = shapes
    let has = { (holds: (String) -> Bool) in
      shapes.contains { holds($0.key) && KnownTensors.fits($0.key, $0.value) }
    }
    hasImage = has { $0.hasPrefix("\(PartName.image).trunk.") }
    hasText = has { PartName.isText($0) }
    hasDecoder = has { $0.hasPrefix("\(PartName.decoder).") }
    guard hasImage, hasText else {
      (architecture, obstacles, problems, beside) = (nil, [], [], [:])
      return
    }
    var derivation = Derivation(shapes: shapes, options: options)
    architecture = derivation.architecture(hasDecoder: hasDecoder)
    guard let architecture else {
      obstacles = derivation.problems.map {
        ContractProblem(tensor: naming.fileName($0.tensor), kind: $0.kind, cause: $0.cause)
      }
      (problems, beside) = ([], [:])
      return
    }
    obstacles = []
    (problems, beside) = Contract(architecture: architecture, naming: naming).examine(
      taken, suggesting: false)
  }

  /// Whether both encoders are there, and a decoder if there is any, and nothing is missing or wrong.
  var isWhole: Bool { architecture != nil && problems.allSatisfy(\.isUnexpected) }

  var modelName: String? {
    guard hasImage, hasText || hasDecoder else { return nil }
    return architecture?.name ?? (hasDecoder ? "SED" : "CLIP ConvNeXt")
  }

  /// Whether a decoder must be there: under SED's names, unless it is said that none is.
  func needsDecoder(_ options: ArchitectureOptions) -> Bool {
    naming.scheme == .sed && options.parts.contains(.decoder)
  }
}

extension RecognitionAttempt {
  /// Puts the outcome into a recognition.
  fileprivate func settle(_ recognition: inout Recognition, options: ArchitectureOptions) {
    guard hasImage, hasDecoder || (hasText && !needsDecoder(options)) else {
      recognition.problems = [Diagnosis.problem(of: self)]
      return
    }
    recognition.modelName = modelName
    guard hasText else {
      recognition.problems = [
        ContractProblem(
          tensor: naming.fileName("\(PartName.clip).token_embedding.weight"),
          kind: .impossible("not found, and nothing else of the text encoder"),
          cause: "the other parts are there; give the file with the text encoder too")
      ]
      return
    }
    recognition.architecture = architecture
    recognition.problems =
      problems.isEmpty
      ? obstacles
      : architecture.map { Contract(architecture: $0, naming: naming).problems(in: tensors) } ?? obstacles
    recognition.add(beside)
  }
}

/// Finds the dimensions that most tensors agree on.
struct Derivation {
  let shapes: [String: [Int]]
  let options: ArchitectureOptions
  var problems: [ContractProblem] = []

  /// Larger extents than any such model has; keeps a made-up file from asking for the impossible.
  static let largestExtent = 1 << 20
  /// A longer side than any such kernel has; the products of a filter's extents stay far from overflow.
  static let largestKernel = 255

  init(shapes: [String: [Int]], options: ArchitectureOptions) {
    self.shapes = shapes
    self.options = options
  }

  mutating func architecture(hasDecoder: Bool) -> Architecture? {
    let trunk = "\(PartName.image).trunk"
    let depths = (0..<4).map { count(of: "\(trunk).stages.\($0).blocks.") }
    let widths = (0..<4).map { stage in
      let block = "\(trunk).stages.\(stage).blocks.0"
      return extent(
        "\(trunk).stages.\(stage)",
        [
          ("\(block).gamma", 0), ("\(block).conv_dw.weight", 0), ("\(block).conv_dw.bias", 0),
          ("\(block).norm.weight", 0), ("\(block).mlp.fc2.weight", 0), ("\(block).mlp.fc2.bias", 0),
          (stage == 0 ? "\(trunk).stem.0.weight" : "\(trunk).stages.\(stage).downsample.1.weight", 0),
        ])
    }
    let embeddingWidth = extent(
      "\(PartName.clip).text_projection",
      [
        ("\(PartName.clip).text_projection", 1), ("\(PartName.image).head.proj.weight", 0),
        ("\(PartName.image).head.mlp.fc2.weight", 0),
      ])
    let kernel = extent(
      "\(trunk).stages.0.blocks.0.conv_dw.weight",
      (0..<4).flatMap {
        [
          ("\(trunk).stages.\($0).blocks.0.conv_dw.weight", 2),
          ("\(trunk).stages.\($0).blocks.0.conv_dw.weight", 3),
        ]
      }, atMost: Self.largestKernel)
    let head = head()
    let text = textEncoder()
    let decoder = hasDecoder ? decoder() : nil
    guard problems.isEmpty else { return nil }
    let image = Architecture.ImageEncoder(
      depths: depths, widths: widths, head: head, embeddingWidth: embeddingWidth, kernel: kernel,
      normEpsilon: options.normEpsilon
        ?? Architecture.ImageEncoder.defaultNormEpsilon(depths: depths, widths: widths))
    let architecture = Architecture(image: image, text: text, decoder: decoder)
    problems = architecture.inconsistencies
    return problems.isEmpty ? architecture : nil
  }

  private mutating func head() -> Architecture.VisualHead {
    let name = "\(PartName.image).head.mlp"
    let candidates = [("\(name).fc1.bias", 0), ("\(name).fc1.weight", 0), ("\(name).fc2.weight", 1)]
    guard candidates.contains(where: { shapes[$0.0] != nil }) else { return .linear }
    return .mlp(hiddenWidth: extent("\(name).fc1.weight", candidates))
  }

  private mutating func textEncoder() -> Architecture.TextEncoder {
    let clip = PartName.clip
    let width = extent(
      "\(clip).ln_final.weight",
      [
        ("\(clip).ln_final.weight", 0), ("\(clip).ln_final.bias", 0), ("\(clip).token_embedding.weight", 1),
        ("\(clip).positional_embedding", 1), ("\(clip).text_projection", 0),
      ])
    return Architecture.TextEncoder(
      width: width, heads: options.textHeads ?? max(1, width / 64),
      layers: count(of: "\(clip).transformer.resblocks."),
      contextLength: extent("\(clip).positional_embedding", [("\(clip).positional_embedding", 0)]),
      vocabularySize: extent("\(clip).token_embedding.weight", [("\(clip).token_embedding.weight", 0)]))
  }

  private mutating func decoder() -> Architecture.Decoder {
    let name = PartName.decoder
    let hidden = extent(
      "\(name).conv1.weight",
      [("\(name).conv1.bias", 0), ("\(name).conv1.weight", 0), ("\(name).decoder1.cnext.gamma", 0)])
    let widths = (1...3).map { layer in
      let norms = [1, 4].map { ("\(name).decoder\(layer).conv.double_conv.\($0).weight", 0) }
      return extent("\(name).decoder\(layer).conv.double_conv.1.weight", norms)
    }
    let guidance = (0..<3).map { layer in
      let biases = ["guidance", "corr_guidance"].map {
        ("\(name).decoder_\($0)_projection.\(layer).0.bias", 0)
      }
      return extent("\(name).decoder_guidance_projection.\(layer).0.bias", biases)
    }
    return Architecture.Decoder(
      promptCount: extent(
        "\(name).conv1.weight",
        [("\(name).conv1.weight", 1), ("\(name).decoder_corr_guidance_projection.0.0.weight", 0)]),
      hiddenWidth: hidden, widths: widths, guidanceWidths: guidance, heads: options.heads ?? 4,
      kernel: extent(
        "\(name).decoder1.cnext.dwconv.weight",
        (1...3).flatMap {
          [("\(name).decoder\($0).cnext.dwconv.weight", 2), ("\(name).decoder\($0).cnext.dwconv.weight", 3)]
        }, atMost: Self.largestKernel),
      costKernel: extent(
        "\(name).conv1.weight", [("\(name).conv1.weight", 2), ("\(name).conv1.weight", 3)],
        atMost: Self.largestKernel),
      pooling: options.pooling ?? 1,
      hasRejectionHeads: shapes.keys.contains(where: PartName.isRejection))
  }

  /// The extent that most of several dimensions have; a problem where none of them is there.
  private mutating func extent(
    _ representative: String, _ candidates: [(name: String, axis: Int)], atMost limit: Int = largestExtent
  ) -> Int {
    var votes: [(extent: Int, count: Int)] = []
    for candidate in candidates {
      guard let shape = shapes[candidate.name], candidate.axis < shape.count else { continue }
      let extent = shape[candidate.axis]
      if let known = votes.firstIndex(where: { $0.extent == extent }) {
        votes[known].count += 1
      } else {
        votes.append((extent, 1))
      }
    }
    guard let winner = votes.max(by: { $0.count < $1.count }) else {
      problems.append(
        ContractProblem(
          tensor: representative,
          kind: .impossible("neither it nor a tensor beside it tells the model's dimensions")))
      return 0
    }
    guard (1...limit).contains(winner.extent) else {
      problems.append(
        ContractProblem(tensor: representative, kind: .impossible("has an extent of \(winner.extent)")))
      return 0
    }
    return winner.extent
  }

  /// One more than the largest number that follows `stem` in a name.
  ///
  /// A number as far out as twice the numbers there are is a stranger and no gap, so that one name cannot ask for
  /// thousands of blocks.
  private mutating func count(of stem: String) -> Int {
    var numbers: Set<Int> = []
    for name in shapes.keys where name.hasPrefix(stem) {
      if let number = Int(name.dropFirst(stem.count).prefix { $0 != "." }), number >= 0 {
        numbers.insert(number)
      }
    }
    let count = (numbers.filter { $0 < 2 * numbers.count }.max() ?? -1) + 1
    if count == 0 {
      problems.append(
        ContractProblem(tensor: "\(stem)0", kind: .impossible("expected, found no tensor of it")))
    }
    return count
  }
}

extension Architecture {
  /// What about these dimensions no model can have; empty for a sound architecture.
  public var inconsistencies: [ContractProblem] {
    var problems: [ContractProblem] = []
    let check = { (holds: Bool, tensor: String, what: String, cause: String?) in
      if !holds { problems.append(ContractProblem(tensor: tensor, kind: .impossible(what), cause: cause)) }
    }
    let name = PartName.decoder
    check(
      text.heads > 0 && text.width % text.heads == 0,
      "\(PartName.clip).transformer.resblocks.0.attn.in_proj_weight",
      "\(text.heads) heads do not divide a width of \(text.width)", "set the number with --text-heads")
    check(
      image.kernel % 2 == 1, "\(PartName.image).trunk.stages.0.blocks.0.conv_dw.weight", "has an even kernel",
      nil)
    guard let decoder else { return problems }
    check(decoder.kernel % 2 == 1, "\(name).decoder1.cnext.dwconv.weight", "has an even kernel", nil)
    check(decoder.costKernel % 2 == 1, "\(name).conv1.weight", "has an even kernel", nil)
    check(
      decoder.pooling > 0, "\(name).decoder1.attention", "pooling is \(decoder.pooling), expected 1 or more",
      nil)
    for layer in 0..<3 {
      let layerName = "\(name).decoder\(layer + 1)"
      let (width, guidance) = (decoder.inputWidths[layer], decoder.guidanceWidths[layer])
      check(
        decoder.heads > 0 && width % decoder.heads == 0, "\(layerName).attention.attention.q.weight",
        "\(decoder.heads) heads do not divide a width of \(width)", "set the number with --heads")
      check(
        guidance < width, "\(layerName).up.weight",
        "guidance of \(guidance) channels leaves none of \(width)", nil)
      check(
        decoder.widths[layer] % Decoder.channelsPerGroup == 0, "\(layerName).conv.double_conv.1.weight",
        "\(decoder.widths[layer]) channels are no multiple of \(Decoder.channelsPerGroup), a group's size",
        nil)
    }
    return problems
  }
}
