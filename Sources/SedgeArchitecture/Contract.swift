// Checks a file's directory against the architecture.

package import SedgeTensor

/// The tensors that a file of a model must have, no more and no fewer.
package struct Contract: Sendable {
  /// The model's dimensions.
  package let architecture: Architecture
  /// How the file names tensors.
  package let naming: SourceNaming

  /// The number of problems beyond which no similar names are searched, which takes time.
  private static let largestSuggestionCount = 256

  /// Makes the contract of a model.
  package init(architecture: Architecture, naming: SourceNaming) {
    self.architecture = architecture
    self.naming = naming
  }

  /// Every problem of a directory, in the order of the forward pass, unexpected tensors last.
  package func problems(in tensors: [TensorInfo]) -> [ContractProblem] { examine(tensors).problems }

  /// Every problem of a directory, and its tensors that are no part of the model and no problem.
  ///
  /// - Parameter suggesting: Whether names similar to those of missing tensors are searched.
  func examine(
    _ tensors: [TensorInfo], suggesting: Bool = true
  ) -> (problems: [ContractProblem], unrelated: [UnrelatedTensor: [String]]) {
    let expected = architecture.checkpointTensors.flatMap(naming.stored)
    let found = Dictionary(tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let names = Dictionary(
      expected.map { (naming.fileName($0.name), $0.name) }, uniquingKeysWith: { first, _ in first })
    var strangers: [TensorInfo] = []
    var unrelated: [UnrelatedTensor: [String]] = [:]
    var twins: [String: [String]] = [:]
    let ownNames = Set(expected.map(\.name))
    for info in tensors where names[info.name] == nil {
      let own = naming.canonicalName(info.name)
      if let own, ownNames.contains(own), found[naming.fileName(own)] != nil {
        twins[own, default: []].append(info.name)
      } else if let kind = UnrelatedTensor(info, own: own, naming: naming) {
        unrelated[kind, default: []].append(info.name)
      } else {
        strangers.append(info)
      }
    }
    let idleNames = architecture.idleNames
    var problems: [ContractProblem] = []
    for tensor in expected {
      let name = naming.fileName(tensor.name)
      for twin in twins[tensor.name] ?? [] {
        problems.append(
          ContractProblem(
            tensor: name, kind: .impossible("is there twice, as \(twin) too"),
            cause: "the names differ only in parts that wrappers of modules add; keep one"))
      }
      guard let info = found[name] else {
        if tensor.isOptional || idleNames.contains(tensor.name) { continue }
        problems.append(
          ContractProblem(
            tensor: name, kind: .missing(expected: tensor.shape),
            cause: suggesting && problems.count < Self.largestSuggestionCount
              ? likelyName(of: name, shape: tensor.shape, among: strangers) : nil))
        continue
      }
      if !isSameOrder(info.shape, tensor.shape) {
        problems.append(
          ContractProblem(
            tensor: name, kind: .wrongShape(expected: tensor.shape, found: info.shape),
            cause: shapeCause(expected: tensor.shape, found: info.shape)))
      }
      if !info.elementType.isFloatingPoint {
        problems.append(ContractProblem(tensor: name, kind: .wrongType(found: info.elementType)))
      }
    }
    for stranger in strangers {
      problems.append(
        ContractProblem(
          tensor: stranger.name, kind: .unexpected(found: stranger.shape), cause: cause(of: stranger)))
    }
    return (problems, unrelated)
  }

  private func likelyName(of name: String, shape: [Int], among strangers: [TensorInfo]) -> String? {
    let limit = max(3, name.utf8.count / 10)
    // The distance of two names is at least the difference of their lengths.
    let nearest = strangers.prefix(256)
      .filter { abs($0.name.utf8.count - name.utf8.count) <= limit && isSameOrder($0.shape, shape) }
      .map { (info: $0, distance: editDistance($0.name, name)) }
      .min { $0.distance < $1.distance }
    guard let nearest, nearest.distance <= limit else { return nil }
    return "did you mean \(nearest.info.name), \(shapeText(nearest.info.shape))?"
  }

  private func shapeCause(expected: [Int], found: [Int]) -> String? {
    if expected.count == 2, found == expected.reversed() { return "transposed" }
    if expected.count == found.count, expected.sorted() == found.sorted() {
      return "its dimensions are in another order"
    }
    if expected.reduce(1, *) == found.reduce(1, *) { return "the same number of elements" }
    return nil
  }

  private func cause(of stranger: TensorInfo) -> String? {
    let prefix = naming.prefix
    return stranger.name.hasPrefix(prefix) || naming.canonicalName(stranger.name) != nil
      ? nil : "not under \(prefix)"
  }
}
