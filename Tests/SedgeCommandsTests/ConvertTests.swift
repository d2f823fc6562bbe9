// The files that convert writes.

import Foundation
import TestSupport
import Testing

@Suite("convert")
struct ConvertTests {
  @Test(
    "The same source and options give the same bytes, other options others",
    arguments: [
      "--quantize f32", "--quantize lossless", "--quantize f16", "--quantize int8", "--quantize int3",
      "--quantize int8 --store raw", "--no-fold", "--store raw", "--top-k all",
    ])
  func sameBytes(options: String) throws {
    let folder = try TemporaryFolder()
    let source = fixture("tiny/linear.h5")
    let options =
      ["--text-heads", "2", "--allow-no-class-names"] + options.split(separator: " ").map(String.init)
    for (name, options) in [("a", options), ("b", options), ("c", options + ["--pooling", "2"])] {
      let outcome = try SedgeProgram.run(["convert", source, "-o", folder.file(name)] + options)
      #expect(outcome.status == 0, "\(outcome.diagnostics)")
    }
    #expect(try bytes(of: folder.file("a")) == bytes(of: folder.file("b")))
    #expect(try bytes(of: folder.file("a")) != bytes(of: folder.file("c")))
    #expect(try folder.contents() == ["a", "b", "c"])
  }

  @Test("The container of the source plays no part in the tensors")
  func sameTensors() throws {
    let folder = try TemporaryFolder()
    let inputs = try Inputs.shared
    var tensors: [String] = []
    for source in [fixture("tiny/linear.h5"), inputs.file("linear.safetensors")] {
      let output = folder.file("model.sedge")
      _ = try SedgeProgram.run(["convert", source, "-o", output, "--force"] + tinyOptions)
      let text = try SedgeProgram.run(["inspect", output, "--tensors"]).output
      tensors.append(String(text.drop { $0 != "\n" }.replacing(/(source|sha256) .*/, with: "")))
    }
    #expect(tensors[0] == tensors[1])
    #expect(tensors[0].contains("transformer.head0.weight"))
  }

  @Test("With --force an existing file is replaced by the new one, and nothing else is left")
  func replaces() throws {
    let folder = try TemporaryFolder()
    let output = try folder.write(Array("old".utf8), to: "model.sedge")
    let arguments = ["convert", fixture("tiny/linear.h5"), "-o", output] + tinyOptions
    #expect(try SedgeProgram.run(arguments).status == 2)
    #expect(try bytes(of: output) == Array("old".utf8))
    #expect(try SedgeProgram.run(arguments + ["--force"]).status == 0)
    #expect(try bytes(of: output).starts(with: [0x89, 0x53, 0x45, 0x44, 0x47, 0x45]))
    #expect(try folder.contents() == ["model.sedge"])
  }

  @Test("Smaller codes make smaller files, and compression too")
  func sizes() throws {
    let inputs = try Inputs.shared
    let folder = try TemporaryFolder()
    let raw = folder.file("raw.sedge")
    let outcome = try SedgeProgram.run(
      ["convert", shapesCheckpoint, "-o", raw, "--store", "raw"] + shapesOptions)
    #expect(outcome.status == 0)
    let sizes = try ["int8.sedge", "f16.sedge", "f32.sedge"].map { try bytes(of: inputs.file($0)).count }
    #expect(sizes == sizes.sorted())
    #expect(try bytes(of: raw).count > 4 * 4_157_908)
    #expect(sizes[2] < 4 * 4_157_908)
    #expect(sizes[0] < 4_157_908)
  }

  @Test("--json agrees with the text", arguments: ["f32", "lossless", "f16", "int8", "int2"])
  func json(form: String) throws {
    let folder = try TemporaryFolder()
    let output = folder.file("model.sedge")
    let outcome = try SedgeProgram.run(
      ["convert", shapesCheckpoint, "-o", output, "--quantize", form, "--json"] + shapesOptions)
    #expect(outcome.status == 0)
    let object = try outcome.json()
    #expect(keysNotInSnakeCase(object) == [])
    #expect(object["file"] as? String == output)
    #expect(object["file_bytes"] as? Int == (try bytes(of: output).count))
    #expect(object["source_bytes"] as? Int == (try bytes(of: shapesCheckpoint).count))
    #expect(object["parameters"] as? Int == 4_157_908)
    let header = try #require(object["header"] as? [String: Any])
    #expect(
      header["options"] as? [String: String] == [
        "quantize": form, "fold": "yes", "text_heads": "4", "templates": "given", "store": "zstd level 3",
      ])
    let tensors = try #require(object["tensors"] as? [[String: Any]])
    #expect(tensors.count == 186)
    let codecs = [
      "f32": ["f32"], "lossless": ["f32-planes"], "f16": ["f16-planes", "f32-planes"],
      "int8": ["f32-planes", "trellis"], "int2": ["f16-planes", "trellis"],
    ]
    #expect(Set(tensors.compactMap { $0["codec"] as? String }).sorted() == codecs[form])
    #expect(try SedgeProgram.run(["inspect", output]).status == 0)
  }

  @Test(
    "Interrupted while it writes, it leaves nothing behind and ends by the signal",
    arguments: [SIGINT, SIGTERM, SIGHUP])
  func interruption(signal: Int32) throws {
    let folder = try TemporaryFolder()
    let (hasWritten, status) = try SedgeProgram.interrupt(
      ["convert", shapesCheckpoint, "-o", folder.file("model.sedge"), "--quantize", "int4"] + shapesOptions,
      with: signal, whenWritingIn: folder)
    #expect(hasWritten)
    // On a busy machine it may be done before the signal arrives.
    if status == 0 {
      #expect(try folder.contents() == ["model.sedge"])
    } else {
      #expect(status == 128 + signal)
      #expect(try folder.contents() == [])
    }
  }

  @Test("Interrupted where a file would be replaced, it leaves the old one")
  func interruptedReplacement() throws {
    let (folder, parts) = (try TemporaryFolder(), try TemporaryFolder())
    let old = try folder.write(Array("old".utf8), to: "model.sedge")
    try FileManager.default.createDirectory(atPath: parts.file("none"), withIntermediateDirectories: false)
    let outcome = try SedgeProgram.interrupt(
      ["convert", shapesCheckpoint, "-o", old, "--force"] + shapesOptions, with: SIGINT, whenWritingIn: parts)
    #expect(outcome.hasAppeared)
    if outcome.status != 0 {
      #expect(outcome.status == 130)
      #expect(try bytes(of: old) == Array("old".utf8))
    }
    #expect(try folder.contents() == ["model.sedge"])
  }
}
