// Which codec a tensor gets.

import SedgeArchitecture
import SedgeContainer
import SedgeQuantization
import SedgeTensor
import Testing

@Suite("The coding rule")
struct Rule {
  /// A role, or the stem, and what becomes of its tensors of 1,024 elements.
  struct Case: Sendable {
    var role: TensorRole
    var name = "w"
    /// Compressed, as `f16` and `int4`.
    var f16: CodingRule
    var int4: CodingRule
    /// Stored raw, as `f16` and `int8`.
    var mappedF16: CodingRule
    var mappedInt8: CodingRule
  }

  private static func rule(_ coding: Coding, _ reason: FloatReason? = nil) -> CodingRule {
    CodingRule(coding: coding, floatReason: reason)
  }

  static let cases =
    [TensorRole.linear, .convolution, .transposedConvolution, .embedding].map {
      Case(
        role: $0, f16: rule(.f16Planes), int4: rule(.trellis(.bits(4))), mappedF16: rule(.f16),
        mappedInt8: rule(.int8))
    }
    + [TensorRole.bias, .normScale, .normShift, .layerScale, .scalar].map {
      Case(
        role: $0, f16: rule(.f32Planes, .role), int4: rule(.f16Planes, .role), mappedF16: rule(.f32, .role),
        mappedInt8: rule(.f32, .role))
    } + [
      Case(
        role: .convolution, name: "clip_model.visual.trunk.stem.0.weight", f16: rule(.f16Planes),
        int4: rule(.trellis(.bits(8))), mappedF16: rule(.f16), mappedInt8: rule(.f32, .stem)),
      Case(
        role: .depthwiseConvolution, f16: rule(.f16Planes), int4: rule(.trellis(.bits(8))),
        mappedF16: rule(.f16), mappedInt8: rule(.f32, .depthwise)),
      Case(
        role: .positionalEmbedding, f16: rule(.f16Planes), int4: rule(.trellis(.bits(8))),
        mappedF16: rule(.f16), mappedInt8: rule(.f32, .role)),
      Case(
        role: .textFeatures, f16: rule(.f16Planes), int4: rule(.f16Planes), mappedF16: rule(.f16),
        mappedInt8: rule(.f16)),
    ]

  private func result(
    _ example: Case, _ count: Int, _ wished: WeightForm, _ storage: StorageMode = .compressed
  ) -> CodingRule {
    CodingRule(
      for: ModelTensor(name: example.name, role: example.role, layout: .plain, shape: [count]),
      wished: wished, storage: storage)
  }

  @Test("goes by role, name, form and storage", arguments: cases)
  func large(_ example: Case) {
    #expect(result(example, 1024, .f16) == example.f16)
    #expect(result(example, 1024, .int4) == example.int4)
    #expect(result(example, 1024, .f16, .raw) == example.mappedF16)
    #expect(result(example, 1024, .int8, .raw) == example.mappedInt8)
  }

  @Test("loses nothing where that is wished", arguments: cases)
  func lossless(_ example: Case) {
    for count in [1, 1023, 1024] {
      #expect(result(example, count, .f32) == CodingRule(coding: .f32))
      #expect(result(example, count, .lossless) == CodingRule(coding: .f32Planes))
      for wished in [WeightForm.f32, .lossless] {
        #expect(result(example, count, wished, .raw) == CodingRule(coding: .f32))
      }
    }
  }

  @Test("keeps fewer than 1,024 weights floats under integers", arguments: cases)
  func small(_ example: Case) {
    #expect(result(example, 1023, .f16) == example.f16)
    let isTrellis = example.int4.coding.identifier == .trellis
    #expect(
      result(example, 1023, .int4) == (isTrellis ? Self.rule(.f16Planes, .small) : example.int4))
    for (wished, large) in [(WeightForm.f16, example.mappedF16), (.int8, example.mappedInt8)] {
      #expect(
        result(example, 1023, wished, .raw) == (large.coding == .f32 ? large : Self.rule(.f32, .small)))
    }
  }

  @Test("gives every form of integers its bits, and sensitive weights four more, at most ten")
  func bits() {
    let forms: [(WeightForm, Double, Double)] = [
      (.int8, 8, 10), (.int6, 6, 10), (.int5, 5, 9), (.int4, 4, 8), (.int3, 3, 7), (.int2, 2, 6),
    ]
    for (wished, bits, more) in forms {
      #expect(result(Self.cases[0], 1024, wished).coding == .trellis(.bits(bits)))
      let depthwise = Case(
        role: .depthwiseConvolution, f16: Self.rule(.f16), int4: Self.rule(.f16), mappedF16: Self.rule(.f16),
        mappedInt8: Self.rule(.f16))
      #expect(result(depthwise, 1024, wished).coding == .trellis(.bits(more)))
      // Without entropy coding there is one kind of integers.
      #expect(result(Self.cases[0], 1024, wished, .raw).coding == .int8)
    }
  }
}

@Suite("The matrix of a tensor")
struct MatrixOfTensor {
  @Test("has what shares an input as a column")
  func extents() {
    let tensor = { (role: TensorRole, shape: [Int]) in
      ModelTensor(name: "w", role: role, layout: .plain, shape: shape)
    }
    let cases: [(ModelTensor, CodecIdentifier, Int, Int)] = [
      (tensor(.linear, [5, 7]), .trellis, 5, 7), (tensor(.linear, [5, 7]), .int8, 5, 7),
      (tensor(.convolution, [5, 3, 2, 7]), .trellis, 5, 42),
      (tensor(.transposedConvolution, [5, 3, 2, 7]), .trellis, 30, 7),
      (tensor(.transposedConvolution, [5, 3, 2, 7]), .f16Planes, 30, 7),
      (tensor(.transposedConvolution, [5, 3, 2, 7]), .int8, 5, 42),
      (tensor(.depthwiseConvolution, [3, 2, 7]), .trellis, 6, 7),
      (tensor(.depthwiseConvolution, [3, 2, 7]), .int8, 3, 14),
      (tensor(.bias, [9]), .f32Planes, 9, 1), (tensor(.scalar, []), .f32Planes, 1, 1),
      (tensor(.textFeatures, [2, 3, 4]), .f16Planes, 2, 12),
    ]
    for (tensor, codec, rows, columns) in cases {
      #expect(tensor.matrix(for: codec) == (rows, columns), "\(tensor.role) as \(codec)")
    }
  }
}
