// The input windows of a convolution.

import SedgeOperators

/// The windows of a line of pixels: `runCount` runs of values for each pixel, `stride` from one pixel to the next.
struct Window {
  var start: Int
  var stride: Int
  var runCount: Int
  var runLength: Int
  var runStride: Int

  func rows<Element>(_ buffer: Buffer<Element>) -> Kernels.Rows<Element> {
    Kernels.Rows(
      buffer, at: start, stride: stride, runCount: runCount, runLength: runLength, runStride: runStride)
  }
}
