// Files that are not what they should be, whichever command is given them.

import Testing

@Suite("Files that cannot be read")
struct ReadingRefusalTests {
  static let inspect = [
    Refusal("inspect {in}/empty", "{in}/empty: is empty; download or copy it again"),
    Refusal("inspect {in}/folder", "{in}/folder: is a directory without a checkpoint in it, expected a file"),
    Refusal("inspect {in}/fifo", "{in}/fifo: is no regular file, expected a file"),
    Refusal("inspect {in}/absent", "{in}/absent: cannot be read: No such file or directory"),
    Refusal(
      "inspect {in}/words.txt",
      "{in}/words.txt: is text, which begins \"Just some words.\", which is not read"),
    Refusal(
      "inspect {fixtures}/pictures/sky.png",
      "{fixtures}/pictures/sky.png: is a picture (PNG), which is not read"),
    Refusal(
      "inspect {in}/model.pth",
      "{in}/model.pth: is malformed: the zip archive has no end: it is cut short, or something follows it; download or copy it again"
    ),
    Refusal(
      "inspect {in}/model.onnx",
      "{in}/model.onnx: is malformed: it has no graph"),
    Refusal(
      "inspect {in}/cut7.h5",
      "{in}/cut7.h5: is in no format that is read (HDF5, ONNX, PyTorch, safetensors, .sedge)"),
    cut("inspect", "cut100.h5", "expected 467493 bytes, found 100"),
    cut("inspect", "cut3000.h5", "expected 467493 bytes, found 3000"),
    cut("inspect", "cut100000.h5", "expected 467493 bytes, found 100000"),
    cut("inspect", "cut100.safetensors", "expected 27464 bytes, found 100"),
    cut("inspect", "cut3000.safetensors", "expected 27464 bytes, found 3000"),
    cut("inspect", "cut100000.safetensors", "expected 367436 bytes, found 100000"),
    Refusal(
      "inspect {in}/cut1.sedge",
      "{in}/cut1.sedge: is in no format that is read (HDF5, ONNX, PyTorch, safetensors, .sedge)"),
    cut("inspect", "cut8.sedge", "expected 64 bytes, found 8"),
    cut("inspect", "cut63.sedge", "expected 64 bytes, found 63"),
    cut("inspect", "cut100.sedge", "expected {bytes} bytes, found 100"),
    cut("inspect", "cut_half.sedge", "expected {bytes} bytes, found {half}"),
    cut("inspect", "cut_end.sedge", "expected {bytes} bytes, found {last}"),
    Refusal(
      "inspect {in}/longer.sedge",
      "{in}/longer.sedge: byte {bytes}: is malformed: 1 bytes follow its end"),
    Refusal(
      "inspect {in}/flipped_preamble.sedge",
      "{in}/flipped_preamble.sedge: byte 0: the preamble does not match its checksum: the file was damaged or changed; copy it again or convert anew"
    ),
    Refusal(
      "inspect {in}/flipped_header.sedge",
      "{in}/flipped_header.sedge: byte {header}: the header does not match its checksum: the file was damaged or changed; copy it again or convert anew"
    ),
    Refusal(
      "inspect {in}/flipped_payload.sedge --values",
      "{in}/flipped_payload.sedge: tensor clip_model.visual.trunk.stem.0.weight: byte 64: its segment does not match its checksum: the file was damaged or changed; copy it again or convert anew"
    ),
    Refusal(
      "inspect {in}/newer.sedge",
      "{in}/newer.sedge: has version 3, this program reads up to version 2; use a newer Sedge"),
  ]

  private static func cut(_ command: String, _ name: String, _ counts: String) -> Refusal {
    Refusal(
      "\(command) {in}/\(name)", "{in}/\(name): is cut short: \(counts); copy or download it again")
  }

  static let others = [
    Refusal(
      "convert {in}/folder --force -o {out}/kept",
      "{in}/folder: is a directory without a checkpoint in it, expected a file"),
    Refusal("convert {in}/fifo --force -o {out}/kept", "{in}/fifo: is no regular file, expected a file"),
    Refusal(
      "convert {in}/f32.sedge --force -o {out}/kept",
      "{in}/f32.sedge: is a .sedge file, expected a checkpoint; give the one that it was made from"),
    Refusal(
      "convert {in}/model.pth --force -o {out}/kept",
      "{in}/model.pth: is malformed: the zip archive has no end: it is cut short, or something follows it; download or copy it again"
    ),
    Refusal(
      "convert {in}/cut3000.h5 --force -o {out}/kept",
      "{in}/cut3000.h5: is cut short: expected 467493 bytes, found 3000; copy or download it again"),
    Refusal(
      "segment {in}/empty {fixtures}/pictures/sky.png", "{in}/empty: is empty; download or copy it again"),
    Refusal(
      "segment {fixtures}/tiny/linear.h5 {fixtures}/pictures/sky.png",
      "{fixtures}/tiny/linear.h5: is a checkpoint, expected a .sedge file; make one with sedge convert"),
    Refusal(
      "segment {fixtures}/pictures/sky.png {fixtures}/pictures/sky.png",
      "{fixtures}/pictures/sky.png: is a picture (PNG), expected a .sedge file"),
    Refusal(
      "segment {in}/words.txt {fixtures}/pictures/sky.png",
      "{in}/words.txt: is text, which begins \"Just some words.\", expected a .sedge file"),
    Refusal(
      "segment {in}/flipped_header.sedge {fixtures}/pictures/sky.png",
      "{in}/flipped_header.sedge: byte {header}: the header does not match its checksum: the file was damaged or changed; copy it again or convert anew"
    ),
    Refusal(
      "segment {in}/flipped_payload.sedge {fixtures}/pictures/sky.png",
      "{in}/flipped_payload.sedge: tensor clip_model.visual.trunk.stem.0.weight: byte 64: the data does not match its checksum: the file was damaged or changed; copy it again or convert anew"
    ),
    Refusal(
      "verify {fixtures}/tiny/linear.h5 --against {fixtures}/tiny/linear.h5",
      "{fixtures}/tiny/linear.h5: is a checkpoint, expected a .sedge file; make one with sedge convert"),
    Refusal(
      "verify {in}/flipped_payload.sedge --golden {fixtures}/tiny/linear.golden.safetensors",
      "{in}/flipped_payload.sedge: tensor clip_model.visual.trunk.stem.0.weight: byte 64: the data does not match its checksum: the file was damaged or changed; copy it again or convert anew"
    ),
    Refusal(
      "verify {in}/cut_half.sedge --golden {fixtures}/tiny/linear.golden.safetensors",
      "{in}/cut_half.sedge: is cut short: expected {bytes} bytes, found {half}; copy or download it again"),
  ]

  @Test("inspect refuses what it cannot read", arguments: inspect)
  func inspectRefuses(_ refusal: Refusal) throws { try refusal.check() }

  @Test("The other commands refuse it too", arguments: others)
  func othersRefuse(_ refusal: Refusal) throws { try refusal.check() }
}
