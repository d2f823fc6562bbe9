// How sure a measured drop of mIoU is, in words.

import SedgeCompression
import SedgeEvaluation
import Testing

@Suite("Drop of mIoU")
struct MeanIoUDropTests {
  @Test("A drop is told with its interval, and with a doubt where that exceeds the budget")
  func words() {
    func text(_ interval: Interval?, pictureCount: Int = 8, isHeldOut: Bool = true) -> String {
      MeanIoUDrop(
        before: 0.712, after: 0.7085, interval: interval, pictureCount: pictureCount, isHeldOut: isHeldOut
      ).text(limit: 0.005)
    }
    #expect(
      text(Interval(low: -0.0004, high: 0.0046))
        == "mIoU is 70.85% instead of the source's 71.20% on 8 pictures held out; "
        + "the drop is -0.04 to 0.46 points with 95 % confidence")
    #expect(
      text(Interval(low: -0.004, high: 0.0102)).hasSuffix(
        "-0.40 to 1.02 points with 95 % confidence, so that it takes more pictures to be sure of the budget"))
    #expect(
      text(nil, pictureCount: 1, isHeldOut: false).hasSuffix(
        " on 1 picture of the calibration; with so few the drop has no interval"))
  }
}
