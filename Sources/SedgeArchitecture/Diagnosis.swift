// Why a file fits no model, by its names and shapes, and the way out.

import SedgeTensor

/// Recognizes files of other kinds.
enum Diagnosis {
  /// Whether a tensor with a problem adapts a layer of these tensors.
  private static func holdAdapter(_ problems: [ContractProblem], among tensors: [TensorInfo]) -> Bool {
    let layers = problems.compactMap { adapterSearch.start(of: $0.tensor) }.filter { !$0.isEmpty }
    guard !layers.isEmpty else { return false }
    // Sorted, the names that start as a layer's follow the layer's.
    let names = tensors.map(\.name).filter { !adapterSearch.occurs(in: $0) }.sorted()
    return layers.contains { layer in
      var range = names.startIndex..<names.endIndex
      while !range.isEmpty {
        let middle = range.lowerBound + range.count / 2
        range = names[middle] < layer ? middle + 1..<range.upperBound : range.lowerBound..<middle
      }
      return range.lowerBound < names.endIndex && names[range.lowerBound].hasPrefix(layer)
    }
  }

  /// The reason of problems and the way out; `nil` where none is known.
  static func text(
    of tensors: [TensorInfo], skipped: [SkippedObject], attempt: RecognitionAttempt,
    problems: [ContractProblem], options: ArchitectureOptions
  ) -> (diagnosis: String?, remedy: Remedy?) {
    let marks = search.pieces(in: tensors.map(\.name.withoutWrappers) + skipped.map(\.name.withoutWrappers))
    // Unexpected tensors alone are no reason for a diagnosis, except adapters, which change the model's tensors.
    let isOnlyMore = problems.allSatisfy(\.isUnexpected)
    if let form = forms.first(where: { $0.isMet(by: marks) }) {
      if !isOnlyMore || holdAdapter(problems, among: tensors) {
        return (form.text, nil)
      }
    }
    if isOnlyMore { return (nil, nil) }
    if attempt.hasImage, let kind = encoders.first, kind.isMet(by: marks) { return (kind.text, nil) }
    if let found = programs.first(where: { $0.kind.isMet(by: marks) }) {
      let (kind, mayHoldCLIP, without) = (found.kind, found.mayHoldCLIP, found.without)
      if attempt.hasImage, attempt.hasText {
        return mayHoldCLIP && !attempt.hasDecoder
          ? ("looks like \(kind.text)", .takeCLIPAlone(prefix: nil)) : (nil, nil)
      }
      return (program(kind, mayHoldCLIP: mayHoldCLIP, without: without, attempt, marks: marks), nil)
    }
    return (part(of: tensors, skipped: skipped, attempt, marks: marks, problems: problems, options), nil)
  }

  /// The reason why a file has several whole models, and which to take, where a program is known that writes such files.
  static func rivals(
    among names: [String], prefixes: [String]
  ) -> (diagnosis: String, remedy: Remedy)? {
    let marks = search.pieces(in: names.map(\.withoutWrappers))
    guard let program = programs.first(where: { $0.kind.isMet(by: marks) }), let trained = program.trained,
      prefixes.contains(trained.prefix)
    else { return nil }
    return (
      "looks like \(program.kind.text), which has \(trained.text)", .takeCLIPAlone(prefix: trained.prefix)
    )
  }

  /// A diagnosis of a program's file without a whole CLIP.
  private static func program(
    _ kind: Kind, mayHoldCLIP: Bool, without: String, _ attempt: RecognitionAttempt, marks: Set<String>
  ) -> String {
    if attempt.hasImage, mayHoldCLIP {
      return "looks like \(kind.text), but its CLIP's text encoder is not in the file"
    }
    if mayHoldCLIP, encoders.dropFirst().contains(where: { $0.isMet(by: marks) }) {
      return
        "looks like \(kind.text) with CLIP of another image encoder than ConvNeXt, which SED does not use"
    }
    return "looks like \(kind.text); \(without)"
  }

  /// A diagnosis of a file of another image encoder, of unread tensors, or of weights in another layout.
  private static func part(
    of tensors: [TensorInfo], skipped: [SkippedObject], _ attempt: RecognitionAttempt, marks: Set<String>,
    problems: [ContractProblem], _ options: ArchitectureOptions
  ) -> String? {
    if let kind = encoders.first(where: { $0.isMet(by: marks) }), !attempt.hasImage { return kind.text }
    if let first = skipped.first(where: \.isTensor) {
      let count = skipped.count(where: \.isTensor)
      if tensors.isEmpty { return "none of its \(count) tensors can be read: \(first.name), \(first.reason)" }
      if count > 1 {
        return
          "\(count) of its \(tensors.count + count) tensors cannot be read: \(first.name), \(first.reason)"
      }
    }
    return attempt.hasImage ? shapes(attempt, problems: problems, options: options) : nil
  }

