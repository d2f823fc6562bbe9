// Memory that the kernels work on.

internal import CSedgeKernels

/// Numbers in memory, aligned for vectors; what they are at first is not defined.
///
/// Several threads may use one buffer, each a place of its own.
@safe package final class Buffer<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
  /// Elements.
  package private(set) var count: Int
  private let memory: UnsafeMutablePointer<Element>
  private let isOwner: Bool

  /// Takes the memory; traps where there is none.
  package init(count: Int) {
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard !overflow, let memory = unsafe sedge_allocate(byteCount) else {
      fatalError("no memory for \(count) numbers")
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

  /// A buffer with the values.
  package convenience init(_ values: [Element]) {
    self.init(count: values.count)
    set(0, to: values.span)
  }

  deinit { if isOwner { unsafe sedge_free(memory) } }

  /// Some elements' address; those that are not the buffer's trap.
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

  /// Makes elements 0.
  package func clear(_ start: Int, _ length: Int) {
    let byteCount = length * MemoryLayout<Element>.stride
    unsafe UnsafeMutableRawPointer(address(start, length)).initializeMemory(
      as: UInt8.self, repeating: 0, count: byteCount)
  }

  /// Copies elements of another buffer, or of another place of this one, to those from `start` on.
  package func copy(to start: Int, from other: Buffer, at place: Int, _ length: Int) {
    unsafe UnsafeMutableRawPointer(address(start, length)).copyMemory(
      from: other.address(place, length), byteCount: length * MemoryLayout<Element>.stride)
  }

  /// Some elements.
  package func values(_ start: Int, _ length: Int) -> [Element] {
    unsafe Array(UnsafeBufferPointer(start: address(start, length), count: length))
  }

  /// All elements.
  package var values: [Element] { values(0, count) }
}

extension Buffer {
  /// Takes the memory of an array, which must outlive the buffer.
  private convenience init(borrowing memory: UnsafeMutableBufferPointer<Element>) {
    if let base = memory.baseAddress {
      unsafe self.init(base, count: memory.count)
    } else {
      self.init(count: 0)
    }
  }

  /// Lends the array's memory to `body`, which must only read; what is kept of the buffer afterwards has no elements.
  package static func lending<Result>(_ values: [Element], _ body: (Buffer) -> Result) -> Result {
    unsafe values.withUnsafeBufferPointer { memory in
      let buffer = unsafe Buffer(borrowing: UnsafeMutableBufferPointer(mutating: memory))
      defer { buffer.count = 0 }
      return body(buffer)
    }
  }

  /// Lends the array's memory to `body`; what is kept of the buffer afterwards has no elements.
  static func lending<Result>(_ values: inout [Element], _ body: (Buffer) -> Result) -> Result {
    unsafe values.withUnsafeMutableBufferPointer { memory in
      let buffer = unsafe Buffer(borrowing: memory)
      defer { buffer.count = 0 }
      return body(buffer)
    }
  }

  /// An array all of whose elements `body` sets; what is kept of the buffer afterwards has no elements.
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
  /// Makes elements all the same.
  package func fill(_ start: Int, _ length: Int, with value: UInt8) {
    unsafe UnsafeMutableRawPointer(address(start, length)).initializeMemory(
      as: UInt8.self, repeating: value, count: length)
  }
}

/// What tensors are computed in.
package typealias FloatBuffer = Buffer<Float>

/// Gives memory that is no longer used back to the system: worth it after much was loaded and laid out anew.
package func returnFreeMemory() { sedge_return_memory() }

/// Buffers that are kept for the next time they are needed.
package final class BufferPool {
  private var free: [FloatBuffer] = []

  package init() {}

  /// A buffer of at least so many elements: the smallest free one that is not far too large, or a new one.
  package func take(_ count: Int) -> FloatBuffer {
    let fitting = free.indices.filter { (count...count + count / 4 + 1024).contains(free[$0].count) }
    guard let best = fitting.min(by: { free[$0].count < free[$1].count }) else {
      return FloatBuffer(count: count)
    }
    return free.remove(at: best)
  }

  /// Takes a buffer back.
  package func give(_ buffer: FloatBuffer) { free.append(buffer) }

  /// Lets go of the memory that is not in use.
  package func trim() { free = [] }
}
