// What verify must not judge.

import Testing

@Suite("What verify refuses")
struct VerifyRefusalTests {
  private static let against = "verify {in}/f32.sedge --against {fixtures}/shapes/sed_shapes.h5"

  static let cases = [
    Refusal(
      "verify {in}/f32.sedge --golden {fixtures}/tiny/linear.h5",
      """
      {fixtures}/tiny/linear.h5: is malformed: expected recorded inputs (image, tokens, text_features) and activations \
      (full.*), found others
      """),
    Refusal(
      "verify {in}/f32.sedge --golden {in}/words.txt",
      "{in}/words.txt: is text, which begins \"Just some words.\", which is not read"),
    Refusal(
      "verify {in}/f32.sedge --golden {in}/f32.sedge",
      "{in}/f32.sedge: is a .sedge file, expected a checkpoint; give the one that it was made from"),
    Refusal(
      "verify {in}/f32.sedge --golden {fixtures}/tiny/linear.golden.safetensors",
      "{fixtures}/tiny/linear.golden.safetensors: tensor text_features: is malformed: was recorded from another model: expected text features of 4x4x64, found 4x3x24"
    ),
    Refusal(
      "verify {in}/f32.sedge --against {fixtures}/tiny/linear.h5",
      "{fixtures}/tiny/linear.h5: is SED (depths 1,1,2,1, widths 8,12,16,24), {in}/f32.sedge was made from SED (depths 2,2,4,2, widths 32,64,96,128); give the file's own source"
    ),
    Refusal(
      "verify {in}/f32.sedge --against {in}/absent", "{in}/absent: cannot be read: No such file or directory"),
    Refusal(
      "verify {in}/f32.sedge --against {in}/f32.sedge",
      "{in}/f32.sedge: is a .sedge file, expected a checkpoint; give the one that it was made from"),
    Refusal(
      "\(against) --images {in}/folder",
      "{in}/folder: holds no pictures (.png, .jpg, .jpeg, .jpe, .jfif, .webp, .tif, .tiff, .bmp), it is empty"
    ),
    Refusal("\(against) --images {in}/absent", "{in}/absent: cannot be read: expected a folder of pictures"),
    Refusal(
      "\(against) --images {in}/words.txt", "{in}/words.txt: cannot be read: expected a folder of pictures"),
    Refusal(
      "\(against) --classes ''",
      "--classes: is malformed: the class list is empty"),
    Refusal(
      "\(against) --classes {in}/doubled.json",
      "{in}/doubled.json: is malformed: classes 0 and 1, \"sky\" and \"Sky\", differ in case alone, which the model does not see; name each differently"
    ),
  ]

  static let usage = [
    Refusal(
      "verify {in}/f32.sedge", "Give --golden, --against or both: there is nothing to verify against.",
      status: 64),
    Refusal(
      "verify {in}/f32.sedge --golden x --images y", "--images, --classes and --prefix go with --against.",
      status: 64),
    Refusal(
      "\(against) --threshold tap=1", "The value 'tap=1' is invalid for '--threshold <name=value>'",
      status: 64),
    Refusal(
      "\(against) --threshold labels=most",
      "The value 'labels=most' is invalid for '--threshold <name=value>'", status: 64),
    Refusal(
      "\(against) --threshold labels=-1", "The value 'labels=-1' is invalid for '--threshold <name=value>'",
      status: 64),
    Refusal("inspect {in}/f32.sedge --tensors [", "--tensors [: is no regular expression", status: 64),
    Refusal("inspect", "Missing expected argument '<file>'", status: 64),
    Refusal("transmogrify", "Unexpected argument 'transmogrify'", status: 64),
  ]

  @Test("Input that cannot be used is refused", arguments: cases)
  func refuses(_ refusal: Refusal) throws { try refusal.check() }

  @Test("A wrong command line is refused", arguments: usage)
  func refusesUsage(_ refusal: Refusal) throws { try refusal.check() }
}
