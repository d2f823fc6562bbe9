// What convert must not convert.

import Foundation
import TestSupport
import Testing

@Suite("What convert refuses")
struct ConvertRefusalTests {
  private static let tiny = "--text-heads 2 --resolution 64 --allow-no-class-names --force -o {out}/kept"
  private static let shapes =
    "convert {fixtures}/shapes/sed_shapes.h5 --text-heads 4 --resolution 256 --templates {fixtures}/shapes/templates.json"

  private static func checkpoint(_ name: String, _ message: String) -> Refusal {
    Refusal("convert {in}/\(name).safetensors \(tiny)", "{in}/\(name).safetensors: \(message)")
  }

  private static let looksLike = "looks like SED (depths 1,1,2,1, widths 8,12,16,24), but"
  private static let prefix = "  sem_seg_head.predictor."

  static let checkpoints = [
    checkpoint(
      "wrong_shape",
      """
      \(looksLike) has a problem
      \(prefix)transformer.head0.weight: wrong shape, expected 1x24x3x3, found 1x24x3x2
      """),
    checkpoint(
      "transposed",
      """
      \(looksLike) has a problem
      \(prefix)clip_model.visual.trunk.stages.0.blocks.0.mlp.fc1.weight: wrong shape, expected 32x8, found 8x32 \
      (transposed)
      """),
    checkpoint(
      "missing",
      """
      \(looksLike) has a problem
      \(prefix)transformer.head1.bias: missing, expected 1
      """),
    checkpoint(
      "renamed",
      """
      \(looksLike) has 2 problems
      \(prefix)transformer.head1.bias: missing, expected 1 (did you mean \
      sem_seg_head.predictor.transformer.heat1.bias, 1?)
      \(prefix)transformer.heat1.bias: unexpected, found 1
      """),
    checkpoint(
      "extra",
      """
      \(looksLike) has a problem
        optimizer.step: unexpected, found 9 (not under sem_seg_head.predictor.)
      nothing else is wrong; --ignore-unexpected leaves these tensors out
      """),
    checkpoint(
      "wrong_type",
      """
      \(looksLike) has a problem
      \(prefix)transformer.head2.bias: wrong type, expected floating-point numbers, found int32
      """),
    checkpoint(
      "nan",
      """
      \(looksLike) has a problem
      \(prefix)transformer.head0.bias: the value at index 0 is not finite
      """),
    checkpoint(
      "infinite",
      """
      \(looksLike) has a problem
      \(prefix)clip_model.ln_final.weight: 2 values are not finite, the first at index 3
      """),
    checkpoint(
      "many",
      """
      \(looksLike) has 4 problems
      \(prefix)clip_model.visual.trunk.stages.0.blocks.0.mlp.fc1.weight: wrong shape, expected 32x8, found 8x32 \
      (transposed)
      \(prefix)transformer.head1.bias: missing, expected 1
      \(prefix)transformer.head2.bias: wrong type, expected floating-point numbers, found int32
        optimizer.step: unexpected, found 9 (not under sem_seg_head.predictor.)
      """),
    checkpoint(
      "non_finite",
      """
      \(looksLike) has 2 problems
      \(prefix)clip_model.ln_final.weight: 2 values are not finite, the first at index 3
      \(prefix)transformer.head0.bias: the value at index 0 is not finite
      """),
    checkpoint(
      "no_decoder",
      """
      is no model that Sedge knows
        transformer.conv1.weight: not found, under any prefix \
      (the image encoder is there, the decoder is not; use the whole checkpoint, or --parts image,text for CLIP alone)
      """),
    checkpoint(
      "no_model",
      """
      is no model that Sedge knows
        clip_model.visual.trunk.stem.0.weight: not found, under any prefix \
      (none of the names is one of SED's or CLIP's)
      """),
    checkpoint(
      "nothing",
      """
      is no model that Sedge knows
        clip_model.visual.trunk.stem.0.weight: not found, under any prefix \
      (the file holds no tensors)
      """),
  ]

