// Errors that a reader reports.

internal import SedgeTensor

extension FormatError {
  private enum Code: Int {
    case malformed, cannotRead, unsupported, truncated, outOfMemory
  }

  /// The error as a message: its kind and the tensor; the reader knows no path.
  var message: [UInt8] {
    var writer = MessageWriter()
    writer.append(tensor.map { [$0] } ?? []) { $1.append($0) }
    let append = { (code: Code, texts: [String], numbers: [Int]) in
      writer.append(code.rawValue)
      writer.append(texts) { $1.append(String($0.prefix(4096))) }
      writer.append(numbers)
    }
    switch kind {
    case .malformed(let what): append(.malformed, [what], [])
    case .cannotRead(let reason): append(.cannotRead, [reason], [])
    case .unsupported(let what, let advice): append(.unsupported, [what, advice], [])
    case .truncated(let expected, let actual): append(.truncated, [], [expected, actual])
    case HDF5Library.outOfMemory.kind: append(.outOfMemory, [], [])
    default: append(.cannotRead, [description], [])
    }
    return writer.bytes
  }

  /// Reads an error of a reader.
  ///
  /// - Throws: ``FormatError`` where the message is none.
  init(message bytes: [UInt8]) throws(FormatError) {
    var reader = MessageReader(bytes)
    let tensor = try reader.values { reader throws(FormatError) in try reader.text() }.first
    let code = Code(rawValue: try reader.integer())
    let texts = try reader.values { reader throws(FormatError) in try reader.text() }
    let numbers = try reader.integers()
    try reader.end()
    let kind: Kind
    switch (code, texts.count, numbers.count) {
    case (.malformed, 1, 0): kind = .malformed(texts[0])
    case (.cannotRead, 1, 0): kind = .cannotRead(reason: texts[0])
    case (.unsupported, 2, 0): kind = .unsupported(texts[0], advice: texts[1])
    case (.truncated, 0, 2): kind = .truncated(expectedBytes: numbers[0], actualBytes: numbers[1])
    case (.outOfMemory, 0, 0): kind = HDF5Library.outOfMemory.kind
    default: throw FormatError(.malformed("an error of no kind"))
    }
    self.init(kind, tensor: tensor)
  }
}
