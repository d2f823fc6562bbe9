// Protocol Buffers' wire format, walked in a file that is not trusted.

internal import SedgeTensor

/// Reads the fields of messages one after another, through a window on the file.
///
/// What is long is not read but located. Nothing is recursive, so nesting in the file cannot exhaust the stack.
///
/// Source: the Protocol Buffers documentation, "Encoding".
final class WireReader {
  /// The file.
  let file: InputFile
  private let window: ByteWindow
  private var textBudget = maximumTextByteCount

  /// Bytes of names and metadata that are kept of one file.
  static let maximumTextByteCount = 1 << 28

  /// Reads a file from its start.
  init(_ file: InputFile) {
    self.file = file
    window = ByteWindow(file)
  }

  /// The message that fills a range of the file.
  func message(_ type: String, in extent: Range<Int>) -> WireMessage {
    WireMessage(type: type, cursor: ByteCursor(window, extent, part: type))
  }

  /// The next field of a message, `nil` at its end.
  func nextField(of message: inout WireMessage) throws(FormatError) -> WireField? {
    guard !message.cursor.isAtEnd else { return nil }
    let start = message.cursor.byteOffset
    let tag = try varint(in: &message)
    guard tag >> 3 > 0, tag >> 3 < 1 << 29 else {
      throw FormatError(
        .malformed("\(message.type) has a field of number \(tag >> 3), which cannot be"), byteOffset: start)
    }
    let number = Int(tag >> 3)
    let value: WireField.Value
    var byteCount = 0
    let valueOffset = message.cursor.byteOffset
    switch tag & 7 {
    case 0: value = .varint(try varint(in: &message))
    case 1: (value, byteCount) = (.fixed64, 8)
    case 2:
      value = .bytes
      byteCount = Int(clamping: try varint(in: &message))
    case 3, 4: throw fault("is a group, which ONNX does not have", number, of: message, at: start)
    case 5: (value, byteCount) = (.fixed32, 4)
    default: throw fault("has the unknown wire type \(tag & 7)", number, of: message, at: start)
    }
    let payloadOffset = if case .varint = value { valueOffset } else { message.cursor.byteOffset }
    guard byteCount <= message.cursor.remaining else {
      throw pastEnd(
        "field \(number) of \(message.type) claims \(byteCount) bytes", byteCount, of: message, at: start)
    }
    try message.cursor.skip(byteCount)
    let end = message.cursor.byteOffset
    return WireField(number: number, value: value, payload: payloadOffset..<end, extent: start..<end)
  }

  /// One varint, at most ten bytes.
  func varint(in message: inout WireMessage) throws(FormatError) -> UInt64 {
    let start = message.cursor.byteOffset
    var result: UInt64 = 0
    for index in 0..<10 {
      guard !message.cursor.isAtEnd else {
        throw pastEnd("a varint in \(message.type) does not end", 1, of: message, at: start)
      }
      let byte = try message.cursor.byte()
      if index == 9, byte > 1 { break }
      result |= UInt64(byte & 0x7F) << (7 * UInt64(index))
      if byte & 0x80 == 0 { return result }
    }
    throw FormatError(
      .malformed("a varint in \(message.type) has more than 64 bits"), byteOffset: start)
  }

  /// The bytes of a value as text.
  ///
  /// - Parameter limit: The most bytes that such a text may have.
  func text(_ range: Range<Int>, _ what: String, limit: Int = 1 << 16) throws(FormatError) -> String {
    guard range.count <= limit else {
      throw FormatError(
        .malformed("\(what) has \(range.count) bytes, more than the \(limit) allowed"),
        byteOffset: range.lowerBound)
    }
    textBudget -= range.count + 16
    guard textBudget >= 0 else {
      throw FormatError(
        .malformed("its names take more than \(Self.maximumTextByteCount) bytes"),
        byteOffset: range.lowerBound)
    }
    guard let text = String(validating: try window.bytes(in: range), as: UTF8.self) else {
      throw FormatError(.malformed("\(what) is not UTF-8"), byteOffset: range.lowerBound)
    }
    if text.hasEndlessMarks { throw FormatError(.endlessMarks(what), byteOffset: range.lowerBound) }
    return text
  }

  /// The number of varints that fill a range; the last must end with it.
  func varintCount(in range: Range<Int>, _ what: String) throws(FormatError) -> Int {
    var count = 0
    var last: UInt8 = 0
    for byteOffset in range {
      last = try window.byte(at: byteOffset)
      if last & 0x80 == 0 { count += 1 }
    }
    guard last & 0x80 == 0 else {
      throw FormatError(.malformed("\(what) ends within a varint"), byteOffset: range.lowerBound)
    }
    return count
  }

  private func fault(
    _ what: String, _ number: Int, of message: WireMessage, at byteOffset: Int
  ) -> FormatError {
    FormatError(.malformed("field \(number) of \(message.type) \(what)"), byteOffset: byteOffset)
  }

  /// What reaches past the file's end is cut short; past that of the message around it, malformed.
  private func pastEnd(
    _ what: String, _ byteCount: Int, of message: WireMessage, at byteOffset: Int
  ) -> FormatError {
    guard message.cursor.end == file.byteCount else {
      return FormatError(
        .malformed("\(what), more than the message has"), byteOffset: byteOffset)
    }
    let (end, overflow) = message.cursor.byteOffset.addingReportingOverflow(byteCount)
    return FormatError(
      .truncated(expectedBytes: overflow ? Int.max : end, actualBytes: file.byteCount), byteOffset: byteOffset
    )
  }
}

extension WireReader {
  /// The field's integer; another wire type throws.
  func integer(_ field: WireField, _ what: String) throws(FormatError) -> Int {
    guard case .varint(let bits) = field.value else { throw wrongType(field, what) }
    return Int(truncatingIfNeeded: bits)
  }

  /// Where the field's bytes are; another wire type throws.
  func bytes(_ field: WireField, _ what: String) throws(FormatError) -> Range<Int> {
    guard case .bytes = field.value else { throw wrongType(field, what) }
    return field.payload
  }

  /// The field's text; another wire type throws.
  func text(_ field: WireField, _ what: String) throws(FormatError) -> String {
    try text(try bytes(field, what), what)
  }

  func wrongType(_ field: WireField, _ what: String) -> FormatError {
    FormatError(
      .malformed("\(what) has the wrong wire type"), byteOffset: field.extent.lowerBound)
  }
}
