// Which codec a tensor gets.

import SedgeArchitecture
import SedgeCompression
import SedgeContainer
import SedgeQuantization
import TestSupport
import Testing

@Suite("The coding rule")
struct Rule {
  /// What the tensors of a role get, first where files are compressed, then where they are used as they lie.
  struct Case: Sendable {
    var roles: [TensorRole]
    var f16: [CodingRule]
    var int4: [CodingRule]
  }

  static let float32 = [CodingRule(coding: .f32Planes, floatReason: .role), role]
  static let role = CodingRule(coding: .f32, floatReason: .role)
  static let float16 = [CodingRule(coding: .f16Planes), CodingRule(coding: .f16)]
  static let sensitive = CodingRule(coding: .trellis(.bits(8)))

  static let cases = [
    Case(
      roles: [.linear, .convolution, .transposedConvolution, .embedding], f16: float16,
      int4: [CodingRule(coding: .trellis(.bits(4))), CodingRule(coding: .int8)]),
    Case(
      roles: [.depthwiseConvolution], f16: float16,
      int4: [sensitive, CodingRule(coding: .f32, floatReason: .depthwise)]),
    Case(roles: [.positionalEmbedding], f16: float16, int4: [sensitive, role]),
    Case(roles: [.textFeatures], f16: float16, int4: float16),
    Case(
      roles: [.bias, .normScale, .normShift, .layerScale, .scalar], f16: float32,
      int4: [CodingRule(coding: .f16Planes, floatReason: .role), role]),
  ]

  static func rules(_ name: String, _ role: TensorRole, _ count: Int, _ requested: WeightFormat)
    -> [CodingRule]
  {
    let tensor = ModelTensor(name: name, role: role, layout: .plain, shape: [count])
    return [StorageMode.compressed, .raw].map { CodingRule(for: tensor, requested: requested, storage: $0) }
  }

  @Test("covers every role, once")
  func complete() {
    let roles = Self.cases.flatMap(\.roles)
    #expect(Set(roles) == Set(TensorRole.allCases) && roles.count == TensorRole.allCases.count)
  }

  @Test("goes by role and storage", arguments: cases)
  func rule(expected: Case) {
    for role in expected.roles {
      #expect(Self.rules("w", role, 1024, .f16) == expected.f16)
      #expect(Self.rules("w", role, 1024, .int4) == expected.int4)
      #expect(Self.rules("w", role, 1024, .f32) == [CodingRule(coding: .f32), CodingRule(coding: .f32)])
      #expect(
        Self.rules("w", role, 1024, .lossless) == [CodingRule(coding: .f32Planes), CodingRule(coding: .f32)])
    }
  }

  @Test("keeps small tensors floats")
  func small() {
    let floats = [
      CodingRule(coding: .f16Planes, floatReason: .small), CodingRule(coding: .f32, floatReason: .small),
    ]
    #expect(Self.rules("w", .linear, 1023, .int4) == floats)
    #expect(Self.rules("w", .linear, 1024, .int4) != floats)
  }

  @Test("gives the stem more bits, and float32 in raw storage")
  func stem() {
    let name = "clip_model.visual.trunk.stem.0.weight"
    let stem = [Self.sensitive, CodingRule(coding: .f32, floatReason: .stem)]
    #expect(Self.rules(name, .convolution, 6144, .int4) == stem)
    #expect(Self.rules(name, .convolution, 6144, .f16) == Self.float16)
  }

  @Test("gives no weight more than ten bits")
  func most() {
    let rule = Self.rules("w", .depthwiseConvolution, 1024, .int8)[0]
    #expect(rule == CodingRule(coding: .trellis(.bits(10))))
  }
}