  static let options = [
    Refusal(
      "\(shapes) --text-heads 5 --force -o {out}/kept",
      """
      {fixtures}/shapes/sed_shapes.h5: looks like SED, but has a problem
      \(prefix)clip_model.transformer.resblocks.0.attn.in_proj_weight: 5 heads do not divide a width of 64 (set the \
      number with --text-heads)
      """),
    Refusal(
      "\(shapes) --heads 32 --force -o {out}/kept",
      """
      {fixtures}/shapes/sed_shapes.h5: looks like SED, but has a problem
      \(prefix)transformer.decoder3.attention.attention.q.weight: 32 heads do not divide a width of 16 (set the \
      number with --heads)
      """),
    Refusal(
      "\(shapes) --templates {in}/one_prompt.json --force -o {out}/kept",
      "{fixtures}/shapes/sed_shapes.h5: takes 4 prompts, --templates has 1"),
    Refusal(
      "\(shapes) --templates {in}/no_place.json --force -o {out}/kept",
      "{in}/no_place.json: is malformed: prompt 2, \"a photo\", has 0 places for the class name, expected one {}"
    ),
    Refusal(
      "\(shapes) --templates {in}/two_places.json --force -o {out}/kept",
      "{in}/two_places.json: is malformed: prompt 0, \"a {} {}\", has 2 places for the class name, expected one {}"
    ),
    Refusal(
      "\(shapes) --templates {in}/no_list.json --force -o {out}/kept",
      "{in}/no_list.json: is malformed: the list of prompts is empty"),
    Refusal(
      "\(shapes) --templates {in}/clear.json --force -o {out}/kept",
      "{in}/clear.json: byte 0: is malformed: expected a JSON array of strings, found no JSON"),
    Refusal(
      "\(shapes) --templates {in}/absent.json --force -o {out}/kept",
      "{in}/absent.json: cannot be read: No such file or directory"),
    Refusal(
      "\(shapes) --vocabulary {in}/words.txt --force -o {out}/kept",
      "{in}/words.txt: is malformed: line 1 of the vocabulary is not two symbols and a space between"),
    Refusal(
      "\(shapes) --vocabulary {in}/folder --force -o {out}/kept",
      "{in}/folder: is a directory, expected a file"),
    Refusal(
      "\(shapes) --classes {in}/no_list.json --force -o {out}/kept",
      "{in}/no_list.json: is malformed: the class list is empty"),
    Refusal(
      "\(shapes) --classes {in}/doubled.json --force -o {out}/kept",
      "the class list doubled: is malformed: classes 0 and 1, \"sky\" and \"Sky\", differ in case alone, which the model does not see; name each differently"
    ),
    Refusal(
      "\(shapes) --classes {in}/hollow.json --force -o {out}/kept",
      "{in}/hollow.json: is malformed: class 1 has an empty name"),
    Refusal(
      "\(shapes) --classes {in}/object.json --force -o {out}/kept",
      "{in}/object.json: byte 0: is malformed: expected a JSON array of strings, found an object"),
    Refusal(
      "\(shapes) --classes {in}/numbers.json --force -o {out}/kept",
      "{in}/numbers.json: byte 8: is malformed: element 1 of the array is a number, expected a string"),
    Refusal(
      "\(shapes) --classes {in}/broken.json --force -o {out}/kept",
      "{in}/broken.json: byte 8: is malformed: element 1 of the array is the end, expected a string"),
    Refusal(
      "\(shapes) --classes {in}/absent.json --force -o {out}/kept",
      "{in}/absent.json: cannot be read: No such file or directory"),
    Refusal(
      "\(shapes) --classes {in}/three.json --classes {in}/three.json --force -o {out}/kept",
      "two class lists are named three: rename one of the files"),
    Refusal(
      "convert {fixtures}/tiny/linear.h5 --text-heads 2 --force -o {out}/kept",
      """
      {fixtures}/tiny/linear.h5: the model takes 3 prompts and none were given (--templates); the model has 300 tokens, \
      CLIP's vocabulary 49408: no tokenizer fits (--vocabulary). Without them the file takes no class names; if that is \
      wanted, add --allow-no-class-names
      """),
    Refusal(
      "convert {fixtures}/shapes/sed_shapes.h5 --text-heads 4 --force -o {out}/kept",
      """
      {fixtures}/shapes/sed_shapes.h5: the model takes 4 prompts and none were given (--templates). Without them the \
      file takes no class names; if that is wanted, add --allow-no-class-names
      """),
    Refusal(
      "convert {fixtures}/clip/linear.safetensors --text-heads 2 --force -o {out}/kept",
      """
      {fixtures}/clip/linear.safetensors: the model has 300 tokens, CLIP's vocabulary 49408: no tokenizer fits \
      (--vocabulary). Without them the file takes no class names; if that is wanted, add --allow-no-class-names
      """),
    Refusal(
      "convert {fixtures}/tiny/linear.h5 --classes {in}/three.json \(tiny)",
      """
      {fixtures}/tiny/linear.h5: class lists cannot be encoded: the model takes 3 prompts and none were given \
      (--templates); the model has 300 tokens, CLIP's vocabulary 49408: no tokenizer fits (--vocabulary)
      """),
  ]

  static let outputs = [
    Refusal(
      "\(shapes) -o {out}/kept", "--output {out}/kept: exists; give --force to replace it, or another path"),
    Refusal(
      "\(shapes) --quantize auto --max-size 1MB -o {out}/new --plan {out}/kept",
      "--plan {out}/kept: exists; give --force to replace it, or another path"),
    Refusal(
      "\(shapes) -o {out}/absent/new", "{out}/absent/new: cannot be written: No such file or directory"),
    Refusal("\(shapes) -o {out}", "{out}: is a directory, expected a file"),
    Refusal("\(shapes) -o {in}/fifo", "{in}/fifo: is no regular file, expected a file"),
    Refusal("\(shapes) -o {out}/kept/new", "{out}/kept/new: cannot be written: Not a directory"),
  ]

