// The named contents of a checkpoint, as a flat tree.

internal import SedgeTensor

/// All tensors that can be reached from a checkpoint's outermost dictionary through keys that are texts, in their order.
struct TensorTree {
  /// A tensor, or another object.
  struct Item {
    enum Contents {
      case tensor(TorchTensor)
      /// Anything else: what it is, and whether it is made of tensors.
      case other(String, isTensor: Bool)
    }

    /// The keys from the outermost dictionary on, with dots between them.
    var name: String
    var contents: Contents

    var tensor: TorchTensor? { if case .tensor(let tensor) = contents { tensor } else { nil } }
  }

  /// A dictionary, or an object like one.
  struct Branch {
    /// The key that it is under.
    var key: String
    /// What the names of its items begin with.
    var prefix: String
    var parent: Int?
    var value: PickleValue
    /// Its items and those of all that nests in it.
    var range: Range<Int> = 0..<0
    /// Tensors in itself; arrays of NumPy's only where the checkpoint has no tensors of PyTorch's.
    var ownTensorCount = 0
    fileprivate var ownArrayCount = 0
    /// Whether a key of a tensor in itself has a dot, as the names of a state dict do.
    var isFlat = false
  }

  private(set) var items: [Item] = []
  /// Each before those that nest in it.
  private(set) var branches: [Branch] = []
  /// The entries of the outermost dictionary: names, and what they are.
  private(set) var rootEntries: [(name: String, kind: String)] = []

  private let heap: PickleHeap
  private var visitCount = 0
  private var nameByteCount = 0
  private var isTooDeep = false
  /// The number of tensors in front of each item.
  private var tensorCounts: [Int] = [0]

  /// How deep dictionaries may nest.
  static let maximumDepth = 32
  /// Bytes that all names may take.
  static let maximumNameByteCount = 1 << 25

  /// Walks through all that nests in a value.
  ///
  /// - Throws: ``FormatError`` (without a path) where there are more names than a model has, or no tensors but too deep
  ///   nesting.
  init(of root: PickleValue, in heap: PickleHeap) throws(FormatError) {
    self.heap = heap
    try add(root, key: "", prefix: "", parent: nil, depth: 1)
    for item in items { tensorCounts.append((tensorCounts.last ?? 0) + (item.tensor == nil ? 0 : 1)) }
    if !items.contains(where: { $0.tensor?.isArray == false }) {
      for branch in branches.indices { branches[branch].ownTensorCount = branches[branch].ownArrayCount }
    }
    if isTooDeep, count(0) == 0 {
      throw FormatError(.malformed("dictionaries nest deeper than \(Self.maximumDepth), or in themselves"))
    }
  }

  private mutating func add(
    _ value: PickleValue, key: String, prefix: String, parent: Int?, depth: Int
  ) throws(FormatError) {
    let branch = branches.count
    branches.append(Branch(key: key, prefix: prefix, parent: parent, value: value))
    let start = items.count
    for (key, value) in heap.members(of: value) ?? [] {
      let text = heap.text(of: key)
      let name = prefix + (text ?? nonText(key))
      visitCount += 1
      nameByteCount += name.utf8.count
      guard visitCount <= PickleLimits.valueCount, nameByteCount <= Self.maximumNameByteCount else {
        throw FormatError(.malformed("the names in nested dictionaries are more than a model has"))
      }
      if parent == nil { rootEntries.append((name, heap.kindText(of: value))) }
      guard let text else {
        skip(name, "\(heap.kindText(of: value)) under a key that is no text")
        continue
      }
      if case .tensor(let index) = value {
        if heap.tensors[index].isArray {
          branches[branch].ownArrayCount += 1
        } else {
          branches[branch].ownTensorCount += 1
        }
        if text.contains(".") { branches[branch].isFlat = true }
        items.append(Item(name: name, contents: .tensor(heap.tensors[index])))
      } else if heap.members(of: value) != nil, !isOptimizer(value) {
        guard depth < Self.maximumDepth else {
          isTooDeep = true
          skip(name, "a dictionary that nests too deep")
          continue
        }
        try add(value, key: text, prefix: name + ".", parent: branch, depth: depth + 1)
      } else {
        skip(name, value)
      }
    }
    branches[branch].range = start..<items.count
  }

  private mutating func skip(_ name: String, _ reason: String, isTensor: Bool = false) {
    items.append(Item(name: name, contents: .other(reason, isTensor: isTensor)))
  }

