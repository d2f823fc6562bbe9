// What coding would cost any file of weights.

import SedgeCompression
import SedgeQuantization
import SedgeTensor
import TestSupport
import Testing

@Suite("An estimate")
struct EstimateTests {
  private let folder: TemporaryFolder
  private let path: String

  /// A file of two matrices, one of them a convolution's, a vector, and integers.
  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("weights.safetensors")
    let shapes: [(String, ElementType, [Int])] = [
      ("bias", .float32, [64]), ("conv", .float32, [32, 16, 3, 3]), ("ids", .int32, [8, 8]),
      ("linear", .float32, [96, 160]), ("tiny", .float32, [1, 3]),
    ]
    var random = SeededGenerator(state: 1)
    let tensors = shapes.map { name, type, shape in
      let values = (0..<shape.reduce(1, *)).map { _ in
        (0..<6).reduce(Float(0)) { sum, _ in sum + Float.random(in: -1...1, using: &random) }
      }
      return StoredTensor(name: name, type: type, shape: shape, bytes: values.flatMap { littleEndian($0) })
    }
    try StoredTensor.write(tensors, to: path)
  }

  @Test("encodes every matrix of floats for a bit width, and names the omitted tensors")
  func bits() throws {
    var fractions: [Double] = []
    let estimate = try Estimate(path: path, target: .bits(5)) { progress in
      if case .writing(let fraction) = progress { fractions.append(fraction) }
    }
    #expect(estimate.matrices.map(\.name) == ["conv", "linear", "tiny"])
    #expect(estimate.omittedNames == ["bias", "ids"])
    for matrix in estimate.matrices.prefix(2) {
      #expect(matrix.bitsPerWeight <= 5 && matrix.bitsPerWeight > 4.8)
      #expect(matrix.relativeRMSError > 0.031 && matrix.relativeRMSError < 0.045)
      #expect(matrix.decodeSeconds == nil && matrix.decodedBytesPerSecond == nil)
    }
    // Three weights have not the bits for the codec's parameters, and lose nothing.
    #expect(estimate.matrices[2].relativeRMSError == 0 && estimate.matrices[2].byteCount == 16)
    let codes = estimate.matrices.reduce(0) { $0 + $1.byteCount }
    #expect(estimate.fileByteCount > codes && estimate.fileByteCount < codes + 300)
    #expect(fractions.last == 1)
  }

  @Test("reaches an error, one for all or for each by name")
  func errors() throws {
    let all = try Estimate(path: path, target: .relativeRMS(0.1))
    #expect(all.matrices.allSatisfy { $0.relativeRMSError <= 0.1 })
    let some = try Estimate(path: path, targets: ["linear": .relativeRMS(0.2)], target: nil)
    #expect(some.matrices.map(\.name) == ["linear"])
    #expect(some.matrices[0].relativeRMSError <= 0.2 && some.matrices[0].relativeRMSError > 0.19)
    let error = #expect(throws: UsageError.self) {
      try Estimate(path: path, targets: ["none": .bits(4), "linear": .bits(4)], target: nil)
    }
    #expect(error?.description == "\(path): has no tensor none")
  }

  @Test("times decoding where it is asked to")
  func time() throws {
    let estimate = try Estimate(path: path, target: .bits(4), isTimed: true)
    for matrix in estimate.matrices {
      let seconds = try #require(matrix.decodeSeconds)
      #expect(seconds > 0)
      #expect(matrix.decodedBytesPerSecond == 4 * Double(matrix.elementCount) / seconds)
    }
  }
}
