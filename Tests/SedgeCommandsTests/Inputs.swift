// Sound and damaged input files of the command line's tests.

import Foundation
import Sedge
import TestSupport

/// A folder of inputs, made once for all tests and removed when they end.
final class Inputs: Sendable {
  private let folder: TemporaryFolder

  private static let made = Result { try Inputs() }
  /// The inputs.
  static var shared: Inputs { get throws { try made.get() } }

  /// The path of an input.
  func file(_ name: String) -> String { folder.file(name) }
  /// The folder's path.
  var path: String { folder.path }
  /// Numbers of `linear.sedge` by the words that stand for them: its `{bytes}`, `{half}` of them, all but the `{last}`,
  /// and the offset of its `{header}`.
  func numbers() throws -> [String: Int] {
    let model = try bytes(of: file("linear.sedge"))
    let headerByteOffset = model[16..<24].reversed().reduce(0) { $0 << 8 | Int($1) }
    return [
      "{bytes}": model.count, "{half}": model.count / 2, "{last}": model.count - 1,
      "{header}": headerByteOffset,
    ]
  }

  private init() throws {
    folder = try TemporaryFolder()
    atexit { if let inputs = try? Inputs.shared { try? FileManager.default.removeItem(atPath: inputs.path) } }
    try makeModels()
    try makeCLIPs()
    try makeDamagedModels()
    try makeCheckpoints()
    try makeOddFiles()
    try makeLists()
    try makeEvaluations()
  }

