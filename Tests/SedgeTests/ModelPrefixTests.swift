// Files with several models, and other programs' names, from the checkpoint to the weights.

import SedgeCheckpoint
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
    let plain = try StoredTensor.all(in: fixture("tiny/linear.h5"))
    let both =
      plain.map { StoredTensor(name: "net.\($0.name)", shape: $0.shape, values: $0.floats) }
      + plain.map {
        StoredTensor(name: "net_ema.\($0.name)", shape: $0.shape, values: $0.floats.map { $0 + 1 })
      }
    try StoredTensor.write(both, to: folder.file("both.safetensors"))
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
    let original = try StoredTensor.all(in: fixture("tiny/linear.h5"))
    for (prefix, offset) in [("net", Float(0)), ("net_ema", 1)] {
      let output = folder.file("\(prefix).sedge")
      let summary = try Conversion(source: path, options: Self.options(prefix: prefix)).run(output: output)
      #expect(summary.header.options.contains { $0.key == "prefix" && $0.value == prefix })
      #expect(
        summary.notes.contains {
          $0.hasPrefix("passed over \(original.count) tensors, of other models")
        })
      let exported = folder.file("\(prefix).safetensors")
      _ = try ModelExport(model: output).run(output: exported)
      let back = try openArchive(path: exported)
      for info in back.tensors {
        let values = try back.floats(info).values
        let expected = try #require(original.first { $0.name == info.name }).floats
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
    var tensors = try StoredTensor.all(in: fixture("tiny/linear.h5"))
    for index in tensors.indices {
      if tensors[index].shape.count == 1 {
        tensors[index].shape += [1]
      } else if tensors[index].name.contains(".mlp.fc") {
        tensors[index].shape += [1, 1]
      }
    }
    try StoredTensor.write(tensors, to: folder.file("columns.safetensors"))
    let columns = try Conversion(source: folder.file("columns.safetensors"), options: Self.options())
      .run(output: folder.file("columns.sedge")).header
    let plain = try Conversion(source: fixture("tiny/linear.h5"), options: Self.options())
      .run(output: folder.file("plain.sedge")).header
    #expect(columns.tensors == plain.tensors)
    let difference = try ModelComparison(fixture("tiny/linear.h5"), folder.file("columns.safetensors")).run()
    #expect(difference.passes(tolerance: nil))
  }
}
