// What int8 arithmetic must keep: sound arithmetic keeps it on every picture, wrong codes on none.

import Sedge
import SedgeRunner
import SedgeTensor
import SedgeVerification
import TestSupport
import Testing

@Suite("int8 arithmetic")
struct Int8ArithmeticTests {
  private static let source = fixture("shapes/sed_shapes.h5")
  private static let classes = "grass; sky; red circle"
  /// Two drawings, and an index map taken for a picture: nearly black, none of the classes are found in it.
  private static let pictures = ["sky.png", "bricks.png", "sky.labels.png"]

  private static func options(_ form: WeightFormat) throws -> ConversionOptions {
    var options = ConversionOptions()
    options.architecture.textHeads = 4
    options.resolution = 256
    options.templates = try PromptTemplates(jsonFile: fixture("shapes/templates.json"))
    options.quantization = form
    return options
  }

  /// Holds a file that computes in bytes against the sound source in float32.
  private static func verify(_ path: String, on names: [String] = pictures) throws -> VerificationReport {
    try Verification(model: path, compute: Compute(.int8)).compare(
      sources: [source],
      pictures: names.map {
        NamedImage(name: $0, image: try RGBImage(path: fixture("pictures/\($0)")))
      },
      classes: ClassList(literal: classes))
  }

  @Test("It stays within its limits on every image", arguments: [WeightFormat.f32, .int8])
  func sound(form: WeightFormat) throws {
    let report = try Self.verify(SharedModel.path(Self.source, Self.options(form)))
    #expect(report.failures == [])
    let floors = report.runs.map { report.scoreFloor(of: $0) }
    #expect(floors[0] == nil)
    // 0.1 √(0.01 / 6) / 0.05, for three classes.
    let floor = try #require(floors[2])
    #expect(abs(floor - 0.081650) < 1e-6)
    let scale = try #require(report.runs[2].output.referenceScoreRMS)
    let difference = try #require(report.runs[2].output.scoreRMSDifference)
    #expect(scale < floor && difference > 0)
  }

  /// Codes that are not those of the layer.
  struct Fault: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var tensor: String
    var change: @Sendable (inout Tensor) -> Void
  }

  private static func rows(of tensor: inout Tensor, _ change: (inout ArraySlice<Float>) -> Void) {
    let length = tensor.count / tensor.shape[0]
    for start in stride(from: 0, to: tensor.count, by: length) {
      change(&tensor.values[start..<start + length])
    }
  }

  /// The scales of a layer doubled.
  private static let doubled: @Sendable (inout Tensor) -> Void = { tensor in
    for i in tensor.values.indices { tensor.values[i] *= 2 }
  }
  /// Each code in the place of the next.
  private static let shifted: @Sendable (inout Tensor) -> Void = { tensor in
    rows(of: &tensor) { $0 = ($0.dropFirst() + $0.prefix(1))[...] }
  }
  /// Negative codes read as bytes without a sign: off by 256 steps.
  private static let unsigned: @Sendable (inout Tensor) -> Void = { tensor in
    rows(of: &tensor) { row in
      let step = (row.map(abs).max() ?? 0) / 127
      for i in row.indices where row[i] < -step / 2 { row[i] += 256 * step }
    }
  }

  /// None before a norm that would take a scale out again.
  static let faults = [
    Fault(
      testDescription: "scales doubled, early", tensor: "stages.0.blocks.1.mlp.fc2.weight", change: doubled),
    Fault(
      testDescription: "scales doubled, late", tensor: "stages.3.blocks.0.mlp.fc1.weight", change: doubled),
    Fault(
      testDescription: "scales doubled, decoder", tensor: "transformer.conv1.weight",
      change: doubled),
    Fault(testDescription: "codes shifted", tensor: "stages.2.blocks.1.mlp.fc1.weight", change: shifted),
    Fault(
      testDescription: "codes shifted, decoder", tensor: "decoder3.conv.double_conv.3.weight", change: shifted
    ),
    Fault(testDescription: "signs lost", tensor: "stages.1.downsample.1.weight", change: unsigned),
  ]

  @Test("Wrong codes in one layer exceed them on every image", arguments: faults)
  func wrong(fault: Fault) throws {
    let folder = try TemporaryFolder()
    var tensors = try StoredTensor.all(in: fixture("shapes/sed_shapes.h5"))
    tensors.edit(fault.tensor) { fault.change(&$0.tensor) }
    try StoredTensor.write(tensors, to: folder.file("wrong.safetensors"))
    var options = try Self.options(.f32)
    options.storage = .raw
    // As it is, for what is folded depends on the weights.
    options.folding = false
    _ = try Conversion(source: folder.file("wrong.safetensors"), options: options)
      .run(output: folder.file("wrong.sedge"))
    let names = ["sky.png", "sky.labels.png"]
    let report = try Self.verify(folder.file("wrong.sedge"), on: names)
    for name in names {
      #expect(report.failures.contains { $0.hasPrefix("\(name): ") }, "\(name)")
    }
  }
}