  private func makeModels() throws {
    for codec in ["f32", "f16", "int8"] {
      try convert(shapesCheckpoint, to: "\(codec).sedge", shapesOptions + ["--quantize", codec])
    }
    let plain = shapesOptions + ["--no-fold", "--store", "raw", "--top-k", "2"]
    try convert(shapesCheckpoint, to: "unfolded.sedge", plain)
    try convert(shapesCheckpoint, to: "sed.sedge", shapesOptions + ["--preprocess", "sed"])
    try write(text: #"["grass", "sky", "red circle"]"#, to: "three.json")
    let dropped = shapesOptions + ["--drop-text", "--classes", file("three.json")]
    try convert(shapesCheckpoint, to: "dropped.sedge", dropped)
    try convert(
      shapesCheckpoint, to: "no_templates.sedge",
      ["--text-heads", "4", "--resolution", "256", "--allow-no-class-names"])
    try convert(fixture("tiny/linear.h5"), to: "linear.sedge", tinyOptions)
  }

  private func makeCLIPs() throws {
    let clip = shapesOptions + ["--parts", "image,text", "--logit-scale", "2"]
    for codec in ["f32", "f16", "int8"] {
      try convert(shapesCheckpoint, to: "clip_\(codec).sedge", clip + ["--quantize", codec])
    }
    try convert(shapesCheckpoint, to: "clip_unfolded.sedge", clip + ["--no-fold"])
    let dropped = shapesOptions + ["--parts", "image", "--classes", file("three.json")]
    try convert(shapesCheckpoint, to: "clip_dropped.sedge", dropped)
    try convert(fixture("clip/linear.safetensors"), to: "clip_linear.sedge", tinyOptions)
    let mlp = [
      "--text-heads", "2", "--resolution", "32", "--norm-eps", "1e-5", "--allow-no-class-names",
    ]
    try convert(fixture("clip/mlp.safetensors"), to: "clip_mlp.sedge", mlp)
    var tensors = try StoredTensor.all(in: fixture("clip/linear.safetensors"))
    tensors.removeAll { $0.name == "logit_scale" }
    try StoredTensor.write(tensors, to: file("no_scale.safetensors"))
  }

  private func convert(_ source: String, to name: String, _ options: [String]) throws {
    let outcome = try SedgeProgram.run(["convert", source, "-o", file(name)] + options)
    guard outcome.status == 0 else { throw InputFailure(description: "\(name): \(outcome.diagnostics)") }
  }

  private func makeDamagedModels() throws {
    let model = try bytes(of: file("linear.sedge"))
    for count in [1, 8, 63, 100, model.count / 2, model.count - 1] {
      _ = try folder.write(
        Array(model.prefix(count)),
        to: "cut\(count == model.count - 1 ? "_end" : count == model.count / 2 ? "_half" : "\(count)").sedge")
    }
    for (name, offset) in [("preamble", 20), ("payload", 64), ("header", model.count - 10)] {
      var damaged = model
      damaged[offset] ^= 0x10
      _ = try folder.write(damaged, to: "flipped_\(name).sedge")
    }
    var newer = model
    newer[8] = 4
    _ = try folder.write(newer, to: "newer.sedge")
    _ = try folder.write(model + [0], to: "longer.sedge")
  }

  private func makeCheckpoints() throws {
    let linear = try StoredTensor.all(in: fixture("tiny/linear.h5"))
    try StoredTensor.write(linear, to: file("linear.safetensors"))
    let fc1 = "visual.trunk.stages.0.blocks.0.mlp.fc1.weight"
    let edits: [(String, (inout [StoredTensor]) -> Void)] = [
      (
        "wrong_shape",
        { $0.edit("head0.weight") { ($0.shape, $0.bytes) = ([1, 24, 3, 2], Array($0.bytes.prefix(576))) } }
      ),
      ("transposed", { $0.edit(fc1) { $0.shape.reverse() } }),
      ("missing", { $0.removeAll { $0.name.hasSuffix("head1.bias") } }),
      ("renamed", { $0.edit("head1.bias") { $0.name = $0.name.replacing("head1", with: "heat1") } }),
      (
        "extra",
        {
          $0.append(
            StoredTensor(
              name: "optimizer.step", type: .float32, shape: [9], bytes: [UInt8](repeating: 0, count: 36)))
        }
      ),
      ("wrong_type", { $0.edit("head2.bias") { $0.type = .int32 } }),
      ("nan", { $0.edit("head0.bias") { $0.set(.nan, at: 0) } }),
      (
        "infinite",
        {
          $0.edit("ln_final.weight") {
            $0.set(.infinity, at: 3)
            $0.set(-.infinity, at: 7)
          }
        }
      ),
      ("no_decoder", { $0.removeAll { !$0.name.contains("clip_model.") } }),
      ("no_model", { $0 = [StoredTensor(name: "weight", type: .float32, shape: [1], bytes: [0, 0, 0, 0])] }),
      ("nothing", { $0 = [] }),
    ]
    for (name, edit) in edits {
      var tensors = linear
      edit(&tensors)
      try StoredTensor.write(tensors, to: file("\(name).safetensors"))
    }
    var many = linear
    for (name, edit) in edits where ["transposed", "missing", "extra", "wrong_type"].contains(name) {
      edit(&many)
    }
    try StoredTensor.write(many, to: file("many.safetensors"))
    var nonFinite = linear
    for (name, edit) in edits where ["nan", "infinite"].contains(name) { edit(&nonFinite) }
    try StoredTensor.write(nonFinite, to: file("non_finite.safetensors"))
    var changed = try StoredTensor.all(in: shapesCheckpoint)
    changed.edit("transformer.head0.weight") { $0.set(0.5, at: 5) }
    try StoredTensor.write(changed, to: file("changed.safetensors"))
    for (name, source) in [("h5", fixture("tiny/linear.h5")), ("safetensors", file("linear.safetensors"))] {
      let whole = try bytes(of: source)
      for count in [1, 7, 100, 3000, 100_000] {
        _ = try folder.write(Array(whole.prefix(count)), to: "cut\(count).\(name)")
      }
    }
  }

  private func makeOddFiles() throws {
    _ = try folder.write([], to: "empty")
    try FileManager.default.createDirectory(atPath: file("folder"), withIntermediateDirectories: false)
    guard unsafe mkfifo(file("fifo"), 0o600) == 0 else { throw CocoaError(.fileWriteUnknown) }
    try write(text: "Just some words.\n", to: "words.txt")
    _ = try folder.write([0x50, 0x4B, 0x03, 0x04] + [UInt8](repeating: 0, count: 60), to: "model.pth")
    _ = try folder.write([0x80, 0x02, 0x7D, 0x71, 0x00, 0x2E], to: "old.pth")
    _ = try folder.write([0x08, 0x07, 0x12, 0x07] + Array("pytorch".utf8), to: "model.onnx")
    _ = try folder.write(Array(try bytes(of: skyPicture).prefix(3000)), to: "cut.png")
    _ = try folder.write(Array(try bytes(of: fixture("images/jpeg-420.jpg")).prefix(500)), to: "cut.jpg")
  }

  private func makeLists() throws {
    let lists = [
      "no_list": "[]", "doubled": #"["sky", "Sky"]"#, "object": #"{"a": 1}"#, "numbers": #"["sky", 1]"#,
      "broken": #"["sky", "#, "hollow": #"["sky", ""]"#, "no_place": #"["a {}", "b {}", "a photo", "c {}"]"#,
      "two_places": #"["a {} {}"]"#, "one_prompt": #"["a {}"]"#, "clear": "sky",
    ]
    for (name, text) in lists { try write(text: text, to: "\(name).json") }
  }

  /// Results of evaluations: a model by itself, with another that is as good, with a worse one; and of other data.
  private func makeEvaluations() throws {
    let float = MadeEvaluation.model("float", pictureCount: 40)
    let noisy = float.losing((0..<40).map { $0 % 2 == 0 ? 5 : -4 }, name: "int8")
    let worse = float.losing((0..<40).map { 6 + $0 % 3 }, name: "int4")
    try write(text: MadeEvaluation([float]).json, to: "eval_float.json")
    var made = MadeEvaluation([float, noisy])
    made.changed = [30]
    try write(text: made.json, to: "eval_int8.json")
    made.models[1] = worse
    made.changed = [150]
    try write(text: made.json, to: "eval_int4.json")
    made = MadeEvaluation([float, worse, noisy])
    made.models[2].name = "int4"
    made.models[2].topK = 8
    try write(text: made.json, to: "eval_several.json")
    made = MadeEvaluation([float])
    made.pictureNames[7] = "other"
    try write(text: made.json, to: "eval_pictures.json")
    made.fingerprint = "beef"
    try write(text: made.json, to: "eval_data.json")
    try write(
      text: #"{"format":"sedge evaluation rows","version":1}"# + "\n" + #"{"index":0}"#, to: "eval_rows.jsonl"
    )
    try write(
      text: MadeEvaluation([float]).json.replacing("\"version\":1", with: "\"version\":2"),
      to: "eval_newer.json")
  }

  private func write(text: String, to name: String) throws {
    _ = try folder.write(Array(text.utf8), to: name)
  }
}

/// A conversion that tests start from and that failed.
struct InputFailure: Error, CustomStringConvertible {
  var description: String
}
