// Finding the model's tensors among what a checkpoint holds.

internal import SedgeTensor

/// The tensors of one dictionary by their dotted names, and what else there is.
struct StateDict {
  private(set) var tensors: [(name: String, tensor: TorchTensor)] = []
  private(set) var skipped: [(name: String, reason: String)] = []

  private let heap: PickleHeap
  private var visitCount = 0
  private var nameByteCount = 0

  /// Keys under which training programs put a model.
  static let keys = ["model", "state_dict", "model_state", "model_state_dict", "module"]
  /// How deep dictionaries may nest.
  static let maximumDepth = 32
  /// Bytes that all names may take.
  static let maximumNameByteCount = 1 << 25

  /// Chooses the dictionary with most tensors: those under ``keys``, or the outermost by the tensors in itself.
  ///
  /// The earlier key wins a tie. Where none holds a tensor it is the outermost, with all that nests in it.
  ///
  /// - Throws: ``FormatError`` (without a path) where the outermost value is no dictionary, or dictionaries nest beyond
  ///   all use.
  init(of root: PickleValue, in heap: PickleHeap) throws(FormatError) {
    guard case .dictionary(let rootIndex) = root else {
      throw FormatError(.malformed("the pickle holds \(root.kindText), expected a dictionary of tensors"))
    }
    let entries = heap.dictionaries[rootIndex]
    var best: StateDict?
    var bestKey = ""
    for key in Self.keys {
      guard case .dictionary(let index)? = entries.last(where: { $0.key.isString(key) })?.value else {
        continue
      }
      let candidate = try StateDict(dictionary: index, in: heap)
      if candidate.tensors.count > best?.tensors.count ?? 0 { (best, bestKey) = (candidate, key) }
    }
    let ownCount = entries.count { if case .tensor = $0.value { true } else { false } }
    guard let best, best.tensors.count >= ownCount else {
      self = try StateDict(dictionary: rootIndex, in: heap)
      return
    }
    self = best
    for (key, value) in entries where !key.isString(bestKey) {
      skipped.append((key.nameText, "\(value.kindText) beside the model"))
    }
  }

  /// Lists a dictionary and those that nest in it.
  private init(dictionary index: Int, in heap: PickleHeap) throws(FormatError) {
    self.heap = heap
    try add(index, prefix: "", depth: 1)
  }

  private mutating func add(_ index: Int, prefix: String, depth: Int) throws(FormatError) {
    guard depth <= Self.maximumDepth else {
      throw FormatError(.malformed("dictionaries nest deeper than \(Self.maximumDepth), or in themselves"))
    }
    for (key, value) in heap.dictionaries[index] {
      let name = prefix + key.nameText
      visitCount += 1
      nameByteCount += name.utf8.count
      guard visitCount <= PickleReader.maximumValueCount, nameByteCount <= Self.maximumNameByteCount else {
        throw FormatError(.malformed("the names in nested dictionaries are more than a model has"))
      }
      switch (key, value) {
      case (.string, .tensor(let index)): tensors.append((name, heap.tensors[index]))
      case (.string, .dictionary(let index)): try add(index, prefix: name + ".", depth: depth + 1)
      case (.string, _): skipped.append((name, value.kindText))
      default: skipped.append((name, "\(value.kindText) under a key that is no text"))
      }
    }
  }
}

extension PickleValue {
  fileprivate func isString(_ text: String) -> Bool {
    if case .string(text) = self { true } else { false }
  }

  /// A key as part of a name.
  fileprivate var nameText: String {
    switch self {
    case .string(let text): text
    case .integer(let number): String(number)
    default: "(\(kindText))"
    }
  }
}
