// The decisions of gate.

import TestSupport
import Testing

@Suite("gate")
struct GateTests {
  @Test("Decisions are in the words of the snapshot")
  func decisions() throws {
    let gate = "gate {in}/eval_int8.json --baseline {in}/eval_float.json --allow"
    let worse = "gate {in}/eval_int4.json --baseline {in}/eval_float.json --allow"
    try Snapshot.gateOutput.check([
      Output("\(gate) miou=-0.5%,labels=1%"),
      Output("\(gate) miou=-0.5%,labels=1% --strict", status: 1),
      Output("\(gate) labels=0.1%", status: 1),
      Output("\(worse) miou=-1%,pacc=-5%,labels=5%", status: 1),
      Output("\(worse) miou=-1%,pacc=-5%,labels=1% --json", status: 1),
      Output("gate {in}/eval_float.json --baseline {in}/eval_float.json --allow miou=0%"),
      Output(
        "gate {in}/eval_several.json --baseline {in}/eval_several.json --model int4 --top-k 8 --allow miou=0%"
      ),
      Output(
        "gate {in}/eval_several.json --baseline {in}/eval_float.json --model int4 --top-k all --allow pacc=-4%"
      ),
      Output(
        "gate {in}/eval_several.json --baseline {in}/eval_several.json --model float --baseline-model float --allow macc=0%"
      ),
    ])
  }

  @Test("Both reports are written, whatever the decision", arguments: [("int8", 0), ("int4", 1)])
  func reports(name: String, status: Int32) throws {
    let folder = try TemporaryFolder()
    let inputs = try Inputs.shared
    let outcome = try SedgeProgram.run([
      "gate", inputs.file("eval_\(name).json"), "--baseline", inputs.file("eval_float.json"), "--allow",
      "miou=-1%", "--junit", folder.file("gate.xml"), "--markdown", folder.file("gate.md"),
    ])
    #expect(outcome.status == status)
    #expect(outcome.output.split(separator: "\n").count == 2)
    let junit = String(decoding: try bytes(of: folder.file("gate.xml")), as: UTF8.self)
    #expect(junit.contains("<testsuites tests=\"1\" failures=\"\(status)\">"))
    let markdown = String(decoding: try bytes(of: folder.file("gate.md")), as: UTF8.self)
    #expect(markdown.hasPrefix(status == 0 ? "### Pass: " : "### Fail: "))
  }

  static let refusals = [
    Refusal("gate {in}/eval_int8.json --baseline {in}/absent --allow miou=0%"),
    Refusal("gate {in}/words.txt --baseline {in}/eval_float.json --allow miou=0%"),
    Refusal("gate {in}/f32.sedge --baseline {in}/eval_float.json --allow miou=0%"),
    Refusal("gate {in}/object.json --baseline {in}/eval_float.json --allow miou=0%"),
    Refusal("gate {in}/eval_rows.jsonl --baseline {in}/eval_float.json --allow miou=0%"),
    Refusal("gate {in}/eval_newer.json --baseline {in}/eval_float.json --allow miou=0%"),
    Refusal("gate {in}/eval_int8.json --baseline {in}/eval_data.json --allow miou=0%"),
    Refusal("gate {in}/eval_int8.json --baseline {in}/eval_pictures.json --allow miou=0%"),
    Refusal("gate {in}/eval_float.json --baseline {in}/eval_int8.json --model int8 --allow miou=0%"),
    Refusal("gate {in}/eval_int8.json --baseline {in}/eval_float.json --top-k 4 --allow miou=0%"),
    Refusal("gate {in}/eval_several.json --baseline {in}/eval_float.json --model int4 --allow miou=0%"),
    Refusal("gate {in}/eval_several.json --baseline {in}/eval_float.json --allow labels=1%"),
    Refusal("gate {in}/eval_float.json --baseline {in}/eval_float.json --allow boundary_iou=0%"),
    Refusal(
      "gate {in}/eval_int8.json --baseline {in}/eval_float.json --allow miou=0% --junit {in}/eval_int8.json"),
    Refusal(
      "gate {in}/eval_int8.json --baseline {in}/eval_float.json --allow miou=0% --junit {out}/a --markdown {out}/a"
    ),
  ]

  static let usage = [
    Refusal("gate {in}/eval_int8.json --baseline {in}/eval_float.json", status: 64),
    Refusal("gate {in}/eval_int8.json --allow miou=0%", status: 64),
    Refusal("gate {in}/eval_int8.json --baseline {in}/eval_float.json --allow iou=0%", status: 64),
    Refusal("gate {in}/eval_int8.json --baseline {in}/eval_float.json --allow miou=0.5", status: 64),
    Refusal("gate {in}/eval_int8.json --baseline {in}/eval_float.json --allow miou", status: 64),
    Refusal("gate {in}/eval_int8.json --baseline {in}/eval_float.json --allow miou=0%,miou=1%", status: 64),
    Refusal("gate {in}/eval_int8.json --baseline {in}/eval_float.json --allow miou=0% --top-k 0", status: 64),
  ]

  @Test("Results that cannot be compared are refused in the words of the snapshot")
  func refuses() throws { try Snapshot.gateRefusals.check(Self.refusals + Self.usage) }
}
