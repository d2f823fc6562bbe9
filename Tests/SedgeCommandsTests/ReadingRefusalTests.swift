// Files that are not what they should be, whichever command is given them.

import Testing

@Suite("Files that cannot be read")
struct ReadingRefusalTests {
  static let inspect = [
    Refusal("inspect {in}/empty"),
    Refusal("inspect {in}/folder"),
    Refusal("inspect {in}/fifo"),
    Refusal("inspect {in}/absent"),
    Refusal("inspect {in}/words.txt"),
    Refusal("inspect {fixtures}/pictures/sky.png"),
    Refusal("inspect {in}/model.pth"),
    Refusal("inspect {in}/model.onnx"),
    Refusal("inspect {in}/cut7.h5"),
    Refusal("inspect {in}/cut100.h5"),
    Refusal("inspect {in}/cut3000.h5"),
    Refusal("inspect {in}/cut100000.h5"),
    Refusal("inspect {in}/cut100.safetensors"),
    Refusal("inspect {in}/cut3000.safetensors"),
    Refusal("inspect {in}/cut100000.safetensors"),
    Refusal("inspect {in}/cut1.sedge"),
    Refusal("inspect {in}/cut8.sedge"),
    Refusal("inspect {in}/cut63.sedge"),
    Refusal("inspect {in}/cut100.sedge"),
    Refusal("inspect {in}/cut_half.sedge"),
    Refusal("inspect {in}/cut_end.sedge"),
    Refusal("inspect {in}/longer.sedge"),
    Refusal("inspect {in}/flipped_preamble.sedge"),
    Refusal("inspect {in}/flipped_header.sedge"),
    Refusal("inspect {in}/flipped_payload.sedge --values"),
    Refusal("inspect {in}/newer.sedge"),
  ]

  static let others = [
    Refusal("convert {in}/folder --force -o {out}/kept"),
    Refusal("convert {in}/fifo --force -o {out}/kept"),
    Refusal("convert {in}/f32.sedge --force -o {out}/kept"),
    Refusal("convert {in}/model.pth --force -o {out}/kept"),
    Refusal("convert {in}/cut3000.h5 --force -o {out}/kept"),
    Refusal("segment {in}/empty {fixtures}/pictures/sky.png"),
    Refusal("segment {fixtures}/tiny/linear.h5 {fixtures}/pictures/sky.png"),
    Refusal("segment {fixtures}/pictures/sky.png {fixtures}/pictures/sky.png"),
    Refusal("segment {in}/words.txt {fixtures}/pictures/sky.png"),
    Refusal("segment {in}/flipped_header.sedge {fixtures}/pictures/sky.png"),
    Refusal("segment {in}/flipped_payload.sedge {fixtures}/pictures/sky.png"),
    Refusal("verify {fixtures}/tiny/linear.h5 --against {fixtures}/tiny/linear.h5"),
    Refusal("verify {in}/flipped_payload.sedge --golden {fixtures}/tiny/linear.golden.safetensors"),
    Refusal("verify {in}/cut_half.sedge --golden {fixtures}/tiny/linear.golden.safetensors"),
  ]

  @Test("inspect refuses what it cannot read in the words of the snapshot")
  func refuses() throws { try Snapshot.readingRefusals.check(Self.inspect + Self.others) }
}