  static let usage = [
    Refusal(
      "\(shapes) -o {out}/x.v2.ONNX",
      "--output {out}/x.v2.ONNX: the output is a .sedge file, and .onnx is the ending of another format; name it x.v2.sedge",
      status: 64),
    Refusal(
      "\(shapes) --quantize auto --max-size 1MB -o {out}/x --plan {out}/p.yaml",
      "--plan {out}/p.yaml: the output is JSON, and .yaml is the ending of another format; name it p.json",
      status: 64),
    Refusal("\(shapes)", "Missing expected argument '--output <model.sedge>'", status: 64),
    Refusal("convert --force -o {out}/kept", "Missing expected argument '<source> ...'", status: 64),
    Refusal(
      "\(shapes) {in}/more --force -o {out}/kept", "{in}/more: cannot be read: No such file or directory"),
    Refusal(
      "\(shapes) --resolution 100 --force -o {out}/kept",
      "--resolution 100: expected a multiple of 32, at most 8192", status: 64),
    Refusal(
      "\(shapes) --resolution 99999999999999999999 --force -o {out}/kept",
      "The value '99999999999999999999' is invalid for '--resolution <pixels>'", status: 64),
    Refusal(
      "\(shapes) --pixel-std 0,1,1 --force -o {out}/kept", "--pixel-std: expected numbers above 0", status: 64
    ),
    Refusal(
      "\(shapes) --pixel-std 0 --force -o {out}/kept", "The value '0' is invalid for '--pixel-std <r,g,b>'",
      status: 64),
    Refusal(
      "\(shapes) --pixel-mean 1,nan,3 --force -o {out}/kept",
      "The value '1,nan,3' is invalid for '--pixel-mean <r,g,b>'", status: 64),
    Refusal(
      "\(shapes) --quantize int7 --force -o {out}/kept",
      "The value 'int7' is invalid for '--quantize <f32|lossless|f16|int8|int6|int5|int4|int3|int2|auto>'. Please provide one of the following:",
      status: 64),
    Refusal(
      "\(shapes) --store gzip --force -o {out}/kept",
      "The value 'gzip' is invalid for '--store <raw|zstd>'. Please provide one of 'raw' and 'zstd'.",
      status: 64),
    Refusal(
      "\(shapes) --top-k 0 --force -o {out}/kept", "The value '0' is invalid for '--top-k <k>'", status: 64),
    Refusal(
      "\(shapes) --heads 0 --force -o {out}/kept", "--heads 0: expected a number from 1 to 4096", status: 64),
    Refusal(
      "\(shapes) --drop-text --force -o {out}/kept",
      "--drop-text: without its text encoder a model needs --classes, or --allow-no-class-names", status: 64),
    Refusal(
      "\(shapes) --foldd --force -o {out}/kept", "Unknown option '--foldd'. Did you mean '--force'?",
      status: 64),
  ]

  @Test("A checkpoint that does not fit is refused with all that is wrong", arguments: checkpoints)
  func refusesCheckpoint(_ refusal: Refusal) throws { try refusal.check() }

  @Test("Options that do not fit the model are refused", arguments: options)
  func refusesOptions(_ refusal: Refusal) throws { try refusal.check() }

  @Test("A place that cannot take the output is refused", arguments: outputs)
  func refusesOutput(_ refusal: Refusal) throws { try refusal.check() }

  @Test("A wrong command line is refused", arguments: usage)
  func refusesUsage(_ refusal: Refusal) throws { try refusal.check() }

  @Test("The source is never written over", arguments: ["linear", "link", "hard"])
  func keepsSource(output: String) throws {
    let folder = try TemporaryFolder()
    let original = try bytes(of: fixture("tiny/linear.h5"))
    let source = try folder.write(original, to: "linear")
    try FileManager.default.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: source)
    try FileManager.default.linkItem(atPath: source, toPath: folder.file("hard"))
    let outcome = try SedgeProgram.run(["convert", source, "-o", folder.file(output)] + tinyOptions)
    #expect(outcome.status == 2)
    #expect(outcome.output == "")
    #expect(
      outcome.errors
        == "sedge: \(folder.file(output)): is the source itself, expected another path for the output\n")
    #expect(try bytes(of: source) == original)
    #expect(try folder.contents() == ["hard", "linear", "link"])
  }

  @Test("Rights that are missing are told", .enabled(if: getuid() != 0, "root may do everything"))
  func rights() throws {
    let folder = try TemporaryFolder()
    let source = try folder.write(try bytes(of: fixture("tiny/linear.h5")), to: "linear.h5")
    try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: folder.path)
    defer { try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path) }
    let output = folder.file("new.sedge")
    let writing = try SedgeProgram.run(["convert", source, "-o", output] + tinyOptions)
    #expect(writing.status == 2)
    #expect(writing.errors == "sedge: \(output): cannot be written: Permission denied\n")
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: source)
    let reading = try SedgeProgram.run(["inspect", source])
    #expect(reading.status == 2)
    #expect(reading.errors == "sedge: \(source): cannot be read: Permission denied\n")
    #expect(try folder.contents() == ["linear.h5"])
  }
}
