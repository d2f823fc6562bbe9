// The choice of the model's tensors in a checkpoint.

internal import SedgeTensor

/// The tensors of the model, or of the models, in a checkpoint by their dotted names, and the other objects.
struct StateDict {
  private(set) var tensors: [(name: String, tensor: TorchTensor)] = []
  private(set) var skipped: [SkippedObject] = []
  private(set) var notes: [String] = []

  /// Keys under which training programs put a model, and which are no part of its names.
  static let keys = ["model", "state_dict", "model_state", "model_state_dict", "module"]

  /// Chooses the dictionary that is the model, and those that hold the same model once more.
  ///
  /// It is the one with most tensors under ``keys``, the earlier key winning a tie; else the one whose siblings are
  /// only single numbers and integers, such as counters and random states; else the outermost. Its names begin behind a
  /// key of ``keys``, unless another dictionary holds mostly tensors of the same names and shapes, as moving averages
  /// of the weights do: then both are listed, with their keys before their names. What is the same tensors twice is
  /// listed once.
  ///
  /// - Throws: ``FormatError`` (without a path) where the outermost value is no dictionary, or dictionaries nest beyond
  ///   all use.
  init(of root: PickleValue, in heap: PickleHeap) throws(FormatError) {
    guard heap.members(of: root) != nil else {
      switch root {
      case .global(.object(let name)): throw Self.refusal("the Python object \(name)")
      case .object(let index): throw Self.refusal("the Python object \(heap.objects[index].name)")
      default:
        throw Self.refusal("\(heap.kindText(of: root)) in the place of a dictionary of tensors")
      }
    }
    let tree = try TensorTree(of: root, in: heap)
    let (model, hasKnownKey) = Self.model(in: tree)
    let twins = model == 0 ? [] : tree.twins(of: model)
    let prefix = twins.isEmpty && hasKnownKey ? tree.branches[model].prefix : ""
    for branch in [model] + twins { add(tree, branch, prefix) }
    if model != 0 { skipOthers(than: [model] + twins, tree) }
    if heap.moduleMembers(of: tree.branches[model].value) != nil {
      notes.append(
        "a whole module was saved, \(heap.kindText(of: tree.branches[model].value)): its parameters and buffers are read, its code is not"
      )
    }
  }

  private static func refusal(_ what: String) -> FormatError {
    FormatError(.unsupported(what, advice: TorchAdvice.saveStateDict))
  }

  /// The branch that is the model, and whether it is one by its key.
  private static func model(in tree: TensorTree) -> (branch: Int, hasKnownKey: Bool) {
    var best: Int?
    for key in keys {
      guard let branch = tree.child(of: 0, key: key), tree.count(branch) > 0 else { continue }
      if best.map({ tree.count(branch) > tree.count($0) }) ?? true { best = branch }
    }
    if let best, tree.count(best) >= tree.branches[0].ownTensorCount { return (best, true) }
    var branch = 0
    while let next = tree.dominant(in: branch) { branch = next }
    return (branch, false)
  }

  private mutating func add(_ tree: TensorTree, _ branch: Int, _ prefix: String) {
    for item in tree.items[tree.branches[branch].range] {
      let name = String(item.name.dropFirst(prefix.count))
      switch item.contents {
      case .tensor(let tensor): tensors.append((name, tensor))
      case .other(let reason, let isTensor):
        skipped.append(SkippedObject(name: name, reason: reason, isTensor: isTensor))
      }
    }
  }

  /// Lists the entries outside of the chosen branches as skipped.
  private mutating func skipOthers(than listed: [Int], _ tree: TensorTree) {
    for entry in tree.rootEntries {
      let holds = listed.contains { tree.branches[$0].prefix.hasPrefix(entry.name + ".") }
      if !holds { skipped.append(SkippedObject(name: entry.name, reason: "\(entry.kind) beside the model")) }
    }
  }
}
