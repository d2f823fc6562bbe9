// The fields of a tensor checked against each other.

internal import SedgeTensor

extension TensorFields {
  /// The tensor, its shape and type checked against its elements.
  func stored(_ type: ElementType, _ reader: WireReader) throws(FormatError) -> StoredTensor {
    guard let info = TensorInfo(name: name, elementType: type, shape: shape) else {
      throw FormatError(.malformed("the shape \(shapeText(shape)) cannot be"))
    }
    guard !isSegmented else {
      throw FormatError(.unsupported("a tensor in segments", advice: "save the model anew with its data"))
    }
    let filled = typed.filter { $0.value.count > 0 }
    guard (raw == nil ? 0 : 1) + filled.count + (isExternal ? 1 : 0) <= 1 else {
      throw FormatError(.malformed("its elements are in more than one place"))
    }
    if isExternal { return StoredTensor(info: info, payload: try externalPayload(info)) }
    if let raw {
      guard raw.count == info.byteCount else {
        throw FormatError(
          .malformed(
            "raw_data has \(raw.count) bytes, \(shapeText(shape)) of \(type.rawValue) takes \(info.byteCount)"
          ), byteOffset: raw.lowerBound)
      }
      return StoredTensor(info: info, payload: .raw(byteOffset: raw.lowerBound))
    }
    return StoredTensor(info: info, payload: try typedPayload(info, filled))
  }

  private func typedPayload(
    _ info: TensorInfo, _ filled: [TypedField: (parts: [StoredTensor.TypedPart], count: Int)]
  ) throws(FormatError) -> StoredTensor.Payload {
    let field = info.elementType.typedField
    if let other = filled.keys.first, other != field {
      throw FormatError(
        .malformed("elements of type \(info.elementType.rawValue) are in \(other.name), not in \(field.name)")
      )
    }
    let (parts, count) = filled[field] ?? ([], 0)
    guard count == info.elementCount else {
      throw FormatError(
        .malformed("\(field.name) has \(count) elements, \(shapeText(shape)) takes \(info.elementCount)"))
    }
    return .typed(field, parts)
  }

  private func externalPayload(_ info: TensorInfo) throws(FormatError) -> StoredTensor.Payload {
    guard let location = external["location"] else {
      throw FormatError(.malformed("its external data has no location"))
    }
    let offset = try externalNumber("offset") ?? 0
    let length = try externalNumber("length") ?? info.byteCount
    guard length == info.byteCount else {
      throw FormatError(
        .malformed(
          "its external data has \(length) bytes, \(shapeText(shape)) of \(info.elementType.rawValue) takes "
            + "\(info.byteCount)"))
    }
    return .external(location: location, byteOffset: offset)
  }

  private func externalNumber(_ key: String) throws(FormatError) -> Int? {
    guard let text = external[key] else { return nil }
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(text) else {
      throw FormatError(.malformed("the \(key) of its external data is \(text.debugDescription)"))
    }
    return number
  }
}
