// Which codec a tensor gets.

import SedgeArchitecture
import SedgeContainer
import SedgeQuantization
import SedgeTensor
import TestSupport
import Testing

@Suite("The coding rule")
struct Rule {
  struct Case: Sendable {
    var role: TensorRole
    var f16: CodingRuleResult
    var int8: CodingRuleResult
  }

  struct CodingRuleResult: Equatable, Sendable {
    var codec: CodecIdentifier
    var reason: FloatReason?

    init(_ codec: CodecIdentifier, _ reason: FloatReason? = nil) {
      self.codec = codec
      self.reason = reason
    }
  }

  static let cases =
    [TensorRole.linear, .convolution, .transposedConvolution, .embedding].map {
      Case(role: $0, f16: CodingRuleResult(.f16), int8: CodingRuleResult(.int8))
    }
    + [TensorRole.bias, .normScale, .normShift, .layerScale, .scalar].map {
      Case(role: $0, f16: CodingRuleResult(.f32, .role), int8: CodingRuleResult(.f32, .role))
    } + [
      Case(
        role: .depthwiseConvolution, f16: CodingRuleResult(.f16), int8: CodingRuleResult(.f32, .depthwise)),
      Case(role: .positionalEmbedding, f16: CodingRuleResult(.f16), int8: CodingRuleResult(.f32, .role)),
      Case(role: .textFeatures, f16: CodingRuleResult(.f16), int8: CodingRuleResult(.f16)),
    ]

  @Test("covers every role")
  func complete() { #expect(Set(Self.cases.map(\.role)) == Set(TensorRole.allCases)) }

  @Test("goes by role and size", arguments: cases)
  func rule(expected: Case) {
    let large = ModelTensor(name: "w", role: expected.role, layout: .plain, shape: [1024])
    let small = ModelTensor(name: "w", role: expected.role, layout: .plain, shape: [1023])
    let result = { (tensor: ModelTensor, wished: CodecIdentifier) in
      let rule = CodingRule(for: tensor, wished: wished)
      return CodingRuleResult(rule.codec, rule.floatReason)
    }
    #expect(result(large, .f16) == expected.f16)
    #expect(result(large, .int8) == expected.int8)
    #expect(result(large, .f32) == CodingRuleResult(.f32) && result(small, .f32) == CodingRuleResult(.f32))
    for (wished, choice) in [(CodecIdentifier.f16, expected.f16), (.int8, expected.int8)] {
      #expect(result(small, wished) == (choice.codec == .f32 ? choice : CodingRuleResult(.f32, .small)))
    }
  }

  @Test("keeps the stem float32 under int8, and codes every other convolution")
  func stem() {
    let tensor = { (name: String) in
      ModelTensor(name: name, role: .convolution, layout: .ohwi, shape: [128, 4, 4, 3])
    }
    let stem = CodingRule(for: tensor("clip_model.visual.trunk.stem.0.weight"), wished: .int8)
    #expect(stem.codec == .f32 && stem.floatReason == .stem)
    #expect(CodingRule(for: tensor("clip_model.visual.trunk.stem.0.weight"), wished: .f16).codec == .f16)
    #expect(
      CodingRule(for: tensor("clip_model.visual.trunk.stages.1.downsample.1.weight"), wished: .int8).codec
        == .int8)
  }
}
