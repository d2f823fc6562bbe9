// Which model a file contains, and with which dimensions, by names and shapes of its tensors.

package import SedgeTensor

/// The model that a file's directory describes, and every problem with it.
package struct Recognition: Sendable {
  /// How the file names tensors.
  package var naming: SourceNaming
  /// The dimensions; `nil` for a file of no known model.
  package var architecture: Architecture?
  /// Every difference between the directory and the architecture.
  package var problems: [ContractProblem]
  /// Names of tensors of parts that are not requested.
  package var omittedNames: [String] = []
  /// Names of tensors that are no part of the model and need none, by their kind.
  private var unrelated: [(kind: String, names: [String])] = []
  /// The likely reason of the problems, in one clause; `nil` where none is known.
  package var diagnosis: String?
  /// The way out; `nil` where none is known.
  package var remedy: Remedy?

  /// The published name of the model, `SED` or `CLIP ConvNeXt` where its dimensions are unknown, `nil` for no model.
  package var modelName: String?
  /// Whether a model was recognized and every tensor fits.
  package var fits: Bool { architecture != nil && problems.isEmpty }

  /// Names of tensors that are no part of the model.
  package var unrelatedNames: [String] { unrelated.flatMap(\.names) }

  /// One clause for each kind of tensors that were passed over.
  package var notes: [String] { UnrelatedTensor.notes(unrelated) + (idleNote.map { [$0] } ?? []) }
  /// Tensors without effect that the file does not have.
  private var idleNote: String?

  /// Recognizes the model in a directory; reads no payload.
  ///
  /// A file with both encoders is CLIP; with SED's decoder too, it is SED. Under SED's names a missing decoder is an
  /// error, unless the options omit it. Of several models the only complete one is taken; several complete ones are an
  /// error, unless the options choose.
  ///
  /// - Parameter skipped: The objects of the file that are not among these tensors.
  /// - Complexity: Linear in the bytes of the names, but for a sort of them.
  package init(
    _ tensors: [TensorInfo], options: ArchitectureOptions = ArchitectureOptions(),
    skipped: [SkippedObject] = []
  ) {
    let choice = ModelChoice(tensors, options: options, skipped: skipped)
    let attempt = choice.attempt
    naming = attempt.naming
    problems = []
    omittedNames = attempt.omittedNames
    if !choice.passedOver.isEmpty {
      unrelated.append(("of other models or none, by the prefix", choice.passedOver))
    }
    if let rivals = choice.rivals {
      modelName = attempt.modelName
      problems = rivals
      (diagnosis, remedy) = (choice.diagnosis, choice.remedy)
      return
    }
    take(attempt, options: options)
    if problems.isEmpty { return }
    (diagnosis, remedy) = Diagnosis.text(
      of: choice.tensors, skipped: skipped, attempt: attempt, problems: problems, options: options)
    // A diagnosis explains the problems better than a similar name does, or the lack of the rest of SED.
    guard diagnosis != nil else { return }
    for index in problems.indices
    where problems[index].remedy == .addOrOmitDecoder
      || problems[index].cause.map({
        $0.hasPrefix("did you mean") || $0.contains("use the whole checkpoint")
      }) == true
    {
      (problems[index].cause, problems[index].remedy) = (nil, nil)
    }
  }

  /// What stands for tensors without effect that a file does not have; `nil` where it has them.
  private func idleNote(of architecture: Architecture, in tensors: [TensorInfo]) -> String? {
    let idle = architecture.idleNames
    guard !idle.isEmpty else { return nil }
    let found = Set(tensors.map(\.name))
    let missing = architecture.checkpointTensors.flatMap(naming.stored).map(\.name)
      .filter { idle.contains($0) && !found.contains(naming.fileName($0)) }
    guard let first = missing.first else { return nil }
    return
      "not in the file: queries and keys of the image encoder's last block (\(naming.fileName(first)), ...), which have no effect in CAT-Seg; zeros stand for them"
  }

  /// Takes architecture and problems from the attempt that was chosen.
  private mutating func take(_ attempt: RecognitionAttempt, options: ArchitectureOptions) {
    guard attempt.hasImage, attempt.hasDecoder || (attempt.hasText && !attempt.needsDecoder(options)) else {
      problems = [Diagnosis.problem(of: attempt)]
      return
    }
    modelName = attempt.modelName
    guard attempt.hasText else {
      problems = [
        ContractProblem(
          tensor: naming.fileName(ModelPath.text.tokenEmbedding.name),
          kind: .impossible("not found, and nothing else of the text encoder"),
          cause: "the other parts are there; give the file with the text encoder too")
      ]
      return
    }
    architecture = attempt.architecture
    problems =
      attempt.problems.isEmpty
      ? attempt.obstacles
      : architecture.map { Contract(architecture: $0, naming: naming).problems(in: attempt.tensors) }
        ?? attempt.obstacles
    idleNote = architecture.flatMap { idleNote(of: $0, in: attempt.tensors) }
    for (kind, names) in attempt.unrelated.sorted(by: { $0.key.text < $1.key.text }) {
      unrelated.append((kind.text, names))
    }
  }
}
