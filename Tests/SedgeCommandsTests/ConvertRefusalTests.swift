// Conversions that are refused.

import Foundation
import TestSupport
import Testing

@Suite("Refusals of convert")
struct ConvertRefusalTests {
  private static let tiny = "--text-heads 2 --resolution 64 --allow-no-class-names --force -o {out}/kept"
  private static let shapes =
    "convert {fixtures}/shapes/sed_shapes.h5 --text-heads 4 --resolution 256 --templates {fixtures}/shapes/templates.json"

  static let checkpoints = [
    "wrong_shape", "transposed", "missing", "renamed", "extra", "wrong_type", "nan", "infinite", "many",
    "non_finite", "no_decoder", "no_model", "nothing",
  ].map { Refusal("convert {in}/\($0).safetensors \(tiny)") }

  static let options = [
    Refusal("\(shapes) --text-heads 5 --force -o {out}/kept"),
    Refusal("\(shapes) --heads 32 --force -o {out}/kept"),
    Refusal("\(shapes) --templates {in}/one_prompt.json --force -o {out}/kept"),
    Refusal("\(shapes) --templates {in}/no_place.json --force -o {out}/kept"),
    Refusal("\(shapes) --templates {in}/two_places.json --force -o {out}/kept"),
    Refusal("\(shapes) --templates {in}/no_list.json --force -o {out}/kept"),
    Refusal("\(shapes) --templates {in}/clear.json --force -o {out}/kept"),
    Refusal("\(shapes) --templates {in}/absent.json --force -o {out}/kept"),
    Refusal("\(shapes) --vocabulary {in}/words.txt --force -o {out}/kept"),
    Refusal("\(shapes) --vocabulary {in}/folder --force -o {out}/kept"),
    Refusal("\(shapes) --classes {in}/no_list.json --force -o {out}/kept"),
    Refusal("\(shapes) --classes {in}/doubled.json --force -o {out}/kept"),
    Refusal("\(shapes) --classes {in}/hollow.json --force -o {out}/kept"),
    Refusal("\(shapes) --classes {in}/object.json --force -o {out}/kept"),
    Refusal("\(shapes) --classes {in}/numbers.json --force -o {out}/kept"),
    Refusal("\(shapes) --classes {in}/broken.json --force -o {out}/kept"),
    Refusal("\(shapes) --classes {in}/absent.json --force -o {out}/kept"),
    Refusal("\(shapes) --classes {in}/three.json --classes {in}/three.json --force -o {out}/kept"),
    Refusal("convert {fixtures}/tiny/linear.h5 --text-heads 2 --force -o {out}/kept"),
    Refusal("convert {fixtures}/shapes/sed_shapes.h5 --text-heads 4 --force -o {out}/kept"),
    Refusal("convert {fixtures}/clip/linear.safetensors --text-heads 2 --force -o {out}/kept"),
    Refusal("convert {fixtures}/tiny/linear.h5 --classes {in}/three.json \(tiny)"),
  ]

  static let outputs = [
    Refusal("\(shapes) -o {out}/kept"),
    Refusal("\(shapes) --quantize auto --max-size 1MB -o {out}/new --plan {out}/kept"),
    Refusal("\(shapes) -o {out}/absent/new"),
    Refusal("\(shapes) -o {out}"),
    Refusal("\(shapes) -o {in}/fifo"),
    Refusal("\(shapes) -o {out}/kept/new"),
  ]

  static let usage = [
    Refusal("\(shapes) -o {out}/x.v2.ONNX", status: 64),
    Refusal("\(shapes) --quantize auto --max-size 1MB -o {out}/x --plan {out}/p.yaml", status: 64),
    Refusal("\(shapes)", status: 64),
    Refusal("convert --force -o {out}/kept", status: 64),
    Refusal("\(shapes) {in}/more --force -o {out}/kept"),
    Refusal("\(shapes) --resolution 100 --force -o {out}/kept"),
    Refusal("\(shapes) --resolution 99999999999999999999 --force -o {out}/kept", status: 64),
    Refusal("\(shapes) --pixel-std 0,1,1 --force -o {out}/kept", status: 64),
    Refusal("\(shapes) --pixel-std 0 --force -o {out}/kept", status: 64),
    Refusal("\(shapes) --pixel-mean 1,nan,3 --force -o {out}/kept", status: 64),
    Refusal("\(shapes) --quantize int7 --force -o {out}/kept", status: 64),
    Refusal("\(shapes) --store gzip --force -o {out}/kept", status: 64),
    Refusal("\(shapes) --top-k 0 --force -o {out}/kept", status: 64),
    Refusal("\(shapes) --heads 0 --force -o {out}/kept", status: 64),
    Refusal("\(shapes) --drop-text --force -o {out}/kept", status: 64),
    Refusal("\(shapes) --foldd --force -o {out}/kept", status: 64),
  ]

  static let quantization = [
    Refusal("\(shapes) --quantize auto -o {out}/x", status: 64),
    Refusal("\(shapes) --quantize auto --max-size 10kB -o {out}/x"),
    Refusal("\(shapes) --quantize int4 --max-size 1MB -o {out}/x", status: 64),
    Refusal("\(shapes) --quantize int4 --store raw -o {out}/x"),
    Refusal("\(shapes) --tensor no_such_name=int4 -o {out}/x"),
    Refusal("\(shapes) --tensor '[=int4' -o {out}/x", status: 64),
    Refusal("\(shapes) --tensor stem=int17 -o {out}/x", status: 64),
    Refusal("\(shapes) --plan {in}/absent.json -o {out}/x"),
    Refusal("\(shapes) --plan {in}/numbers.json -o {out}/x"),
    Refusal("\(shapes) --quantize int4 --calibrate {in}/folder -o {out}/x"),
    Refusal("\(shapes) --quantize auto --max-miou-drop 0.5% -o {out}/x", status: 64),
    Refusal(
      "\(shapes) --quantize auto --max-miou-drop 0.5% --calibrate {fixtures}/pictures -o {out}/x", status: 64),
    Refusal(
      "\(shapes) --quantize auto --max-miou-drop 0.5% --calibrate {fixtures}/pictures --calibrate-labels {fixtures}/pictures -o {out}/x",
      status: 64),
    Refusal(
      "\(shapes) --quantize auto --max-size 1MB --calibrate {fixtures}/pictures --calibrate-labels {fixtures}/pictures -o {out}/x",
      status: 64),
    Refusal(
      "\(shapes) --quantize auto --max-miou-drop 0.5% --calibrate {fixtures}/pictures --calibrate-labels {in} --calibrate-classes {fixtures}/shapes/classes.json -o {out}/x"
    ),
    Refusal(
      "\(shapes) --quantize auto --max-miou-drop 0.5% --calibrate {fixtures}/pictures --calibrate-labels {fixtures}/pictures --calibrate-classes {in}/three.json -o {out}/x"
    ),
  ]

  @Test("A checkpoint, an option or an output that does not fit is refused in the words of the snapshot")
  func refuses() throws {
    try Snapshot.convertRefusals.check(Self.checkpoints + Self.options + Self.outputs + Self.usage)
  }

  @Test("Requests for quantization that do not fit are refused in the words of the snapshot")
  func refusesQuantization() throws { try Snapshot.quantizationRefusals.check(Self.quantization) }

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
    #expect(outcome.errors.hasPrefix("sedge: --output \(folder.file(output)): is the input "))
    #expect(try bytes(of: source) == original)
    #expect(try folder.contents() == ["hard", "linear", "link"])
  }

  @Test("Missing permissions are reported", .enabled(if: getuid() != 0, "root may do everything"))
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
