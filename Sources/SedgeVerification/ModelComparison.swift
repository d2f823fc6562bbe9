// The comparison of two models in any two formats, tensor by tensor.

import SedgeArchitecture
import SedgeCheckpoint
import SedgeContainer
import SedgeExport
import SedgeFolding
package import SedgeTensor

/// One comparison of two models: checkpoints or `.sedge` files.
///
/// Prefixes of names and the order of dimensions do not matter. Where one side is folded, the other is folded the same
/// way before the comparison.
public struct ModelComparison {
  /// A file of either kind.
  private enum ModelFile {
    case checkpoint(any TensorArchive, naming: SourceNaming, Architecture)
    case sedge(SedgeFile)

    var side: ModelDifference.Side {
      switch self {
      case .checkpoint(let archive, _, _):
        ModelDifference.Side(path: archive.path, formatName: archive.formatName)
      case .sedge(let file): ModelDifference.Side(path: file.path, formatName: ".sedge")
      }
    }

    /// Makes sure that all that was read is of the files that were opened.
    func requireUnchanged() throws(FormatError) {
      switch self {
      case .checkpoint(let archive, _, _): try archive.requireUnchanged()
      case .sedge(let file): try file.snapshot.requireUnchanged()
      }
    }

    var architecture: Architecture {
      switch self {
      case .checkpoint(_, _, let architecture): architecture
      case .sedge(let file): file.architecture
      }
    }
  }

  /// Both sides in one form.
  private typealias Sides = (
    form: ModelDifference.Form, first: [ComparedTensor], second: [ComparedTensor]
  )

  private let first: ModelFile
  private let second: ModelFile
  /// The numbers of elements of each model's tensors.
  package var elementCounts: [Int] { first.architecture.checkpointTensors.map { $0.shape.reduce(1, *) } }
  private let prefixes: (first: String?, second: String?)

  /// Opens two files and checks that they are models of the same dimensions.
  ///
  /// - Parameters:
  ///   - others: Files that complete the second one to a whole model.
  ///   - prefixes: The prefix of the model's names in each file, where a checkpoint has several models.
  /// - Throws: `FormatError` where a file cannot be read, `ContractError` where one is not a supported model,
  ///   ``UsageError`` where the dimensions differ.
  public init(
    _ first: String, _ second: String, and others: [String] = [],
    prefixes: (first: String?, second: String?) = (nil, nil)
  ) throws {
    self.prefixes = prefixes
    self.first = try Self.open([first], prefix: prefixes.first)
    self.second = try Self.open([second] + others, prefix: prefixes.second)
    try checkDimensions()
  }

  private static func open(_ paths: [String], prefix: String?) throws -> ModelFile {
    if paths.count == 1, SedgeFile.recognizes(try filePrefix(path: paths[0])) {
      return .sedge(try SedgeFile(path: paths[0]))
    }
    let archive = try openCheckpoint(paths: paths, prefix: prefix)
    // No tensor determines heads and pooling; one head divides every width.
    var oneHead = ArchitectureOptions(heads: 1, textHeads: 1, prefix: prefix)
    oneHead.imageHeads = 1
    let recognition = [ArchitectureOptions(prefix: prefix), oneHead].map {
      Recognition(archive.tensors, options: $0.applied(to: archive), skipped: archive.skipped)
    }
    guard let known = recognition.first(where: { $0.architecture != nil }),
      let architecture = known.architecture
    else {
      throw ContractError(
        path: archive.path, model: recognition[0].modelName,
        problems: recognition[0].problems.map { $0.explained(by: archive) },
        diagnosis: recognition[0].diagnosis, remedy: recognition[0].remedy)
    }
    return .checkpoint(archive, naming: known.naming, architecture)
  }

  private func checkDimensions() throws(UsageError) {
    // Some files lack the heads of early rejection, or the logit scale; the result lists these by tensor.
    let isNeeded = { (tensor: CheckpointTensor) in
      !tensor.isOptional && ModelPart(ofTensor: tensor.name) != .rejection
    }
    let (tensors, others) = (
      first.architecture.checkpointTensors.filter(isNeeded),
      second.architecture.checkpointTensors.filter(isNeeded)
    )
    let shapes = Dictionary(others.map { ($0.name, $0.shape) }, uniquingKeysWith: { first, _ in first })
    let known = Set(tensors.map(\.name))
    let odd =
      tensors.first { shapes[$0.name] != $0.shape }.map {
        "\($0.name) is \(shapeText($0.shape)) in one and \(shapes[$0.name].map(shapeText) ?? "missing") in the other"
      } ?? others.first { !known.contains($0.name) }.map { "\($0.name) is missing in one" }
    if let odd {
      throw UsageError(
        .differentDimensions(
          name: first.architecture.name, other: second.side.path, otherName: second.architecture.name,
          difference: odd), path: first.side.path)
    }
  }

