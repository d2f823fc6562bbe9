// What the commands print, as a whole.

import Testing

@Suite("Output in words")
struct OutputTests {
  private static let shapesOptions =
    "--text-heads 4 --resolution 256 --templates {fixtures}/shapes/templates.json"
  private static let tinyOptions = "--text-heads 2 --resolution 64 --allow-no-class-names"
  private static let sky = "{fixtures}/pictures/sky.png"

  @Test("inspect")
  func inspect() throws {
    try Snapshot.inspectOutput.check([
      Output("inspect {fixtures}/shapes/sed_shapes.h5 --text-heads 4 --tensors gamma$"),
      Output("inspect {fixtures}/clip/mlp.safetensors --text-heads 2 --tensors ^none$"),
      Output("inspect {in}/f32.sedge --values --tensors ^none$", numbers: false),
      Output("inspect {in}/int8.sedge --tensors transformer.head", numbers: false),
      Output("inspect {in}/dropped.sedge --tensors ^none$", numbers: false),
      Output("inspect {in}/sed.sedge --tensors ^none$", numbers: false),
      Output("inspect {in}/clip_mlp.sedge --tensors ^none$", numbers: false),
      Output("inspect {in}/many.safetensors --text-heads 2 --tensors ^none$", status: 2),
      Output("inspect {in}/non_finite.safetensors --text-heads 2 --values --tensors ^none$", status: 2),
    ])
  }

  @Test("convert")
  func convert() throws {
    let trained = "convert {fixtures}/shapes/sed_shapes.h5 -o {out}/m.sedge \(Self.shapesOptions)"
    let tiny = "convert {fixtures}/tiny/linear.h5 -o {out}/m.sedge \(Self.tinyOptions)"
    try Snapshot.convertOutput.check([
      Output("\(trained) --quantize int8", numbers: false),
      Output("\(trained) --parts image,text,decoder", numbers: false),
      Output("\(trained) --drop-text --classes {in}/three.json --top-k all", numbers: false),
      Output("\(tiny) --no-fold", numbers: false),
      Output("\(tiny) --quantize int4 --report", numbers: false),
    ])
  }

  @Test("export")
  func export() throws {
    try Snapshot.exportOutput.check([
      Output("export {in}/f32.sedge -o {out}/m.safetensors", numbers: false),
      Output("export {in}/int8.sedge -o {out}/m.safetensors --names openclip", numbers: false),
      Output("export {in}/unfolded.sedge -o {out}/m.safetensors", numbers: false),
    ])
  }

  @Test("diff")
  func diff() throws {
    try Snapshot.diffOutput.check([
      Output("diff {fixtures}/shapes/sed_shapes.h5 {in}/f32.sedge"),
      Output("diff {fixtures}/shapes/sed_shapes.h5 {in}/unfolded.sedge"),
      Output("diff {in}/f32.sedge {in}/unfolded.sedge", status: 1),
      Output("diff {in}/f32.sedge {in}/sed.sedge", status: 1),
      Output("diff {in}/f32.sedge {in}/int8.sedge --tolerance 0.02", numbers: false),
      Output("diff {in}/unfolded.sedge {in}/changed.safetensors", status: 1, numbers: false),
      Output("diff {in}/linear.safetensors {in}/transposed.safetensors", status: 1),
      Output("diff {in}/linear.safetensors {in}/renamed.safetensors", status: 1),
      Output("diff {in}/linear.sedge {in}/extra.safetensors"),
    ])
  }

  @Test("verify")
  func verify() throws {
    let golden = "--golden {fixtures}/shapes/sed_shapes.golden.h5"
    let against = "--against {fixtures}/shapes/sed_shapes.h5 --classes 'sky; grass'"
    try Snapshot.verifyOutput.check([
      Output("verify {in}/f32.sedge \(golden)", numbers: false),
      Output("verify {in}/f32.sedge \(golden) --threshold tap-max=0", status: 1, numbers: false),
      Output(
        "verify {in}/f32.sedge --golden {fixtures}/preprocessing/sed_shapes.golden.safetensors --preprocess sed",
        numbers: false),
      Output("verify {in}/f32.sedge \(against) --images {fixtures}/pictures", numbers: false),
      Output("verify {in}/clip_mlp.sedge --golden {fixtures}/clip/mlp.golden.safetensors", numbers: false),
    ])
  }

  @Test("segment")
  func segment() throws {
    let three = "\(Self.sky) --classes 'grass; sky; red circle' --no-text-cache"
    try Snapshot.segmentOutput.check([
      Output("segment {in}/f32.sedge \(three)", numbers: false),
      Output(
        "segment {in}/f32.sedge \(three) --top-k 2 -o {out}/o.png --labels {out}/l.png --dump {out}/d.safetensors",
        numbers: false),
      Output("segment {in}/dropped.sedge \(Self.sky)", numbers: false),
      Output(
        "segment {in}/dropped.sedge \(Self.sky) {in}/words.txt {fixtures}/pictures/sand.png --labels {out}/{stem}.png",
        status: 3, numbers: false),
    ])
  }

  @Test("classify")
  func classify() throws {
    try Snapshot.classifyOutput.check([
      Output(
        "classify {in}/clip_f32.sedge \(Self.sky) --classes {fixtures}/shapes/classes.json --best 2 --no-text-cache"
      ),
      Output("classify {in}/clip_dropped.sedge \(Self.sky)", numbers: false),
    ])
  }

  @Test("sweep")
  func sweep() throws {
    let trained = "sweep {fixtures}/shapes/sed_shapes.h5 \(Self.shapesOptions) --images {fixtures}/pictures"
    try Snapshot.sweepOutput.check([
      Output("\(trained) --forms rtn6", numbers: false),
      Output(
        "\(trained) --classes {fixtures}/shapes/classes.json --labels {fixtures}/pictures --forms f16,rtn4",
        numbers: false),
    ])
  }

  @Test("estimate")
  func estimate() throws {
    try Snapshot.estimateOutput.check([Output("estimate {fixtures}/tiny/wide.h5 --bits 6", numbers: false)])
  }
}
