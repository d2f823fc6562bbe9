// Values that are put into lists, dictionaries and sets.

internal import SedgeTensor

extension PickleReader {
  /// Appends values to the list at the top of the stack.
  mutating func append(_ values: [PickleValue]) throws(FormatError) {
    switch try top() {
    case .list(let index): heap.sequences[index].append(contentsOf: values)
    case .object, .inert: break
    case let other: throw fault("values are appended to \(other.kindText)")
    }
  }

  /// Adds values to the set at the top of the stack.
  mutating func addItems(_ values: [PickleValue]) throws(FormatError) {
    switch try top() {
    case .set(let index): heap.sequences[index].append(contentsOf: values)
    case .object, .inert: break
    case let other: throw fault("values are added to \(other.kindText)")
    }
  }

  /// Sets keys of the dictionary at the top of the stack, or of an object that is made like one.
  mutating func setItems(_ entries: [(key: PickleValue, value: PickleValue)]) throws(FormatError) {
    switch try top() {
    case .dictionary(let index): heap.dictionaries[index].append(contentsOf: entries)
    case .object(let object):
      if let items = heap.objects[object].items {
        heap.dictionaries[items].append(contentsOf: entries)
      } else {
        heap.dictionaries.append(entries)
        heap.objects[object].items = heap.dictionaries.count - 1
      }
    case .inert: break
    case let other: throw fault("keys are set in \(other.kindText)")
    }
  }

  /// Keys and values that follow each other, as entries.
  func pairs(_ values: [PickleValue]) throws(FormatError) -> [(key: PickleValue, value: PickleValue)] {
    guard values.count.isMultiple(of: 2) else { throw fault("a dictionary has a key without a value") }
    return stride(from: 0, to: values.count, by: 2).map { (values[$0], values[$0 + 1]) }
  }
}
