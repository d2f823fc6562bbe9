// Reading a view of a storage, whatever its strides.

internal import SedgeTensor

/// The elements of one tensor in a file.
struct StoredView {
  var payload: StoredBytes
  var elementByteCount: Int
  /// The first element, counted in elements.
  var offset: Int
  var shape: [Int]
  var strides: [Int]
  /// Whether elements of several bytes begin with the highest.
  var isBigEndian = false

  /// Bytes that are read from the file at once for a view that has gaps or another order.
  private static let windowByteCount = 1 << 18

  /// Whether the elements follow each other row-major.
  var isContiguous: Bool {
    var expected = 1
    for (extent, stride) in zip(shape, strides).reversed() where extent != 1 {
      guard stride == expected else { return false }
      expected *= extent
    }
    return true
  }

  /// Whether rows are read without those before them.
  var readsRows: Bool {
    switch payload.coding {
    case .plain, .memory: isContiguous
    case .deflated, .text: false
    }
  }

  /// The elements between the first and the last, with both.
  private var spannedCount: Int {
    zip(shape, strides).reduce(1) { $0 + ($1.0 - 1) * $1.1 }
  }

  /// Refuses a view for which far more than its own elements would have to be inflated into memory.
  func check(byteCount: Int) throws(FormatError) {
    guard payload.isDeflated, byteCount > 0, !isContiguous else { return }
    guard spannedCount * elementByteCount <= 4 * byteCount + 1 << 20 else {
      throw FormatError(
        .unsupported("a sparse view of a deflated record", advice: "save tensor.contiguous()"))
    }
  }

  /// Copies the elements, row-major and as they are in the file.
  ///
  /// - Parameter destination: As many bytes as the elements have.
  func read(from file: InputFile, into destination: inout MutableRawSpan) throws(FormatError) {
    guard destination.byteCount > 0 else { return }
    if isContiguous {
      return try payload.read(from: file, at: offset * elementByteCount, into: &destination)
    }
    switch elementByteCount {
    case 1: try gather(UInt8.self, from: file, into: &destination)
    case 2: try gather(UInt16.self, from: file, into: &destination)
    case 4: try gather(UInt32.self, from: file, into: &destination)
    default: try gather(UInt64.self, from: file, into: &destination)
    }
  }

  /// A dimension of more than one element, with its step in the file and in the result.
  private struct Axis {
    var extent: Int
    var stride: Int
    var resultStride: Int
  }

  /// The dimensions in the order of the file, that of the longest steps first.
  private var axes: [Axis] {
    var axes: [Axis] = []
    var resultStride = 1
    for (extent, stride) in zip(shape, strides).reversed() {
      if extent != 1 { axes.append(Axis(extent: extent, stride: stride, resultStride: resultStride)) }
      resultStride *= extent
    }
    return axes.sorted { $0.stride > $1.stride }
  }

  /// The elements of a window: as many of the inner dimensions as are close together.
  private func windowCount(_ axes: [Axis]) -> Int {
    if payload.coding != .plain { return spannedCount }
    let limit = Self.windowByteCount / elementByteCount
    var count = 1
    for axis in axes.reversed() {
      guard axis.stride <= max(2 * count, 1024) else { break }
      let (span, overflow) = axis.stride.multipliedReportingOverflow(by: axis.extent - 1)
      if overflow || span >= limit - count { return limit }
      count += span
    }
    return count
  }

  /// Walks the file from front to back, as far as the strides allow, and puts every element in its place.
  private func gather<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ type: Bits.Type, from file: InputFile, into destination: inout MutableRawSpan
  ) throws(FormatError) {
    let axes = axes
    let windowCount = windowCount(axes)
    let end = offset + spannedCount
    var window: [UInt8] = []
    var windowStart = offset
    var index = [Int](repeating: 0, count: axes.count)
    var (source, result) = (offset, 0)
    while true {
      let place = (source - windowStart) * elementByteCount
      if place >= 0, place < window.count {
        let bits = unsafe window.span.bytes.littleEndian(at: place, as: Bits.self)
        destination.storeBytes(of: bits.littleEndian, toByteOffset: result * elementByteCount, as: Bits.self)
      } else {
        windowStart = source
        let last = min(source + windowCount, end)
        window = try payload.bytes(
          from: file, in: source * elementByteCount..<last * elementByteCount)
        continue
      }
      var axis = axes.count - 1
      while axis >= 0 {
        index[axis] += 1
        source += axes[axis].stride
        result += axes[axis].resultStride
        if index[axis] < axes[axis].extent { break }
        source -= axes[axis].stride * axes[axis].extent
        result -= axes[axis].resultStride * axes[axis].extent
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}

/// Reverses the bytes of every element.
func swapBytes(of elements: inout MutableRawSpan, elementByteCount: Int) {
  for start in stride(from: 0, to: elements.byteCount, by: elementByteCount) {
    for i in 0..<elementByteCount / 2 {
      let (low, high) = (start + i, start + elementByteCount - 1 - i)
      let byte = elements.bytes.littleEndian(at: low, as: UInt8.self)
      let other = elements.bytes.littleEndian(at: high, as: UInt8.self)
      elements.storeBytes(of: other, toByteOffset: low, as: UInt8.self)
      elements.storeBytes(of: byte, toByteOffset: high, as: UInt8.self)
    }
  }
}
