// What segment must not segment.

import Testing

@Suite("What segment refuses")
struct SegmentRefusalTests {
  private static let sky = "{fixtures}/pictures/sky.png"
  private static let both = "segment {in}/f32.sedge \(sky)"

  static let cases = [
    Refusal(
      "segment {in}/f32.sedge {in}/words.txt",
      "{in}/words.txt: is malformed: its first bytes are those of no PNG, JPEG, WebP, TIFF or BMP picture"),
    Refusal(
      "segment {in}/f32.sedge {in}/absent.png", "{in}/absent.png: cannot be read: No such file or directory"),
    Refusal("segment {in}/f32.sedge {in}/folder", "{in}/folder: is a directory, expected a file"),
    Refusal(
      "segment {in}/f32.sedge {in}/empty",
      "{in}/empty: is malformed: it is empty, expected a PNG, JPEG, WebP, TIFF or BMP picture"),
    Refusal(
      "segment {in}/f32.sedge {in}/cut.png",
      "{in}/cut.png: is cut short: expected 65581 bytes, found 3000; copy or download it again"),
    Refusal(
      "segment {in}/f32.sedge {in}/cut.jpg",
      "{in}/cut.jpg: is cut short: expected 609 bytes, found 500; copy or download it again"),
    Refusal(both, "{in}/f32.sedge: has no class list of its own; say what to look for with --classes"),
    Refusal("\(both) --classes ''", "--classes: is malformed: the class list is empty"),
    Refusal("\(both) --classes ';'", "--classes: is malformed: class 0 has an empty name"),
    Refusal("\(both) --classes 'sky;;grass'", "--classes: is malformed: class 1 has an empty name"),
    Refusal(
      "\(both) --classes 'sky, ; grass'",
      "--classes: is malformed: class 0, \"sky,\", has an empty synonym"),
    Refusal(
      "\(both) --classes 'sky; Sky'",
      "--classes: is malformed: classes 0 and 1, \"sky\" and \"Sky\", differ in case alone, which the model does not see; name each differently"
    ),
    Refusal("\(both) --classes absent.txt", "absent.txt: cannot be read: No such file or directory"),
    Refusal(
      "\(both) --classes {in}/absent.json", "{in}/absent.json: cannot be read: No such file or directory"),
    Refusal(
      "\(both) --classes {in}/numbers.json",
      "{in}/numbers.json: byte 8: is malformed: element 1 of the array is a number, expected a string"),
    Refusal(
      "\(both) --classes 'sky; grass' --top-k 3", "--top-k 3: there are 2 classes; use at most 2, or all"),
    Refusal(
      "segment {in}/dropped.sedge \(sky) --classes 'sky; water'",
      "{in}/dropped.sedge: has no text encoder, only the class lists three (3 classes); take classes of one of them"
    ),
    Refusal(
      "segment {in}/no_templates.sedge \(sky) --classes 'sky; water'",
      "{in}/no_templates.sedge: has no prompt templates, so class names mean nothing to it; convert again with --templates"
    ),
    Refusal(
      "segment {in}/linear.sedge \(sky) --classes 'sky; water'",
      "{in}/linear.sedge: has no tokenizer, so class names mean nothing to it; convert again with --vocabulary"
    ),
    Refusal("\(both) --classes sky -o {out}", "{out}: is a directory, expected a file"),
    Refusal(
      "\(both) --classes sky --labels {out}/new --dump {out}/absent/new",
      "{out}/absent/new: cannot be written: No such file or directory"),
    Refusal(
      "\(both) --classes sky --labels \(sky)",
      "--labels \(sky): is the input \(sky) itself, expected another path"),
  ]

  static let usage = [
    Refusal("segment {in}/f32.sedge", "Missing expected argument '<image>'", status: 64),
    Refusal("\(both) --classes sky --top-k 0", "The value '0' is invalid for '--top-k <k>'", status: 64),
    Refusal("\(both) --classes sky --top-k few", "The value 'few' is invalid for '--top-k <k>'", status: 64),
    Refusal(
      "\(both) --classes sky --labels {out}/kept -o {out}/kept",
      "--output, --labels and --dump: expected a path of its own for each", status: 64),
    Refusal(
      "\(both) --classes sky -o {in}/f32.sedge",
      "--output {in}/f32.sedge: the output is PNG, and .sedge is the ending of another format; name it f32.png",
      status: 64),
    Refusal(
      "\(both) --classes sky --labels {out}/l.tif",
      "--labels {out}/l.tif: the output is PNG, and .tif is the ending of another format; name it l.png",
      status: 64),
    Refusal(
      "\(both) --classes sky --dump {out}/d.npz",
      "--dump {out}/d.npz: the output is safetensors, and .npz is the ending of another format; name it d.safetensors",
      status: 64),
    Refusal("\(both) --classes", "Missing value for '--classes <classes>'", status: 64),
  ]

  @Test("Input that cannot be used is refused", arguments: cases)
  func refuses(_ refusal: Refusal) throws { try refusal.check() }

  @Test("A wrong command line is refused", arguments: usage)
  func refusesUsage(_ refusal: Refusal) throws { try refusal.check() }
}
