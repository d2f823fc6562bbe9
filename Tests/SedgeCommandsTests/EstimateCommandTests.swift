// Estimates of the command line.

import Foundation
import TestSupport
import Testing

@Suite("estimate")
struct EstimateCommandTests {
  private let source = fixture("tiny/wide.h5")

  @Test("--time adds a column and a line")
  func time() throws {
    let outcome = try SedgeProgram.run(["estimate", source, "--rms", "0.05", "--time"])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("RMS error  MB/s decoded\n"))
    #expect(outcome.output.contains(/\ndecoded on one thread at [0-9,]+ MB of float32 a second\n/))
  }

  @Test("--json gives the same as one object", arguments: [false, true])
  func json(isTimed: Bool) throws {
    let arguments = ["estimate", source, "--bits", "6", "--json"] + (isTimed ? ["--time"] : [])
    let object = try SedgeProgram.run(arguments).json()
    #expect(keysNotInSnakeCase(object) == [])
    #expect(Set(object.keys) == ["report", "version", "provenance", "file_bytes", "left_out", "tensors"])
    let tensors = try #require(object["tensors"] as? [[String: Any]])
    for tensor in tensors {
      let keys = ["name", "shape", "bytes", "bits_per_weight", "relative_rms_error"]
      #expect(Set(tensor.keys) == Set(keys + (isTimed ? ["decode_seconds"] : [])))
      let shape = try #require(tensor["shape"] as? [Int])
      let bytes = try #require(tensor["bytes"] as? Int)
      let bits = try #require(tensor["bits_per_weight"] as? Double)
      #expect(abs(bits - 8 * Double(bytes) / Double(shape.reduce(1, *))) < 1e-9)
    }
  }

  @Test("--errors gives each tensor its own")
  func errors() throws {
    let folder = try TemporaryFolder()
    let name = "sem_seg_head.predictor.clip_model.token_embedding.weight"
    let list = try folder.write(Array("{\"\(name)\": 0.1}".utf8), to: "errors.json")
    let object = try SedgeProgram.run(["estimate", source, "--errors", list, "--json"]).json()
    let tensors = try #require(object["tensors"] as? [[String: Any]])
    #expect(tensors.map { $0["name"] as? String } == [name])
    let error = try #require(tensors[0]["relative_rms_error"] as? Double)
    #expect(error <= 0.1 && error > 0.09)
  }

  @Test("A weight that is no number is refused, by file and tensor")
  func notFinite() throws {
    let folder = try TemporaryFolder()
    var tensors = try StoredTensor.all(in: source)
    tensors.edit("token_embedding.weight") { $0.set(.nan, at: 5) }
    let path = folder.file("nan.safetensors")
    try StoredTensor.write(tensors, to: path)
    let outcome = try SedgeProgram.run(["estimate", path, "--bits", "4"])
    #expect(outcome.status == 2)
    #expect(
      outcome.diagnostics
        == "sedge: \(path): tensor sem_seg_head.predictor.clip_model.token_embedding.weight: "
        + "is malformed: element 5 is nan, expected a finite number\n")
  }

  static let cases = [
    Refusal("estimate {in}/wide.h5", status: 64),
    Refusal("estimate {in}/wide.h5 --bits 4 --rms 0.1", status: 64),
    Refusal("estimate {in}/wide.h5 --bits 13", status: 64),
    Refusal("estimate {in}/wide.h5 --rms 2", status: 64),
    Refusal("estimate {in}/words.txt --bits 4"),
    Refusal("estimate {fixtures}/tiny/wide.h5 --errors {in}/words.txt"),
    Refusal("estimate {fixtures}/tiny/wide.h5 --errors {in}/absent"),
  ]

  @Test("Impossible estimates are refused in the words of the snapshot")
  func refuses() throws { try Snapshot.estimateRefusals.check(Self.cases) }
}
