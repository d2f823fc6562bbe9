// What classify must not classify, and what other commands must not do with CLIP alone.

import TestSupport
import Testing

@Suite("What CLIP alone is refused for")
struct ClassifyRefusalTests {
  private static let sky = "{fixtures}/pictures/sky.png"
  private static let both = "classify {in}/clip_f32.sedge \(sky)"
  private static let convert = "convert {fixtures}/shapes/sed_shapes.h5 --text-heads 4 --force -o {out}/kept"

  static let cases = [
    Refusal(
      "classify {in}/f32.sedge \(sky) --classes 'sky; sand'",
      "{in}/f32.sedge: is SED, whose images are segmented and not classified; use sedge segment, or take CLIP out of its source with sedge convert --parts image,text"
    ),
    Refusal(
      "classify {fixtures}/clip/linear.safetensors \(sky) --classes 'sky; sand'",
      "{fixtures}/clip/linear.safetensors: is a checkpoint, expected a .sedge file; make one with sedge convert"
    ),
    Refusal(
      "classify {in}/clip_f32.sedge {in}/words.txt --classes 'sky; sand'",
      "{in}/words.txt: is malformed: its first bytes are those of no PNG, JPEG, WebP, TIFF or BMP picture"),
    Refusal(
      "classify {in}/clip_f32.sedge {in}/absent.png --classes 'sky; sand'",
      "{in}/absent.png: cannot be read: No such file or directory"),
    Refusal(both, "{in}/clip_f32.sedge: has no class list of its own; say what to look for with --classes"),
    Refusal("\(both) --classes ''", "--classes: is malformed: the class list is empty"),
    Refusal(
      "classify {in}/clip_dropped.sedge \(sky) --classes 'sky; water'",
      "{in}/clip_dropped.sedge: has no text encoder, only the class lists three (3 classes); take classes of one of them"
    ),
    Refusal(
      "classify {in}/clip_linear.sedge \(sky) --classes 'sky; water'",
      "{in}/clip_linear.sedge: has no tokenizer, so class names mean nothing to it; convert again with --vocabulary"
    ),
    Refusal(
      "\(both) --classes 'sky; sand' --dump {in}/clip_f32.sedge",
      "--dump {in}/clip_f32.sedge: the output is safetensors, and .sedge is the ending of another format; name it clip_f32.safetensors",
      status: 64),
    Refusal("\(both) --best 0", "--best 0: expected a number above 0", status: 64),
    Refusal(
      "segment {in}/clip_f32.sedge \(sky) --classes 'sky; sand'",
      "{in}/clip_f32.sedge: is CLIP without SED's decoder, which cannot segment; use sedge classify"),
    Refusal(
      "verify {in}/clip_linear.sedge --golden {fixtures}/clip/mlp.golden.safetensors",
      "{fixtures}/clip/mlp.golden.safetensors: tensor text_features: is malformed: was recorded from another model: expected text features of 3x1x16, found 3x1x12"
    ),
    Refusal(
      "convert {in}/no_scale.safetensors --text-heads 2 --force -o {out}/kept",
      "{in}/no_scale.safetensors: logit_scale: missing; give it with --logit-scale (4.6052 in OpenCLIP's models)"
    ),
    Refusal(
      "\(convert) --logit-scale 21", "--logit-scale: expected a logarithm, at most 20", status: 64),
    Refusal(
      "\(convert) --logit-scale nan", "--logit-scale: expected a logarithm, at most 20", status: 64),
    Refusal(
      "\(convert) --norm-eps 0", "--norm-eps 0.0: expected a number above 0 and below 1", status: 64),
    Refusal(
      "\(convert) --parts image,decoder",
      "--parts: without its text encoder a model needs --classes, or --allow-no-class-names", status: 64),
  ]

  @Test("What cannot be done is refused in words, and nothing is written", arguments: cases)
  func refusals(refusal: Refusal) throws { try refusal.check() }

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
    #expect(
      converted.diagnostics == shapesAssumptions
        + "note: left out, as asked: 6 tensors of the decoder\n")
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
    #expect(
      refused.diagnostics == "sedge: --top-k 2: \(path) has no heads for early rejection; use all\n")
  }
}