  /// Skips a value; a list of tensors, such as the packed weights of a quantized layer, is reported as tensors.
  private mutating func skip(_ name: String, _ value: PickleValue) {
    for case .tensor(let index) in heap.elements(of: value) ?? [] where !heap.tensors[index].isArray {
      let reason =
        if case .unread(let reason) = heap.tensors[index] { reason } else { "save them one by one" }
      return skip(name, "\(value.kindText) of tensors: \(reason)", isTensor: true)
    }
    skip(name, heap.kindText(of: value))
  }

  /// A key that is no text, as part of a name.
  private func nonText(_ key: PickleValue) -> String {
    if case .integer(let number) = key { String(number) } else { "(\(heap.kindText(of: key)))" }
  }

  /// Whether a value is the state of an optimizer, which may have the model's names.
  private func isOptimizer(_ value: PickleValue) -> Bool {
    guard case .dictionary(let index) = value else { return false }
    return heap.value("param_groups", in: index) != nil && heap.value("state", in: index) != nil
  }

  /// Tensors in a branch and in all that nests in it.
  func count(_ branch: Int) -> Int {
    tensorCounts[branches[branch].range.upperBound] - tensorCounts[branches[branch].range.lowerBound]
  }

  /// The last branch under a key.
  func child(of parent: Int, key: String) -> Int? {
    branches.lastIndex { $0.parent == parent && $0.key == key }
  }

  /// The part of a branch with most tensors, where it is a state dict and beside it, and beside those that are like it,
  /// there is nothing but bookkeeping.
  func dominant(in parent: Int) -> Int? {
    let children = branches.indices.filter { branches[$0].parent == parent }
    guard let best = children.max(by: { (count($0), -$0) < (count($1), -$1) }),
      count(best) > branches[parent].ownTensorCount, isStateDict(best)
    else { return nil }
    let ranges = ([best] + twins(of: best)).map { branches[$0].range }
    let hasArrays = items[branches[best].range].contains { $0.tensor?.isArray == true }
    for index in branches[parent].range where !ranges.contains(where: { $0.contains(index) }) {
      guard let tensor = items[index].tensor else { continue }
      guard tensor.isBookkeeping || (tensor.isArray && !hasArrays) else { return nil }
    }
    return best
  }

  /// Whether a branch, or the only one in it, has names with dots, or is a module.
  private func isStateDict(_ branch: Int) -> Bool {
    branches[branch].isFlat || heap.moduleMembers(of: branches[branch].value) != nil
      || branches.contains { isWithin($0, branch) && $0.isFlat }
  }

  private func isWithin(_ inner: Branch, _ outer: Int) -> Bool {
    inner.prefix.hasPrefix(branches[outer].prefix)
      && inner.range.lowerBound >= branches[outer].range.lowerBound
      && inner.range.upperBound <= branches[outer].range.upperBound
  }

  /// The branches, neither in `branch` nor around it, that hold mostly tensors of the same names and shapes; without
  /// those that hold the very same tensors.
  func twins(of branch: Int) -> [Int] {
    let range = branches[branch].range
    let own = signature(branch)
    let storages = identities(branch)
    var twins: [(branch: Int, common: Int)] = []
    for other in branches.indices where count(other) * 2 > count(branch) && count(other) < 2 * count(branch) {
      let otherRange = branches[other].range
      guard !otherRange.overlaps(range) else { continue }
      var rest = own
      var common = 0
      for (key, count) in signature(other) {
        let shared = min(count, rest[key] ?? 0)
        rest[key, default: 0] -= shared
        common += shared
      }
      guard common * 2 > max(count(branch), count(other)), !identities(other).isSubset(of: storages) else {
        continue
      }
      // An inner branch with all of the common tensors is the twin, without its siblings.
      if let around = twins.firstIndex(where: { branches[$0.branch].range.overlaps(otherRange) }) {
        if common == twins[around].common { twins[around].branch = other }
      } else {
        twins.append((other, common))
      }
    }
    return twins.map(\.branch)
  }

  /// How often which end of a name is of a tensor of which shape.
  private func signature(_ branch: Int) -> [String: Int] {
    var counts: [String: Int] = [:]
    for item in items[branches[branch].range] {
      guard let tensor = item.tensor else { continue }
      let end = item.name.split(separator: ".").suffix(2).joined(separator: ".")
      let shape = if case .view(let view) = tensor { shapeText(view.shape) } else { "" }
      counts["\(end) \(shape)", default: 0] += 1
    }
    return counts
  }

  /// Which elements of which storages its tensors are.
  private func identities(_ branch: Int) -> Set<String> {
    Set(
      items[branches[branch].range].enumerated().compactMap { index, item in
        switch item.tensor {
        case .view(let view) where view.storage.contents == nil:
          "\(view.storage.key) \(view.offset) \(view.shape) \(view.strides)"
        case nil: nil
        default: "\(branch) \(index)"
        }
      })
  }
}
