// What callers pass, checked.

import CSedge

/// The value behind an argument that must not be NULL.
func required<Value>(_ argument: Value?, _ name: String) throws(CallError) -> Value {
  guard let argument else { throw .argument("\(name) is NULL") }
  return argument
}

/// A text of the caller.
///
/// - Throws: ``CallError`` where it is no UTF-8.
func text(_ pointer: UnsafePointer<CChar>?, _ name: String) throws(CallError) -> String {
  guard let text = String(validatingCString: try required(pointer, name)) else {
    throw .argument("\(name) is no UTF-8")
  }
  return text
}

/// The struct that a caller passed, of which an earlier version may have had fewer members.
///
/// - Parameters:
///   - defaults: The values of members that the caller's version does not have.
///   - size: The member `struct_size`.
func options<Options: BitwiseCopyable>(
  _ pointer: UnsafePointer<Options>?, defaults: Options, _ name: String
) throws(CallError) -> Options {
  guard let pointer = pointer else { return defaults }
  let bytes = UnsafeRawPointer(pointer)
  let size = bytes.load(as: Int.self)
  try checkSize(size, of: Options.self, name)
  var result = defaults
  withUnsafeMutableBytes(of: &result) { destination in
    destination.copyMemory(
      from: UnsafeRawBufferPointer(start: bytes, count: min(size, destination.count)))
  }
  return result
}

/// Fills the struct of a caller, of which an earlier version may have had fewer members; `struct_size` stays.
func fill<Values: BitwiseCopyable>(
  _ pointer: UnsafeMutablePointer<Values>?, with values: Values, _ name: String
) throws(CallError) {
  let pointer = try required(pointer, name)
  let bytes = UnsafeMutableRawPointer(pointer)
  let size = bytes.load(as: Int.self)
  try checkSize(size, of: Values.self, name)
  withUnsafeBytes(of: values) { source in
    // The caller's size stays.
    let members = source[MemoryLayout<Int>.size..<min(size, source.count)]
    let destination = UnsafeMutableRawBufferPointer(start: bytes, count: size)
    destination[MemoryLayout<Int>.size...].copyBytes(from: members)
  }
}

/// A size of 0 or a thousand bytes was not set by a macro of the header.
private func checkSize(_ size: Int, of type: Any.Type, _ name: String) throws(CallError) {
  guard (MemoryLayout<Int>.size...1024).contains(size) else {
    throw .argument("\(name)->struct_size is \(size): initialize \(name) by its macro in sedge.h")
  }
}
