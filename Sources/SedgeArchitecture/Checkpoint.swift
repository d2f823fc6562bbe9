// A model file whose tensors are checked against the architecture.

package import SedgeTensor

/// A checkpoint that fits its architecture: the archive, and its tensors by the model's own names.
package final class Checkpoint {
  /// The file.
  package let archive: any TensorArchive
  /// The model's dimensions.
  package let architecture: Architecture
  /// How the file names tensors.
  package let naming: SourceNaming
  /// The tensors, in the order of the forward pass.
  package let tensors: [CheckpointTensor]
  /// Names of unexpected tensors, where these are ignored.
  package let ignoredNames: [String]
  /// Names of tensors of parts that are not requested.
  package let omittedNames: [String]
  /// Names of tensors that are no part of the model and need none.
  package let unrelatedNames: [String]
  /// One clause for each kind of tensors that were passed over.
  package let notes: [String]
  private let infos: [String: TensorInfo]
  private let idleNames: Set<String>
  private let byName: [String: CheckpointTensor]

  /// Recognizes the model in an archive and checks its directory.
  ///
  /// - Parameter ignoresUnexpected: Whether unexpected tensors are ignored.
  /// - Throws: ``ContractError`` with every problem.
  package init(
    _ archive: any TensorArchive, options: ArchitectureOptions = ArchitectureOptions(),
    ignoresUnexpected: Bool = false
  ) throws {
    let recognition = Recognition(archive.tensors, options: options, skipped: archive.skipped)
    let ignored = ignoresUnexpected ? recognition.problems.filter(\.isUnexpected) : []
    let problems = ignoresUnexpected ? recognition.problems.filter { !$0.isUnexpected } : recognition.problems
    guard let architecture = recognition.architecture, problems.isEmpty else {
      let shard = ShardName(path: archive.path)
      throw ContractError(
        path: archive.path, model: recognition.modelName,
        problems: problems.map { $0.explained(by: archive) },
        diagnosis: shard?.advice ?? recognition.diagnosis,
        remedy: shard == nil ? recognition.remedy : nil,
        hint: archive.notes.isEmpty ? nil : archive.notes.joined(separator: "; "))
    }
    self.ignoredNames = ignored.map(\.tensor)
    self.omittedNames = recognition.omittedNames
    self.unrelatedNames = recognition.unrelatedNames
    self.notes = recognition.notes
    self.archive = archive
    self.architecture = architecture
    let infos = Dictionary(archive.tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let naming = recognition.naming
    self.naming = naming
    let idleNames = architecture.idleNames
    self.idleNames = idleNames
    self.tensors = architecture.checkpointTensors.filter { tensor in
      naming.stored(tensor).allSatisfy {
        infos[naming.fileName($0.name)] != nil || idleNames.contains($0.name)
      }
    }
    self.infos = infos
    byName = Dictionary(tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// One tensor's values in PyTorch's order of dimensions; zeros for parts without effect that the file does not have.
  ///
  /// - Parameter name: The name without prefix; one that is not in ``tensors`` throws.
  package func values(_ name: String) throws(FormatError) -> Tensor {
    guard let tensor = byName[name] else {
      throw FormatError(.missingTensor(nearest: nil), path: archive.path, tensor: naming.fileName(name))
    }
    let parts = naming.stored(tensor)
    var values: [Float] = []
    for part in parts {
      guard let info = infos[naming.fileName(part.name)] else {
        if idleNames.contains(part.name) {
          values += [Float](repeating: 0, count: part.shape.reduce(1, *))
          continue
        }
        throw FormatError(
          .missingTensor(nearest: nil), path: archive.path, tensor: naming.fileName(part.name))
      }
      // The file may have dimensions of 1 more or fewer.
      let read = try archive.floats(info).reshaped(part.shape)
      let plain = naming.transposes(name) ? read.permuted([1, 0]) : read
      if parts.count == 1 { return plain }
      values += plain.values
    }
    return Tensor(shape: tensor.shape, values: values)
  }

  /// The tensors of the file that are one tensor of the model, by their names there.
  package func storedNames(of tensor: CheckpointTensor) -> [String] {
    naming.stored(tensor).map { naming.fileName($0.name) }.filter { infos[$0] != nil }
  }

  /// The logarithm of the factor that CLIP multiplies cosines with; `nil` where the checkpoint does not have it.
  package func logitScale() throws(FormatError) -> Float? {
    let name = ModelPath.logitScale.name
    return tensors.contains { $0.name == name } ? try values(name).values.first : nil
  }

  /// Reads every tensor and checks that its values are finite.
  ///
  /// - Parameter progress: Called after each tensor with the bytes read so far and in all.
  /// - Throws: ``ContractError`` with every tensor that has values that are not finite, or ``FormatError``.
  package func checkValues(progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }) throws {
    let byteCounts = tensors.map { tensor in
      storedNames(of: tensor).reduce(0) { $0 + (infos[$1]?.byteCount ?? 0) }
    }
    let total = byteCounts.reduce(0, +)
    var done = 0
    var problems: [ContractProblem] = []
    for (tensor, byteCount) in zip(tensors, byteCounts) {
      let values = try values(tensor.name).values
      var (count, first) = (0, 0)
      for (index, value) in values.enumerated() where !value.isFinite {
        if count == 0 { first = index }
        count += 1
      }
      if count > 0 {
        problems.append(
          ContractProblem(
            tensor: storedNames(of: tensor).joined(separator: ", "),
            kind: .nonFinite(count: count, firstIndex: first)))
      }
      done += byteCount
      try progress(done, total)
    }
    if !problems.isEmpty {
      throw ContractError(path: archive.path, model: architecture.name, problems: problems)
    }
  }
}
