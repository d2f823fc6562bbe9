// The C memory of messages being built.

internal import CSedgeSchema

/// Owns the memory of a message under construction, and frees it at once.
@safe final class MessageArena {
  private var blocks: [UnsafeMutableRawPointer] = unsafe []

  deinit {
    unsafe blocks.forEach { block in unsafe block.deallocate() }
  }

  /// A message that `initialize` (a generated `..._init`) has filled with defaults.
  func message<Message>(
    _ initialize: (UnsafeMutablePointer<Message>?) -> Void, _ fill: (inout Message) -> Void
  ) -> UnsafeMutablePointer<Message> {
    let pointer = UnsafeMutablePointer<Message>.allocate(capacity: 1)
    unsafe blocks.append(UnsafeMutableRawPointer(pointer))
    unsafe initialize(pointer)
    unsafe fill(&pointer.pointee)
    return unsafe pointer
  }

  /// The elements as a C array.
  func array<Element>(_ elements: [Element]) -> UnsafeMutablePointer<Element> {
    let pointer = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
    unsafe blocks.append(UnsafeMutableRawPointer(pointer))
    unsafe pointer.initialize(from: elements, count: elements.count)
    return unsafe pointer
  }

  /// The text as a C string.
  func string(_ text: String) -> UnsafeMutablePointer<CChar> {
    unsafe array(text.utf8CString.map { $0 })
  }

  /// The texts as a C array of C strings.
  func strings(_ texts: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
    unsafe array(texts.map { unsafe string($0) })
  }
}
