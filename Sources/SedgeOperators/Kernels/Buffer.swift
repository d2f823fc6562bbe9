// The memory that kernels read and write.

internal import CSedgeKernels

/// A fixed number of elements in memory aligned for vector registers, initially undefined.
///
/// Several threads may use one buffer if they access disjoint elements.
@safe package final class Buffer<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
  /// The number of elements.
  package private(set) var count: Int
  private let memory: UnsafeMutablePointer<Element>
  private let isOwner: Bool

  /// Allocates the memory; traps where there is none.
  package init(count: Int) {
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard !overflow, let memory = unsafe sedge_allocate(byteCount) else {
      fatalError("cannot allocate \(count) elements of \(MemoryLayout<Element>.stride) bytes")
    }
    self.count = count
    unsafe self.memory = memory.bindMemory(to: Element.self, capacity: count)
    isOwner = true
  }

  private init(_ memory: UnsafeMutablePointer<Element>, count: Int) {
    self.count = count
    unsafe self.memory = memory
    isOwner = false
  }

  /// A copy of an array.
  package convenience init(_ values: [Element]) {
    self.init(count: values.count)
    set(0, to: values.span)
  }

  deinit { if isOwner { unsafe sedge_free(memory) } }

  /// The address of `length` elements from `start` on; traps unless they lie in the buffer.
  package func address(_ start: Int, _ length: Int) -> UnsafeMutablePointer<Element> {
    precondition(start >= 0 && length >= 0 && start <= count - length, "\(start) + \(length) of \(count)")
    return unsafe memory + start
  }

  /// One element.
  package subscript(index: Int) -> Element {
    get { unsafe address(index, 1).pointee }
    set { unsafe address(index, 1).pointee = newValue }
  }

  /// Copies values to the elements from `start` on.
  package func set(_ start: Int, to values: Span<Element>) {
    let target = unsafe UnsafeMutableRawPointer(address(start, values.count))
    unsafe values.withUnsafeBytes { source in
      guard let base = source.baseAddress else { return }
      unsafe target.copyMemory(from: base, byteCount: source.count)
    }
  }

  /// Sets elements to 0.
  package func clear(_ start: Int, _ length: Int) {
    let byteCount = length * MemoryLayout<Element>.stride
    unsafe UnsafeMutableRawPointer(address(start, length)).initializeMemory(
      as: UInt8.self, repeating: 0, count: byteCount)
  }

  /// Copies elements of another buffer, or of another place in this buffer, to the elements from `start` on.
  package func copy(to start: Int, from other: Buffer, at place: Int, _ length: Int) {
    unsafe UnsafeMutableRawPointer(address(start, length)).copyMemory(
      from: other.address(place, length), byteCount: length * MemoryLayout<Element>.stride)
  }

  /// A copy of `length` elements from `start` on.
  package func values(_ start: Int, _ length: Int) -> [Element] {
    unsafe Array(UnsafeBufferPointer(start: address(start, length), count: length))
  }

  /// A copy of all elements.
  package var values: [Element] { values(0, count) }
}

extension Buffer {
  /// Borrows an array's memory, which must outlive the buffer.
  private convenience init(borrowing memory: UnsafeMutableBufferPointer<Element>) {
    if let base = memory.baseAddress {
      unsafe self.init(base, count: memory.count)
    } else {
      self.init(count: 0)
    }
  }

  /// Lends the array's memory to `body`, which must only read; the buffer is empty afterwards.
  package static func lending<Result>(_ values: [Element], _ body: (Buffer) -> Result) -> Result {
    unsafe values.withUnsafeBufferPointer { memory in
      let buffer = unsafe Buffer(borrowing: UnsafeMutableBufferPointer(mutating: memory))
      defer { buffer.count = 0 }
      return body(buffer)
    }
  }

  /// Lends the array's memory to `body`; the buffer is empty afterwards.
  static func lending<Result>(_ values: inout [Element], _ body: (Buffer) -> Result) -> Result {
    unsafe values.withUnsafeMutableBufferPointer { memory in
      let buffer = unsafe Buffer(borrowing: memory)
      defer { buffer.count = 0 }
      return body(buffer)
    }
  }

  /// An array whose elements `body` sets, all of them; the buffer is empty afterwards.
  package static func array(count: Int, filledBy body: (Buffer) -> Void) -> [Element] {
    unsafe [Element](unsafeUninitializedCapacity: count) { memory, initializedCount in
      let buffer = unsafe Buffer(borrowing: UnsafeMutableBufferPointer(rebasing: memory[..<count]))
      defer { buffer.count = 0 }
      body(buffer)
      initializedCount = count
    }
  }
}

extension Buffer where Element == UInt8 {
  /// Sets elements to one value.
  package func fill(_ start: Int, _ length: Int, with value: UInt8) {
    unsafe UnsafeMutableRawPointer(address(start, length)).initializeMemory(
      as: UInt8.self, repeating: value, count: length)
  }
}

/// A buffer of tensor elements.
package typealias FloatBuffer = Buffer<Float>

/// Returns freed memory to the system, for use after weights were loaded and packed.
package func returnFreeMemory() { sedge_return_memory() }
