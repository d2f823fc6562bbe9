// The messages between a reader and the process that it reads for.

internal import SedgeTensor

/// The head of a message: its kind and the bytes behind it.
struct ReaderMessage {
  /// What a message is.
  enum Kind: UInt64 {
    // From the process that reads for.
    /// Asks for ``HDF5Contents``: the bytes of the file.
    case list = 1
    /// Asks for the pieces of a payload: an ``HDF5DataSet``, the first of its rows and the one after the last.
    case read
    /// Asks for ``text`` on what the wall refuses.
    case tryWall
    // From the reader.
    /// The first message: a text, the version, bytes of addresses, parts of the wall.
    case hello
    case contents
    /// Some bytes of a payload.
    case piece
    case failure
    case text
  }

  /// Bytes of the head.
  static let headByteCount = 16
  /// The version of these messages; one reader talks to the Sedge of the same version only.
  static let version = 2
  static let greeting = "sedge-hdf5-reader"
  /// The most bytes of a request, a greeting or an error.
  static let maximumByteCount = 1 << 16

  var kind: Kind
  var byteCount: Int

  /// Reads a head; `nil` where it is none.
  init?(head: [UInt8]) {
    var reader = MessageReader(head)
    guard let number = try? reader.integer(), let kind = Kind(rawValue: UInt64(truncatingIfNeeded: number)),
      let byteCount = try? reader.integer(), byteCount >= 0
    else { return nil }
    self.kind = kind
    self.byteCount = byteCount
  }

  /// A head and what is behind it.
  static func bytes(_ kind: Kind, _ body: [UInt8] = []) -> [UInt8] { head(kind, body.count) + body }

  /// A head.
  static func head(_ kind: Kind, _ byteCount: Int) -> [UInt8] {
    var writer = MessageWriter()
    writer.append(Int(kind.rawValue))
    writer.append(byteCount)
    return writer.bytes
  }
}

/// Writes the values of a message: integers of 64 bits, little-endian, and texts behind their lengths.
struct MessageWriter {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ value: Int) {
    for shift in stride(from: 0, to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  mutating func append(_ text: String) {
    append(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  mutating func append(_ values: [Int]) {
    append(values.count)
    for value in values { append(value) }
  }

  /// Appends values of one kind behind their number.
  mutating func append<Values: Collection>(
    _ values: Values, _ body: (Values.Element, inout MessageWriter) -> Void
  ) {
    append(values.count)
    for value in values { body(value, &self) }
  }
}

/// Reads the values of a message that is not trusted.
struct MessageReader {
  private var cursor: ByteCursor

  init(_ bytes: [UInt8]) { cursor = ByteCursor(bytes, part: "a message") }

  mutating func integer() throws(FormatError) -> Int { try cursor.integer(Int.self) }

  mutating func bool() throws(FormatError) -> Bool {
    let value = try integer()
    guard value == 0 || value == 1 else { throw cursor.fault(.malformed("a truth value of \(value)")) }
    return value == 1
  }

  mutating func text() throws(FormatError) -> String {
    let bytes = try cursor.bytes(try integer())
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw cursor.fault(.malformed("a text is not UTF-8"))
    }
    if text.hasEndlessMarks { throw cursor.fault(.endlessMarks("a text")) }
    return text
  }

  mutating func integers() throws(FormatError) -> [Int] {
    try values { reader throws(FormatError) in try reader.integer() }
  }

  /// Reads values behind their number, each of which takes 8 bytes or more.
  mutating func values<Value>(
    _ body: (inout MessageReader) throws(FormatError) -> Value
  ) throws(FormatError) -> [Value] {
    let count = try cursor.count(ofParts: 8)
    var values: [Value] = []
    for _ in 0..<count { values.append(try body(&self)) }
    return values
  }

  /// Makes sure that nothing is left.
  func end() throws(FormatError) {
    guard cursor.isAtEnd else { throw cursor.fault(.malformed("a message is too long")) }
  }
}
