// Objects that callers hold by opaque pointers.

import CSedge

/// An object of the interface; a subclass for each opaque type.
class Handle {
  /// The pointer for a caller, who owns it until ``release(_:)``.
  func retained() -> OpaquePointer { OpaquePointer(Unmanaged.passRetained(self).toOpaque()) }

  /// The object of a caller's pointer.
  static func object(_ pointer: OpaquePointer?, _ name: String) throws(CallError) -> Self {
    let pointer = try required(pointer, name)
    let handle = Unmanaged<Handle>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
    guard let object = handle as? Self else { throw .argument("\(name) is an object of another type") }
    return object
  }

  /// Ends a caller's ownership.
  static func release(_ pointer: OpaquePointer?) {
    guard let pointer = pointer else { return }
    Unmanaged<Handle>.fromOpaque(UnsafeRawPointer(pointer)).release()
  }
}

/// Makes an object for a caller: NULL stands behind its pointer after a failure.
func make(
  _ result: UnsafeMutablePointer<OpaquePointer?>?, _ name: String, _ body: () throws -> Handle
) -> sedge_status {
  call {
    let result = try required(result, name)
    result.pointee = nil
    result.pointee = try body().retained()
  }
}

/// Values in memory that stays where it is.
final class FixedArray<Element: BitwiseCopyable> {
  private let storage: UnsafeMutableBufferPointer<Element>

  /// Copies values.
  init(_ values: [Element]) {
    storage = .allocate(capacity: values.count)
    _ = storage.initialize(from: values)
  }

  deinit { storage.deallocate() }

  var count: Int { storage.count }

  /// The first value, for reading while the array lives.
  var pointer: UnsafePointer<Element>? { UnsafePointer(storage.baseAddress) }
}

/// A text in memory that stays where it is, with a zero behind it.
final class FixedText {
  private let bytes: FixedArray<CChar>

  init(_ text: String) { bytes = FixedArray(text.utf8CString.map(\.self)) }

  var pointer: UnsafePointer<CChar>? { bytes.pointer }
}
