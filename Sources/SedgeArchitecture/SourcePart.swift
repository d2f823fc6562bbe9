// One of several files that together are a model.

package import SedgeTensor

/// The tensors that one of several files contributes to a model.
package struct SourcePart {
  /// How the file names tensors; `nil` where no name is known.
  package let naming: SourceNaming?
  /// The tensors that are, or may be, part of the model.
  package let tensors: [TensorInfo]
  /// One clause for each kind of tensors that were passed over.
  package let notes: [String]

  /// Examines a directory; reads no payload.
  ///
  /// - Parameter prefix: See ``ArchitectureOptions/prefix``; ignored for a file without such names.
  /// - Throws: ``ContractError`` where the file holds the same part twice, under several prefixes.
  package init(_ archive: any TensorArchive, prefix: String?) throws {
    var tensors = archive.tensors
    var passedOver: [String] = []
    if let prefix, !prefix.isEmpty, tensors.contains(where: { ModelChoice.isUnder(prefix, $0.name) }) {
      passedOver = tensors.map(\.name).filter { !ModelChoice.isUnder(prefix, $0) }
      tensors.removeAll { !ModelChoice.isUnder(prefix, $0.name) }
    }
    let candidates = SourceNaming.candidates(
      of: tensors.map(\.name) + archive.skipped.filter(\.isTensor).map(\.name))
    let sets = candidates.map { naming in
      Set(tensors.compactMap { naming.canonicalName($0.name) }.filter { KnownTensors.rank(of: $0) != nil })
    }
    let rivals = candidates.indices.filter { sets[$0] == sets.first }
    if rivals.count > 1 {
      let prefixes = ModelChoice.shortened(rivals.map { candidates[$0].prefix })
      throw ContractError(
        path: archive.path, model: nil,
        problems: zip(rivals, prefixes).map { index, prefix in
          ContractProblem(
            tensor: candidates[index].prefix,
            kind: .impossible("\(sets[index].count) tensors of the same names"),
            remedy: .choosePrefix([prefix]))
        },
        diagnosis: "holds the same part \(rivals.count) times", remedy: .choosePrefix(prefixes))
    }
    naming = candidates.first
    var unrelated: [UnrelatedTensor: [String]] = [:]
    for info in tensors {
      guard let naming, naming.canonicalName(info.name).map(ModelPath.isWindowMask) != true,
        let kind = UnrelatedTensor(info, own: naming.canonicalName(info.name), naming: naming),
        naming.canonicalName(info.name).map({ KnownTensors.rank(of: $0) == nil }) ?? true
      else { continue }
      unrelated[kind, default: []].append(info.name)
    }
    let names = Set(unrelated.values.joined())
    self.tensors = tensors.filter { !names.contains($0.name) }
    notes = UnrelatedTensor.notes(
      (passedOver.isEmpty ? [] : [("of other models or none, by the prefix", passedOver)])
        + unrelated.map { ($0.key.text, $0.value) }.sorted { $0.0 < $1.0 })
  }
}
