// Sums in NumPy's order.

import SedgeEvaluation
import Testing

@Suite("Sums as NumPy's")
struct PairwiseSumTests {
  /// `numpy.sum` (2.4) of `((i * 2654435761) % 2**32) / 2**32 + 1e-3` for i below a count, as bits.
  static let sums: [(count: Int, bits: UInt64)] = [
    (0, 0), (1, 0x3f50_624d_d2f1_a9fc), (7, 0x4007_e2bd_e040_9374), (8, 0x400a_80ec_c8b2_f1aa),
    (9, 0x4011_086b_bf56_a7f0), (54, 0x403a_75ec_2e10_fbea), (128, 0x404f_c10e_27b2_f1ac),
    (129, 0x404f_cf0d_588e_978f), (150, 0x4052_ab81_e0f7_5999), (459, 0x406c_b423_e8f1_7ba7),
    (847, 0x407a_7ae8_b64a_cb66),
  ]

  @Test("Every bit is NumPy's", arguments: sums)
  func equal(count: Int, bits: UInt64) {
    let values = (0..<count).map { Double(($0 * 2_654_435_761) % (1 << 32)) / 4_294_967_296 + 1e-3 }
    #expect(values.pairwiseSum.bitPattern == bits)
  }
}
