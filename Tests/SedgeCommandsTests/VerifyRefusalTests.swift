// Verifications that are refused.

import Testing

@Suite("Refusals of verify")
struct VerifyRefusalTests {
  private static let against = "verify {in}/f32.sedge --against {fixtures}/shapes/sed_shapes.h5"

  static let cases = [
    Refusal("verify {in}/f32.sedge --golden {fixtures}/tiny/linear.h5"),
    Refusal("verify {in}/f32.sedge --golden {in}/words.txt"),
    Refusal("verify {in}/f32.sedge --golden {in}/f32.sedge"),
    Refusal("verify {in}/f32.sedge --golden {fixtures}/tiny/linear.golden.safetensors"),
    Refusal("verify {in}/f32.sedge --against {fixtures}/tiny/linear.h5"),
    Refusal("verify {in}/f32.sedge --against {in}/absent"),
    Refusal("verify {in}/f32.sedge --against {in}/f32.sedge"),
    Refusal("\(against) --images {in}/folder"),
    Refusal("\(against) --images {in}/absent"),
    Refusal("\(against) --images {in}/words.txt"),
    Refusal("\(against) --classes ''"),
    Refusal("verify {in}/clip_f32.sedge --golden {fixtures}/clip/mlp.golden.safetensors --preprocess sed"),
    Refusal("\(against) --classes {in}/doubled.json"),
  ]

  static let usage = [
    Refusal("verify {in}/f32.sedge", status: 64),
    Refusal("verify {in}/f32.sedge --golden x --images y", status: 64),
    Refusal("\(against) --threshold tap=1", status: 64),
    Refusal("\(against) --threshold labels=most", status: 64),
    Refusal("\(against) --threshold labels=-1", status: 64),
    Refusal("inspect {in}/f32.sedge --tensors [", status: 64),
    Refusal("inspect", status: 64),
    Refusal("transmogrify", status: 64),
  ]

  @Test("Unusable input is refused in the words of the snapshot")
  func refuses() throws { try Snapshot.verifyRefusals.check(Self.cases + Self.usage) }
}
