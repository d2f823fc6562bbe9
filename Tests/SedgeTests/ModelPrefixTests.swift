// Files with several models, and other programs' names, from the checkpoint to the weights.

import Sedge
import SedgeArchitecture
import SedgeTensor
import TestSupport
import Testing

@Suite("Models under prefixes")
struct ModelPrefixTests {
  private static let prefix = "sem_seg_head.predictor."

  private static func options(prefix: String? = nil) -> ConversionOptions {
    var options = ConversionOptions()
    options.architecture = ArchitectureOptions(textHeads: 2, prefix: prefix)
    options.resolution = 64
    options.folding = false
    options.allowsNoClassNames = true
    return options
  }

  /// A file with the tiny model under `net.` and another, of values 1 more, under `net_ema.`.
  private static func both(in folder: TemporaryFolder) throws -> String {
    var checkpoint = try RewrittenCheckpoint("tiny/linear.h5")
    let plain = checkpoint.tensors
    checkpoint.tensors =
      plain.map { ("net.\($0.name)", $0.values) }
      + plain.map {
        ("net_ema.\($0.name)", Tensor(shape: $0.values.shape, values: $0.values.values.map { $0 + 1 }))
      }
    try checkpoint.write(to: folder.file("both.safetensors"))
    return folder.file("both.safetensors")
  }

  @Test("The model that is asked for is taken, and its prefix is noted")
  func choice() throws {
    let folder = try TemporaryFolder()
    let path = try Self.both(in: folder)
    let error = try #require(throws: ContractError.self) {
      try Conversion(source: path, options: Self.options())
    }
    #expect(error.description.contains("holds 2 whole models; choose the prefix net or net_ema"))
    let original = try RewrittenCheckpoint("tiny/linear.h5")
    for (prefix, offset) in [("net", Float(0)), ("net_ema", 1)] {
      let output = folder.file("\(prefix).sedge")
      let summary = try Conversion(source: path, options: Self.options(prefix: prefix)).run(output: output)
      #expect(summary.header.options.contains { $0.key == "prefix" && $0.value == prefix })
      #expect(
        summary.notes.contains {
          $0.hasPrefix("passed over \(original.tensors.count) tensors, of other models")
        })
      let exported = folder.file("\(prefix).safetensors")
      _ = try ModelExport(model: output).run(output: exported)
      let back = try openArchive(path: exported)
      for info in back.tensors {
        let values = try back.floats(info).values
        let expected = try #require(original.tensors.first { $0.name == info.name }).values.values
        #expect(values == expected.map { $0 + offset }, "\(info.name)")
      }
      // The file remembers which of the two it was made from.
      let report = try Verification(model: output).compare(sources: [path], pictures: [], classes: nil)
      #expect(report.passes)
    }
    let difference = try ModelComparison(path, path, prefixes: (first: "net", second: "net_ema")).run()
    #expect(!difference.passes(tolerance: nil))
    let same = try ModelComparison(
      path, folder.file("net_ema.sedge"), prefixes: (first: "net_ema", second: nil)
    )
    .run()
    #expect(same.passes(tolerance: nil))
  }

  @Test("Columns and convolutions of 1 x 1 give the same weights as vectors and matrices")
  func unitDimensions() throws {
    let folder = try TemporaryFolder()
    var checkpoint = try RewrittenCheckpoint("tiny/linear.h5")
    for index in checkpoint.tensors.indices {
      let values = checkpoint.tensors[index].values
      if values.shape.count == 1 {
        checkpoint.tensors[index].values = values.reshaped(values.shape + [1])
      } else if checkpoint.tensors[index].name.contains(".mlp.fc") {
        checkpoint.tensors[index].values = values.reshaped(values.shape + [1, 1])
      }
    }
    try checkpoint.write(to: folder.file("columns.safetensors"))
    let columns = try Conversion(source: folder.file("columns.safetensors"), options: Self.options())
      .run(output: folder.file("columns.sedge")).header
    let plain = try Conversion(source: fixture("tiny/linear.h5"), options: Self.options())
      .run(output: folder.file("plain.sedge")).header
    #expect(columns.tensors == plain.tensors)
    let difference = try ModelComparison(fixture("tiny/linear.h5"), folder.file("columns.safetensors")).run()
    #expect(difference.passes(tolerance: nil))
  }
}
