// Classifications that are refused, and requests that CLIP alone cannot fulfil.

import TestSupport
import Testing

@Suite("Refusals of CLIP alone")
struct ClassifyRefusalTests {
  private static let sky = "{fixtures}/pictures/sky.png"
  private static let both = "classify {in}/clip_f32.sedge \(sky)"
  private static let convert = "convert {fixtures}/shapes/sed_shapes.h5 --text-heads 4 --force -o {out}/kept"

  static let cases = [
    Refusal("classify {in}/f32.sedge \(sky) --classes 'sky; sand'"),
    Refusal("classify {fixtures}/clip/linear.safetensors \(sky) --classes 'sky; sand'"),
    Refusal("classify {in}/clip_f32.sedge {in}/words.txt --classes 'sky; sand'"),
    Refusal("classify {in}/clip_f32.sedge {in}/absent.png --classes 'sky; sand'"),
    Refusal(both),
    Refusal("\(both) --classes ''"),
    Refusal("classify {in}/clip_dropped.sedge \(sky) --classes 'sky; water'"),
    Refusal("classify {in}/clip_linear.sedge \(sky) --classes 'sky; water'"),
    Refusal("\(both) --classes 'sky; sand' --dump {in}/clip_f32.sedge", status: 64),
    Refusal("\(both) --best 0", status: 64),
    Refusal("segment {in}/clip_f32.sedge \(sky) --classes 'sky; sand' --preprocess sed"),
    Refusal("verify {in}/clip_linear.sedge --golden {fixtures}/clip/mlp.golden.safetensors"),
    Refusal("convert {in}/no_scale.safetensors --text-heads 2 --force -o {out}/kept"),
    Refusal("\(convert) --logit-scale 21", status: 64),
    Refusal("\(convert) --logit-scale nan", status: 64),
    Refusal("\(convert) --norm-eps 0", status: 64),
    Refusal("\(convert) --parts image,decoder", status: 64),
  ]

  @Test("Impossible requests are refused in the words of the snapshot")
  func refuses() throws { try Snapshot.classifyRefusals.check(Self.cases) }

  @Test(
    "Parts that make no model are refused",
    arguments: ["", "text", "image,,text", "image,image", "image,text,rejection", "image,texts"])
  func parts(list: String) throws {
    let outcome = try SedgeProgram.run([
      "convert", shapesCheckpoint, "-o", "/dev/null/none", "--parts", list,
    ])
    #expect(outcome.status == 64)
    #expect(outcome.diagnostics.hasPrefix("Error: The value '\(list)' is invalid for '--parts "))
  }

  @Test("A model without rejection heads keeps all classes and takes no k")
  func withoutRejection() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("model.sedge")
    let converted = try SedgeProgram.run(
      ["convert", shapesCheckpoint, "-o", path, "--parts", "image,text,decoder"] + shapesOptions)
    #expect(converted.status == 0)
    let segment = ["segment", path, skyPicture, "--classes", "sky; grass; sand"]
    let segmented = try SedgeProgram.run(segment)
    #expect(segmented.status == 0)
    #expect(
      try segmented.output
        == SedgeProgram.run(
          [
            "segment", Inputs.shared.file("f32.sedge"), skyPicture, "--classes", "sky; grass; sand",
            "--top-k", "all", "--no-text-cache",
          ]
        ).output)
    let refused = try SedgeProgram.run(segment + ["--top-k", "2"])
    #expect(refused.status == 2)
    #expect(refused.diagnostics.hasPrefix("sedge: --top-k 2: \(path) "))
  }
}
