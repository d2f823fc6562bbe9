// Which value each hyperparameter takes, and how it is known.

package import SedgeArchitecture
package import SedgeTensor

/// The hyperparameters of one checkpoint: by options first, then by what is found in it and beside it.
package struct HyperparameterChoice {
  /// What was found, none where it is not looked for.
  package let evidence: HyperparameterEvidence?
  /// The options with what was found filled in.
  package private(set) var architecture: ArchitectureOptions
  package private(set) var resolution: Int?
  package private(set) var slidingWindow: Int?
  package private(set) var pixelMean: [Float]?
  package private(set) var pixelStandardDeviation: [Float]?
  /// What a user should know, in sentences.
  package private(set) var notes: [String] = []
  /// Where two places contradict each other, and where Sedge cannot compute what they say, in sentences.
  package private(set) var problems: [UsageError.HyperparameterFault] = []

  private var origins: [Hyperparameter: HyperparameterOrigin] = [:]

  /// Chooses; reads no payload.
  ///
  /// - Parameters:
  ///   - options: What is given; its values win.
  ///   - resolution: As given, like the pixel statistics and the side of sliding windows.
  package init(
    _ archive: any TensorArchive, options: ArchitectureOptions, resolution: Int? = nil,
    slidingWindow: Int? = nil,
    pixelMean: [Float]? = nil, pixelStandardDeviation: [Float]? = nil
  ) {
    let options = options.applied(to: archive)
    (architecture, self.resolution, self.slidingWindow) = (options, resolution, slidingWindow)
    (self.pixelMean, self.pixelStandardDeviation) = (pixelMean, pixelStandardDeviation)
    // With one head any width is sound: what the tensors say is known before the numbers that they do not say.
    var shapesAlone = options
    (shapesAlone.heads, shapesAlone.textHeads, shapesAlone.pooling) = (1, 1, 1)
    shapesAlone.imageHeads = 1
    guard !options.ignoresConfiguration,
      let dimensions = Recognition(archive.tensors, options: shapesAlone, skipped: archive.skipped)
        .architecture
    else {
      evidence = nil
      for hyperparameter in Hyperparameter.allCases where given(hyperparameter) != nil {
        origins[hyperparameter] = .given
      }
      return
    }
    let files = ConfigurationFiles(of: archive)
    let evidence = HyperparameterEvidence(files.places, architecture: dimensions)
    self.evidence = evidence
    notes = files.notes + evidence.notes
    problems = evidence.unsupported.map { .unsupported($0) }
    for hyperparameter in Hyperparameter.all(of: dimensions) {
      choose(
        hyperparameter, evidence.findings(of: hyperparameter) + Self.findings(of: hyperparameter, in: archive)
      )
    }
  }

  /// What tensors without any effect say: OpenAI's files have the image size among their tensors, and QuickGELU.
  private static func findings(
    of hyperparameter: Hyperparameter, in archive: any TensorArchive
  ) -> [HyperparameterEvidence.Finding] {
    guard hyperparameter == .quickGELU,
      let mark = archive.tensors.first(where: { $0.name.split(separator: ".").last == "input_resolution" })
    else { return [] }
    return [
      HyperparameterEvidence.Finding(
        hyperparameter: .quickGELU, values: [1], place: "\(mark.name), a tensor of OpenAI's files")
    ]
  }

  private mutating func choose(
    _ hyperparameter: Hyperparameter, _ findings: [HyperparameterEvidence.Finding]
  ) {
    if let given = given(hyperparameter) {
      origins[hyperparameter] = .given
      for finding in findings where finding.values != given {
        notes.append(
          "\(hyperparameter.rawValue) \(Hyperparameter.text(of: given)) is used, \(finding.place) says \(Hyperparameter.text(of: finding.values))"
        )
      }
      return
    }
    guard let first = findings.first else { return }
    if let other = findings.first(where: { $0.values != first.values }) {
      let text =
        "\(hyperparameter.text): \(first.place) says \(Hyperparameter.text(of: first.values)), \(other.place) says \(Hyperparameter.text(of: other.values))"
      problems.append(.contradiction(option: hyperparameter.rawValue, text: text))
      return
    }
    origins[hyperparameter] = .found(place: first.place)
    take(hyperparameter, first.values)
    if hyperparameter == .pooling, first.values != [1] {
      notes.append(
        "pooling \(Hyperparameter.text(of: first.values)) is from \(first.place); the authors of SED and CAT-Seg train with 2 and evaluate with 1"
      )
    }
  }

  private func given(_ hyperparameter: Hyperparameter) -> [Float]? {
    switch hyperparameter {
    case .heads: architecture.heads.map { [Float($0)] }
    case .textHeads: architecture.textHeads.map { [Float($0)] }
    case .imageHeads: architecture.imageHeads.map { [Float($0)] }
    case .quickGELU: architecture.quickGELU.map { [$0 ? 1 : 0] }
    case .classLength: architecture.classLength.map { [Float($0)] }
    case .slidingWindow: slidingWindow.map { [Float($0)] }
    case .pooling: architecture.pooling.map { [Float($0)] }
    case .normEpsilon: architecture.normEpsilon.map { [$0] }
    case .resolution: resolution.map { [Float($0)] }
    case .pixelMean: pixelMean
    case .pixelStandardDeviation: pixelStandardDeviation
    }
  }

  private mutating func take(_ hyperparameter: Hyperparameter, _ values: [Float]) {
    switch hyperparameter {
    case .heads: architecture.heads = Int(values[0])
    case .textHeads: architecture.textHeads = Int(values[0])
    case .imageHeads: architecture.imageHeads = Int(values[0])
    case .quickGELU: architecture.quickGELU = values[0] != 0
    case .classLength: architecture.classLength = Int(values[0])
    case .slidingWindow: slidingWindow = Int(values[0])
    case .pooling: architecture.pooling = Int(values[0])
    case .normEpsilon: architecture.normEpsilon = values[0]
    case .resolution: resolution = Int(values[0])
    case .pixelMean: pixelMean = values
    case .pixelStandardDeviation: pixelStandardDeviation = values
    }
  }

  /// How each value is known, for a model with these dimensions.
  package func records(for dimensions: Architecture) -> [HyperparameterRecord] {
    Hyperparameter.all(of: dimensions).map {
      HyperparameterRecord(name: $0.rawValue, origin: origins[$0] ?? dimensions.defaultOrigin(of: $0))
    }
  }

  /// How the model's pictures are prepared, with defaults for what is not known.
  package func preprocessing(
    for dimensions: Architecture, topK: Int?, resizing: ImageResizing = .square
  ) -> Preprocessing {
    let usual = Preprocessing()
    return Preprocessing(
      pixelMean: pixelMean ?? usual.pixelMean,
      pixelStandardDeviation: pixelStandardDeviation ?? usual.pixelStandardDeviation,
      resolution: resolution ?? dimensions.defaultResolution, topK: topK, resizing: resizing,
      window: dimensions.aggregation == nil ? nil : slidingWindow ?? SlidingWindows.usualSide)
  }
}
