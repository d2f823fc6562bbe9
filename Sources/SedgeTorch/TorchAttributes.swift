// Arguments and configurations in a checkpoint.

internal import SedgeTensor

/// Integers and texts in those dictionaries of a checkpoint that hold no tensors.
struct TorchAttributes {
  private(set) var values: [String: String] = [:]

  private let heap: PickleHeap
  private var visitCount = 0

  /// How deep dictionaries of arguments nest, at most.
  private static let maximumDepth = 8
  /// The longest list of numbers that is one setting.
  private static let maximumListCount = 16

  /// Walks the dictionaries from the outermost; whatever else the checkpoint holds has none.
  init(of root: PickleValue, in heap: PickleHeap) {
    self.heap = heap
    if case .dictionary(let index) = root { add(index, prefix: "", depth: 1) }
  }

  private mutating func add(_ index: Int, prefix: String, depth: Int) {
    let entries = heap.dictionaries[index]
    let hasTensors = entries.prefix(StoredAttributes.maximumCount).contains {
      if case .tensor = $0.value { true } else { false }
    }
    guard depth <= Self.maximumDepth, !hasTensors else { return }
    for (key, value) in entries {
      visitCount += 1
      guard visitCount <= StoredAttributes.maximumCount else { return }
      guard case .string(let key) = key else { continue }
      let name = prefix + key
      switch value {
      case .dictionary(let index): add(index, prefix: name + ".", depth: depth + 1)
      case .object(let index):
        let object = heap.objects[index]
        if let index = object.items ?? object.attributes { add(index, prefix: name + ".", depth: depth + 1) }
      default:
        if let text = text(of: value), name.utf8.count + text.utf8.count <= Self.maximumTextByteCount {
          values[name] = text
        }
      }
    }
  }

  /// Of a key and its value; arguments are short.
  private static let maximumTextByteCount = 4096

  private func text(of value: PickleValue) -> String? {
    switch value {
    case .integer(let number): return String(number)
    case .string(let text): return text
    case .list(let index), .tuple(let index):
      let elements = heap.sequences[index]
      guard (1...Self.maximumListCount).contains(elements.count) else { return nil }
      let numbers = elements.compactMap { element -> String? in
        if case .integer(let number) = element { String(number) } else { nil }
      }
      return numbers.count == elements.count ? "[\(numbers.joined(separator: ", "))]" : nil
    default: return nil
    }
  }
}
