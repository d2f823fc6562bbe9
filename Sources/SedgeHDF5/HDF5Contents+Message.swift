// The contents of a file as a reader tells them, and the checks of what it tells.

package import SedgeTensor

extension HDF5Contents {
  /// Bytes that the names and texts of a file may take, and their message.
  static func maximumByteCount(fileByteCount: Int) -> Int { min(16 << 20 + fileByteCount, 1 << 30) }

  /// The contents as a message.
  package var message: [UInt8] {
    var writer = MessageWriter()
    writer.append(dataSets) { $0.write(to: &$1) }
    writer.append(skipped) { object, writer in
      writer.append(object.name)
      writer.append(object.reason)
      writer.append(object.isTensor ? 1 : 0)
    }
    writer.append(unwritten) { $1.append($0) }
    writer.append(attributes) { attribute, writer in
      writer.append(attribute.key)
      writer.append(attribute.value)
    }
    return writer.bytes
  }

  /// Reads the contents of a file.
  ///
  /// - Throws: ``FormatError`` where the message is none, where two tensors have one name, or one is larger than the file
  ///   can make it.
  package init(message bytes: [UInt8], fileByteCount: Int) throws(FormatError) {
    var reader = MessageReader(bytes)
    dataSets = try reader.values { reader throws(FormatError) in try HDF5DataSet(from: &reader) }
    skipped = try reader.values { reader throws(FormatError) in
      SkippedObject(
        name: try reader.text(), reason: try reader.text(), isTensor: try reader.bool())
    }
    unwritten = try reader.values { reader throws(FormatError) in try reader.text() }
    let texts = try reader.values { reader throws(FormatError) in (try reader.text(), try reader.text()) }
    attributes = [String: String](texts) { first, _ in first }
    try reader.end()
    let expanded = saturatingProduct([fileByteCount], HDF5Storage.maximumExpansion)
    try check(maximumByteCount: max(expanded, HDF5Directory.maximumUnbackedByteCount))
  }

  /// Checks names and sizes, and bounds what reading may take.
  private mutating func check(maximumByteCount most: Int) throws(FormatError) {
    var names: Set<String> = []
    for (index, dataSet) in dataSets.enumerated() {
      dataSets[index].workingByteCount = min(dataSet.workingByteCount, most)
      guard names.insert(dataSet.info.name).inserted else {
        throw FormatError(.malformed("two tensors of one name, \(dataSet.info.name)"))
      }
      guard dataSet.info.byteCount <= most else {
        throw FormatError(.malformed("a tensor of \(dataSet.info.byteCount) bytes"))
      }
    }
  }
}

extension HDF5DataSet {
  /// Appends the data set to a message.
  func write(to writer: inout MessageWriter) {
    writer.append(info.name)
    writer.append(info.elementType.rawValue)
    writer.append(info.shape)
    writer.append(location)
    writer.append(workingByteCount)
  }

  /// Reads a data set out of a message.
  init(from reader: inout MessageReader) throws(FormatError) {
    let name = try reader.text()
    let type = try reader.text()
    let shape = try reader.integers()
    location = try reader.text()
    workingByteCount = try reader.integer()
    guard let elementType = ElementType(rawValue: type), workingByteCount >= 0,
      let info = TensorInfo(name: name, elementType: elementType, shape: shape)
    else { throw FormatError(.malformed("a tensor of \(type) and shape \(shapeText(shape))")) }
    self.info = info
  }
}
