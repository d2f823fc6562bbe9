// Texts of options: rules by regular expressions, limits, parts.

import SedgeCompression
import SedgeEvaluation
import SedgeQuantization
import SedgeTokenizer

extension FuzzTarget {
  static let options = [
    FuzzTarget(
      name: "options", maximumByteCount: 256,
      words: utf8(
        "=int4", "(a+)+$", "(.*)*", ".*", "[^a]", "\\d{1,9}", "(?:", "miou=-0.5%", "labels=1%", "1/8",
        "(?=a)", "\\1"),
      seeds: {
        utf8(
          "visual.*fc1=int4", "(a+)+b=f16", "miou=-0.5%,labels=1%", "int4.31", "3/8", "sky; tree",
          "classes.txt")
      },
      read: { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        let rule = TensorRule(text)
        _ = rule?.applies(to: "visual.trunk.stages.0.blocks.0.mlp.fc1.weight")
        _ = rule?.applies(to: String(repeating: "a", count: 30))
        if let format = TensorFormat(text) {
          require(TensorFormat(format.description) == format, "a format that is written again is the same")
        }
        _ = Shard(text, environment: [:])
        _ = ClassListArgument(text)
        _ = try? GateRule.list(text)
      })
  ]
}
