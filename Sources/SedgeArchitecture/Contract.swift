// Holding a file's directory against what the architecture calls for.

public import SedgeTensor

/// The tensors that a file must have, no more and no fewer.
public struct Contract: Sendable {
  /// The model's dimensions.
  public let architecture: Architecture
  /// How the file names tensors.
  public let naming: SourceNaming

  /// Problems after which no more likely names are looked for, which takes time.
  private static let largestSuggestionCount = 256

  /// Makes the contract of a model.
  public init(architecture: Architecture, naming: SourceNaming) {
    self.architecture = architecture
    self.naming = naming
  }

  /// Everything in which a directory breaks the contract, in the order of the forward pass, the unexpected last.
  public func problems(in tensors: [TensorInfo]) -> [ContractProblem] {
    let expected = architecture.checkpointTensors
    let found = Dictionary(tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let expectedNames = Set(expected.map { naming.fileName($0.name) })
    let strangers = tensors.filter { !expectedNames.contains($0.name) }
    var problems: [ContractProblem] = []
    for tensor in expected {
      let name = naming.fileName(tensor.name)
      guard let info = found[name] else {
        if tensor.isOptional { continue }
        problems.append(
          ContractProblem(
            tensor: name, kind: .missing(expected: tensor.shape),
            cause: problems.count < Self.largestSuggestionCount
              ? likelyName(of: name, shape: tensor.shape, among: strangers) : nil))
        continue
      }
      let isSingleNumber = tensor.shape.isEmpty && info.elementCount == 1
      if info.shape != tensor.shape, !isSingleNumber {
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
    return problems
  }

  private func likelyName(of name: String, shape: [Int], among strangers: [TensorInfo]) -> String? {
    let limit = max(3, name.utf8.count / 10)
    // Names cannot be nearer than their lengths are.
    let nearest = strangers.prefix(256).filter { abs($0.name.utf8.count - name.utf8.count) <= limit }
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
    if expected.filter({ $0 != 1 }) == found.filter({ $0 != 1 }) { return "differs in dimensions of 1 only" }
    if expected.reduce(1, *) == found.reduce(1, *) { return "the same number of elements" }
    return nil
  }

  private func cause(of stranger: TensorInfo) -> String? {
    let prefix = naming.prefix
    if stranger.name.hasPrefix("module.") != prefix.hasPrefix("module.") {
      return "other names \(prefix.hasPrefix("module.") ? "start" : "do not start") with module."
    }
    if !stranger.name.hasPrefix(prefix) { return "not under \(prefix)" }
    if stranger.name.hasSuffix("num_batches_tracked") || stranger.name.hasSuffix("attn_mask") {
      return "a buffer that the model does not need; remove it"
    }
    return nil
  }
}

/// The least number of bytes inserted, removed or replaced that makes one name of another (Levenshtein).
package func editDistance(_ a: String, _ b: String) -> Int {
  let (a, b) = (Array(a.utf8), Array(b.utf8))
  var row = Array(0...b.count)
  for (i, left) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, right) in b.enumerated() {
      let replaced = diagonal + (left == right ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
    }
  }
  return row[b.count]
}
