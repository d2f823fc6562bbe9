// The choice of one of the models in a file.

import SedgeTensor

/// The naming of the only complete model in a file, or those of several complete ones.
struct ModelChoice {
  /// The tensors that are examined.
  let tensors: [TensorInfo]
  /// Names of tensors that are not under the prefix.
  let passedOver: [String]
  /// The model that the tensors describe.
  let attempt: RecognitionAttempt
  /// One problem for each complete model, where there are several.
  var rivals: [ContractProblem]?
  /// Why no model is chosen, and the way out.
  var (diagnosis, remedy): (String?, Remedy?)

  init(_ tensors: [TensorInfo], options: ArchitectureOptions, skipped: [SkippedObject]) {
    let prefix = options.prefix
    let isTaken = { (name: String) in prefix.map { Self.isUnder($0, name) } ?? true }
    var taken = tensors.filter { isTaken($0.name) }
    let candidates = SourceNaming.candidates(
      of: taken.map(\.name) + skipped.filter { $0.isTensor && isTaken($0.name) }.map(\.name))
    let attempts = candidates.map { RecognitionAttempt(taken, naming: $0, options: options) }
    var whole = attempts.filter(\.isWhole)
    // A SED model is preferred to the CLIP in it, and to another CLIP in the file.
    if whole.contains(where: \.hasDecoder) { whole.removeAll { !$0.hasDecoder } }
    var chosen = whole.first ?? attempts.first
    if let prefix, let exact = attempts.first(where: { Self.isSame(prefix, $0.naming.prefix) }),
      whole.count > 1 || prefix.isEmpty
    {
      // One model's prefix may be the start of another's.
      let others = candidates.map(\.prefix).filter {
        $0 != exact.naming.prefix && $0.hasPrefix(exact.naming.prefix)
      }
      taken.removeAll { info in others.contains { info.name.hasPrefix($0) } }
      chosen = RecognitionAttempt(taken, naming: exact.naming, options: options)
      whole = []
    }
    self.tensors = taken
    let takenNames = Set(taken.map(\.name))
    passedOver = tensors.map(\.name).filter { !takenNames.contains($0) }
    attempt = chosen ?? RecognitionAttempt(taken, naming: .sed(), options: options)
    if taken.isEmpty, let prefix, !tensors.isEmpty {
      rivals = [
        ContractProblem(tensor: prefix, kind: .impossible("no name of a tensor starts with it"))
      ]
      (diagnosis, remedy) = ("holds nothing under the prefix \(prefix)", .listNames)
    } else if whole.count > 1 {
      let prefixes = Self.shortened(whole.map(\.naming.prefix))
      rivals = zip(whole, prefixes).map { attempt, prefix in
        ContractProblem(
          tensor: attempt.naming.prefix.isEmpty ? "(no prefix)" : attempt.naming.prefix,
          kind: .impossible("a whole \(attempt.modelName ?? "model")"), remedy: .choosePrefix([prefix]))
      }
      (diagnosis, remedy) =
        Diagnosis.rivals(among: tensors.map(\.name), prefixes: prefixes)
        ?? ("holds \(whole.count) whole models", .choosePrefix(prefixes))
    }
  }

  /// Whether a name starts with a prefix, apart from the parts that wrappers add to either.
  static func isUnder(_ prefix: String, _ name: String) -> Bool {
    let prefix = prefix.hasSuffix(".") ? String(prefix.dropLast()) : prefix
    if prefix.isEmpty || name.hasPrefix("\(prefix).") { return true }
    let bare = prefix.withoutWrappers
    return !bare.isEmpty && name.withoutWrappers.hasPrefix("\(bare).")
  }

  private static func isSame(_ prefix: String, _ other: String) -> Bool {
    let bare = { (prefix: String) in prefix.withoutWrappers.split(separator: ".") }
    return bare(prefix) == bare(other)
  }

  /// The prefixes without the end that all of them have in common.
  static func shortened(_ prefixes: [String]) -> [String] {
    var paths = prefixes.map { $0.withoutWrappers.split(separator: ".").map(String.init) }
    while let last = paths[0].last, paths.allSatisfy({ $0.count > 1 && $0.last == last }) {
      for index in paths.indices { paths[index].removeLast() }
    }
    return paths.map { $0.joined(separator: ".") }
  }
}
