// Segmentations that are refused.

import Testing

@Suite("Refusals of segment")
struct SegmentRefusalTests {
  private static let sky = "{fixtures}/pictures/sky.png"
  private static let both = "segment {in}/f32.sedge \(sky)"

  static let cases = [
    Refusal("segment {in}/f32.sedge {in}/words.txt"),
    Refusal("segment {in}/f32.sedge {in}/absent.png"),
    Refusal("segment {in}/f32.sedge {in}/folder"),
    Refusal("segment {in}/f32.sedge {in}/empty"),
    Refusal("segment {in}/f32.sedge {in}/cut.png"),
    Refusal("segment {in}/f32.sedge {in}/cut.jpg"),
    Refusal(both),
    Refusal("\(both) --classes ''"),
    Refusal("\(both) --classes ';'"),
    Refusal("\(both) --classes 'sky;;grass'"),
    Refusal("\(both) --classes 'sky, ; grass'"),
    Refusal("\(both) --classes 'sky; Sky'"),
    Refusal("\(both) --classes absent.txt"),
    Refusal("\(both) --classes {in}/absent.json"),
    Refusal("\(both) --classes {in}/numbers.json"),
    Refusal("\(both) --classes 'sky; grass' --top-k 3"),
    Refusal("segment {in}/dropped.sedge \(sky) --classes 'sky; water'"),
    Refusal("segment {in}/no_templates.sedge \(sky) --classes 'sky; water'"),
    Refusal("segment {in}/linear.sedge \(sky) --classes 'sky; water'"),
    Refusal("\(both) --classes sky -o {out}"),
    Refusal("\(both) --classes sky --labels {out}/new --dump {out}/absent/new"),
    Refusal("\(both) --classes sky --labels \(sky)"),
    Refusal("\(both) \(sky) --classes sky --labels {out}/l.png"),
    Refusal("\(both) \(sky) --classes sky --labels {out}/{stem}.png"),
    Refusal("\(both) {in}/words.txt --classes sky --labels {fixtures}/pictures/{stem}.png"),
    Refusal("\(both) {in}/words.txt --classes sky --labels {out}/{index}.png -o {out}/./{index}.png"),
    Refusal("segment {in}/f32.sedge {in}/folder --classes sky --strict"),
    Refusal("segment {in}/f32.sedge \(sky) {in}/words.txt --classes absent.txt"),
    Refusal("segment {in}/f32.sedge {in}/words.txt \(sky) --classes sky --strict --no-text-cache"),
    Refusal("segment {in}/f32.sedge --list {in}/absent.txt"),
    Refusal("segment {in}/f32.sedge --list {in}/empty"),
    Refusal("segment {in}/f32.sedge -"),
    Refusal("\(both) --classes 'sky; grass' --heat gras --heat-output {out}/h.png"),
    Refusal("\(both) --classes 'sky; grass' --heat-output {out}/h.png"),
  ]

  static let usage = [
    Refusal("segment {in}/f32.sedge", status: 64),
    Refusal("\(both) --classes sky --top-k 0", status: 64),
    Refusal("\(both) --classes sky --top-k few", status: 64),
    Refusal("\(both) --classes sky --preprocess center", status: 64),
    Refusal("\(both) --classes sky --labels {out}/kept -o {out}/kept", status: 64),
    Refusal("\(both) --classes sky -o {in}/f32.sedge", status: 64),
    Refusal("\(both) --classes sky --labels {out}/l.tif", status: 64),
    Refusal("\(both) --classes sky --dump {out}/d.npz", status: 64),
    Refusal("\(both) --classes", status: 64),
    Refusal("\(both) \(sky) --classes sky --labels {out}/{name}", status: 2),
    Refusal("\(both) --classes sky --heat sky", status: 64),
    Refusal("\(both) --classes sky --palette voc", status: 64),
    Refusal("\(both) --classes sky --palette rainbow --labels {out}/l.png", status: 64),
  ]

  @Test("Unusable input is refused in the words of the snapshot")
  func refuses() throws { try Snapshot.segmentRefusals.check(Self.cases + Self.usage) }
}
