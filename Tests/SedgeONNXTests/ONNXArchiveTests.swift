// Reading ONNX files.

import SedgeONNX
import SedgeTensor
import TestSupport
import Testing

@Suite("ONNX files")
struct ONNXArchiveTests {
  @Test func opens() throws {
    let a = try ONNXArchive(path: "/tmp/onnx/sed_nano.onnx")
    #expect(a.tensors.count > 100)
  }
}
