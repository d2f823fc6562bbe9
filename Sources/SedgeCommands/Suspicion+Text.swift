// What is suspicious in a tensor, in words.

import Sedge
import SedgeTensor

extension Suspicion {
  /// What was found, and why it matters.
  var text: String {
    switch self {
    case .notFinite(let nanCount, let infiniteCount):
      "\(countText(nanCount)) NaN and \(countText(infiniteCount)) infinite values in float32: convert refuses the model"
    case .constant(let value):
      "every value is \(value), which training does not leave so: never trained, or reset"
    case .sameValues(let name):
      "every value equals that of \(name): shared weights, or one copied over the other"
    case .float16Overflow(let count, let largest):
      "\(countText(count)) \(count == 1 ? "value is" : "values are") beyond float16, up to \(largest): "
        + "f16 stores the tensor as float32"
    case .float16Underflow(let share):
      "\(percentText(share, digits: 1)) of the values are too small for float16, which makes them zeros"
    case .deadChannels(let zeroCount, let constantCount, let count, let first):
      "\(Self.dead(zeroCount, constantCount)) of \(countText(count)) rows, the first row \(first): "
        + "they carry nothing: pruned, unused, or never trained; rows of zeros take no bits"
    case .duplicatedChannels(let count, let total, let first, let original):
      "\(countText(count)) of \(countText(total)) rows equal earlier ones, the first row \(first) row \(original): "
        + "outputs without information of their own, or rows copied by mistake"
    case .largeChannel(let channel, let ratio):
      "row \(channel) is \(Self.ratioText(ratio)) times as large as the median row: one step serves all rows, "
        + "so that it takes \(ratio.exponent) bits a weight more, and the tensor's relative error says nothing "
        + "of the others'"
    case .outliers(let count, let largestDeviation):
      "the farthest value is \(Self.ratioText(largestDeviation)) standard deviations from the mean, "
        + "\(countText(count)) beyond 6: a scale that reaches it is coarse for the others"
    case .mostlyZero(let share):
      "\(percentText(share, digits: 1)) of the values are zeros outside rows of zeros: pruned, or not trained"
    }
  }

  /// A whole number, or one of three digits where it has too many to read.
  private static func ratioText(_ ratio: Double) -> String {
    ratio < 1e9 ? countText(Int(ratio)) : figure(ratio)
  }

  private static func dead(_ zeroCount: Int, _ constantCount: Int) -> String {
    [
      zeroCount > 0 ? "zeros in \(countText(zeroCount))" : nil,
      constantCount > 0 ? "one value in \(countText(constantCount))" : nil,
    ].compactMap(\.self).joined(separator: ", ")
  }
}
