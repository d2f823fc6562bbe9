// The places where a matrix product reads and writes.

internal import CSedgeKernels

extension Kernels {
  /// The input rows of a matrix product: row i is `runCount` runs of `runLength` values, `runStride` apart, the first run at
  /// `start + i * stride`.
  ///
  /// A linear layer has one run; a K x K convolution has K runs, one for each line of its kernel.
  package struct Rows<Element: BitwiseCopyable & Sendable> {
    package var buffer: Buffer<Element>
    package var start: Int
    package var stride: Int
    package var runCount: Int
    package var runLength: Int
    package var runStride: Int

    package init(
      _ buffer: Buffer<Element>, at start: Int = 0, stride: Int, runCount: Int = 1, runLength: Int,
      runStride: Int = 0
    ) {
      (self.buffer, self.start, self.stride) = (buffer, start, stride)
      (self.runCount, self.runLength, self.runStride) = (runCount, runLength, runStride)
    }

    /// The address of the first row; traps unless all rows lie in the buffer.
    func address(_ rowCount: Int) -> UnsafeMutablePointer<Element> {
      precondition(rowCount > 0 && stride >= 0 && runCount > 0 && runStride >= 0)
      return unsafe buffer.address(start, (rowCount - 1) * stride + (runCount - 1) * runStride + runLength)
    }
  }

  /// The rows of an output or an addend: row i begins at `start + i * stride`.
  package struct Place {
    package var buffer: FloatBuffer
    package var start: Int
    package var stride: Int

    package init(_ buffer: FloatBuffer, at start: Int = 0, stride: Int) {
      (self.buffer, self.start, self.stride) = (buffer, start, stride)
    }

    /// The address of the first row; traps unless all rows lie in the buffer.
    func address(_ rowCount: Int, width: Int) -> UnsafeMutablePointer<Float> {
      unsafe buffer.address(start, (rowCount - 1) * stride + width)
    }
  }

  /// The rows as the C functions take them.
  func checked(_ rows: Rows<Float>, _ rowCount: Int) -> sedge_rows {
    unsafe sedge_rows(
      first: rows.address(rowCount), stride: rows.stride, run_count: rows.runCount,
      run_length: rows.runLength, run_stride: rows.runStride)
  }
}