  /// A diagnosis by the shapes, or by a tensor that all blocks lack.
  private static func shapes(
    _ attempt: RecognitionAttempt, problems: [ContractProblem], options: ArchitectureOptions
  ) -> String? {
    let stages = (0..<4).map { ModelPath.image.stages[$0] }
    let blocks = attempt.shapes.keys.filter { name in stages.contains { name.hasPrefix("\($0.name).") } }
    if !blocks.isEmpty, !blocks.contains(where: { KnownTensors.role(of: $0) == .layerScale }) {
      return
        "no block of its trunk has a layer scale (gamma), as timm builds it with ls_init_value=None: add a gamma of ones to each block"
    }
    let isOddShape = problems.contains { if case .wrongShape = $0.kind { true } else { false } }
    guard attempt.architecture == nil || isOddShape else { return nil }
    let reversed = attempt.tensors.compactMap { info in
      TensorInfo(name: info.name, elementType: info.elementType, shape: info.shape.reversed())
    }
    if RecognitionAttempt(reversed, naming: attempt.naming, options: options).isWhole {
      return
        "every tensor has its dimensions in reverse, as MATLAB and Fortran write them: transpose each (array.T in NumPy) and save again"
    }
    let convolutions = attempt.tensors.compactMap { info -> TensorInfo? in
      let shape = info.shape.count == 4 ? [3, 2, 0, 1].map { info.shape[$0] } : info.shape
      return TensorInfo(
        name: info.name, elementType: info.elementType, shape: shape.count == 2 ? shape.reversed() : shape)
    }
    if RecognitionAttempt(convolutions, naming: attempt.naming, options: options).isWhole {
      return
        "its weights are in the layout of TensorFlow and JAX (height, width, inputs, outputs): transpose them to PyTorch's order and save again"
    }
    return nil
  }

  /// The problem of a file without a model, with its likely content.
  static func problem(of attempt: RecognitionAttempt) -> ContractProblem {
    let marks = search.pieces(in: attempt.tensors.map(\.name.withoutWrappers))
    let cause: String
    var remedy: Remedy?
    if attempt.tensors.isEmpty {
      cause = "the file holds no tensors"
    } else if attempt.hasImage, attempt.hasText {
      cause = "the image encoder is there, the decoder is not"
      remedy = .addOrOmitDecoder
    } else if attempt.hasImage, attempt.naming.scheme == .openCLIP {
      cause = "looks like OpenCLIP's image encoder alone; give the file with the text encoder too"
    } else if attempt.hasImage, attempt.naming.scheme == .timm {
      cause =
        "looks like the state dict of timm's trunk, which is only a part; give the files with the others too"
    } else if attempt.hasImage, attempt.naming.scheme.isTrunkAlone {
      cause =
        "looks like the trunk alone, as \(attempt.naming.scheme.rawValue) has it; give the files with the other parts too"
    } else if attempt.hasImage {
      cause = "the image encoder is there, the text encoder is not; use the whole checkpoint"
    } else if let kind = encoders.first(where: { $0.isMet(by: marks) }) {
      cause = kind.text
    } else if attempt.hasText, attempt.hasDecoder {
      cause = "the text encoder and the decoder are there, the image encoder is not; use the whole checkpoint"
    } else if attempt.hasText {
      cause = "looks like CLIP's text encoder alone; give the files with the other parts too"
    } else if attempt.hasDecoder {
      cause = "the decoder is there, CLIP is not; use the whole checkpoint"
    } else if !marks.isDisjoint(with: projections) {
      cause = "only the projection behind the image encoder is there; give the files with the other parts too"
    } else {
      cause = "none of the names is one of SED's or CLIP's"
    }
    let hasImageEncoder = attempt.hasImage && attempt.naming.scheme == .sed
    return ContractProblem(
      tensor: (hasImageEncoder ? ModelPath.decoder.costEmbedding : ModelPath.image.stem).weight.name,
      kind: .impossible("not found, under any prefix"), cause: cause, remedy: remedy)
  }
}