  /// Reads and compares every tensor, one at a time.
  ///
  /// - Throws: `FormatError` where a tensor cannot be read, `ContractError` where a side would have to be folded or
  ///   unfolded and is no whole model.
  package func run(progress: @escaping ProgressHandler = { _ in }) throws -> ModelDifference {
    let progress = stopping(progress)
    let sides = try sides(progress: progress)
    let others = Dictionary(sides.second.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var tensors: [TensorDifference] = []
    for (index, tensor) in sides.first.enumerated() {
      tensors.append(try Self.difference(tensor, others[tensor.name]))
      try progress(.checking(Double(index + 1) / Double(sides.first.count)))
    }
    let known = Set(sides.first.map(\.name))
    for tensor in sides.second where !known.contains(tensor.name) {
      tensors.append(try Self.difference(nil, tensor))
    }
    try first.requireUnchanged()
    try second.requireUnchanged()
    return ModelDifference(
      first: first.side, second: second.side, architecture: first.architecture, form: sides.form,
      settings: try settings(), tensors: tensors)
  }

  // MARK: Forms

  private func sides(progress: (WorkProgress) throws -> Void) throws -> Sides {
    switch (first, second) {
    case (
      .checkpoint(let a, let naming, let architecture), .checkpoint(let b, let other, let otherArchitecture)
    ):
      return (
        .stored, [ComparedTensor](a, naming: naming, architecture: architecture),
        [ComparedTensor](b, naming: other, architecture: otherArchitecture)
      )
    case (.sedge(let a), .checkpoint(let b, _, _)):
      return try Self.sides(a, source: b, prefix: prefixes.second, progress: progress)
    case (.checkpoint(let a, _, _), .sedge(let b)):
      let sides = try Self.sides(b, source: a, prefix: prefixes.first, progress: progress)
      return (sides.form, sides.second, sides.first)
    case (.sedge(let a), .sedge(let b)):
      if a.foldState == b.foldState, a.absorbedNames == b.absorbedNames {
        return (.stored, [ComparedTensor](a), [ComparedTensor](b))
      }
      if !b.isFolded {
        return try Self.sides(a, source: UnfoldedCheckpoint(b), of: b, progress: progress)
      }
      if !a.isFolded {
        let sides = try Self.sides(
          b, source: UnfoldedCheckpoint(a), of: a, progress: progress)
        return (sides.form, sides.second, sides.first)
      }
      return (
        .original, [ComparedTensor](try UnfoldedCheckpoint(a), of: a),
        [ComparedTensor](try UnfoldedCheckpoint(b), of: b)
      )
    }
  }

  /// A `.sedge` file and a checkpoint folded like the file, or both unfolded where that is impossible; `other` is the
  /// `.sedge` file that the checkpoint was decoded from, if any.
  private static func sides(
    _ file: SedgeFile, source: any TensorArchive, prefix: String? = nil, of other: SedgeFile? = nil,
    progress: (WorkProgress) throws -> Void
  ) throws -> Sides {
    let dimensions = file.architecture
    let checkpoint = try Checkpoint(
      source,
      options: ArchitectureOptions(matching: dimensions, prefix: prefix).applied(to: source),
      ignoresUnexpected: true)
    let model = try FoldedModel(
      checkpoint, preprocessing: file.header.preprocessing, folding: file.isFolded
    ) { try progress(.folding(Double($0) / Double($1))) }
    guard model.foldState == file.foldState, Set(model.folds.flatMap(\.absorbedTensors)) == file.absorbedNames
    else {
      return (
        .original, [ComparedTensor](try UnfoldedCheckpoint(file), of: file),
        [ComparedTensor](source, naming: checkpoint.naming, architecture: checkpoint.architecture)
      )
    }
    return (
      file.isFolded ? .folded : .stored, [ComparedTensor](file), [ComparedTensor](model, of: other)
    )
  }

  // MARK: Tensors

  /// Compares a tensor that at least one side has.
  private static func difference(_ a: ComparedTensor?, _ b: ComparedTensor?) throws -> TensorDifference {
    var result = TensorDifference(
      name: a?.name ?? b?.name ?? "", shape: a?.shape ?? b?.shape ?? [], firstType: a?.type,
      secondType: b?.type, verdict: a == nil ? .onlyInSecond : b == nil ? .onlyInFirst : .otherShape)
    guard a?.isModel ?? false || b?.isModel ?? false else {
      result.verdict = .beside
      return result
    }
    guard let a, let b else {
      if result.name == ModelPath.logitScale.name { result.verdict = .beside }
      return result
    }
    let (first, second) = (try a.values(), try b.values())
    if first.shape == second.shape {
      let deviation = Deviation(reference: first.values, actual: second.values)
      result.deviation = deviation
      if deviation.largestAbsolute == 0 {
        result.verdict = .equal
      } else if try a.isExplained(first, second, deviation, other: b) {
        result.verdict = .rounding
      } else {
        result.verdict = .different
      }
    }
    guard result.verdict == .different || result.verdict == .otherShape else { return result }
    for order in exchanges(of: second.shape) where order.map({ second.shape[$0] }) == first.shape {
      let exchanged = second.permuted(order)
      let deviation = Deviation(reference: first.values, actual: exchanged.values)
      if try a.isExplained(first, exchanged, deviation, other: b, arranged: { $0.permuted(order) }) {
        result.verdict = .transposed
      }
    }
    return result
  }

  /// Orders of dimensions that programs confuse: a matrix's two, and the outputs and inputs of a convolution.
  private static func exchanges(of shape: [Int]) -> [[Int]] {
    switch shape.count {
    case 2: [[1, 0]]
    case 4: [[1, 0, 2, 3], [3, 1, 2, 0]]
    default: []
    }
  }

  // MARK: Settings

  /// The settings that differ.
  private func settings() throws(FormatError) -> [ModelDifference.Setting] {
    guard case .sedge(let a) = first, case .sedge(let b) = second else { return [] }
    let texts = { (header: SedgeHeader) in
      SedgeHeader.settings(header.preprocessing, header.architecture) + [
        (name: "templates", text: header.promptTemplates.joined(separator: "; "))
      ]
    }
    var settings = zip(texts(a.header), texts(b.header)).compactMap { mine, other in
      mine.text == other.text
        ? nil : ModelDifference.Setting(name: mine.name, first: mine.text, second: other.text)
    }
    // A file without text encoder has none.
    if let mine = try a.tokenizerBytes(), let others = try b.tokenizerBytes(), mine != others {
      settings.append(
        ModelDifference.Setting(
          name: "vocabulary", first: "\(mine.count) bytes of merges",
          second: "others, \(others.count) bytes"))
    }
    return settings
  }
}
