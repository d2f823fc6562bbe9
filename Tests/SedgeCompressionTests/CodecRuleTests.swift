// Which codec a tensor gets.

import SedgeArchitecture
import SedgeCompression
import SedgeContainer
import SedgeQuantization
import TestSupport
import Testing

@Suite("The codec rule")
struct Rule {
  /// What the tensors of a role get, first where files are compressed, then where they are used as they lie.
  struct Case: Sendable {
    var roles: [TensorRole]
    var f16: [CodecRule]
    var int4: [CodecRule]
  }

  static let float32 = [CodecRule(choice: .f32Planes, floatReason: .role), role]
  static let role = CodecRule(choice: .f32, floatReason: .role)
  static let float16 = [CodecRule(choice: .f16Planes), CodecRule(choice: .f16)]
  static let sensitive = CodecRule(choice: .trellis(.bits(8)))

  static let cases = [
    Case(
      roles: [.linear, .convolution, .transposedConvolution, .embedding], f16: float16,
      int4: [CodecRule(choice: .trellis(.bits(4))), CodecRule(choice: .int8)]),
    Case(
      roles: [.depthwiseConvolution], f16: float16,
      int4: [sensitive, CodecRule(choice: .f32, floatReason: .depthwise)]),
    Case(roles: [.positionalEmbedding], f16: float16, int4: [sensitive, role]),
    Case(roles: [.textFeatures], f16: float16, int4: float16),
    Case(
      roles: [.bias, .normScale, .normShift, .layerScale, .token, .scalar], f16: float32,
      int4: [CodecRule(choice: .f16Planes, floatReason: .role), role]),
  ]

  static func rules(_ name: String, _ role: TensorRole, _ count: Int, _ requested: WeightFormat)
    -> [CodecRule]
  {
    let tensor = ModelTensor(name: name, role: role, layout: .plain, shape: [count])
    return [StorageMode.compressed, .raw].map { CodecRule(for: tensor, requested: requested, storage: $0) }
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
      #expect(Self.rules("w", role, 1024, .f32) == [CodecRule(choice: .f32), CodecRule(choice: .f32)])
      #expect(
        Self.rules("w", role, 1024, .lossless) == [CodecRule(choice: .f32Planes), CodecRule(choice: .f32)])
    }
  }

  @Test("keeps small tensors floats")
  func small() {
    let floats = [
      CodecRule(choice: .f16Planes, floatReason: .small), CodecRule(choice: .f32, floatReason: .small),
    ]
    #expect(Self.rules("w", .linear, 1023, .int4) == floats)
    #expect(Self.rules("w", .linear, 1024, .int4) != floats)
  }

  @Test("gives the stem more bits, and float32 in raw storage")
  func stem() {
    let name = "clip_model.visual.trunk.stem.0.weight"
    let stem = [Self.sensitive, CodecRule(choice: .f32, floatReason: .stem)]
    #expect(Self.rules(name, .convolution, 6144, .int4) == stem)
    #expect(Self.rules(name, .convolution, 6144, .f16) == Self.float16)
  }

  @Test("gives no weight more than ten bits")
  func most() {
    let rule = Self.rules("w", .depthwiseConvolution, 1024, .int8)[0]
    #expect(rule == CodecRule(choice: .trellis(.bits(10))))
  }
}
