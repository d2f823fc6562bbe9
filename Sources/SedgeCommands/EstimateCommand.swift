// sedge estimate: what coding would cost the tensors of any file.

import SedgeCompression
import ArgumentParser
import Sedge
import SedgeQuantization
import SedgeTensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

struct EstimateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "estimate",
    abstract: "Compute the size and the error of each matrix of any checkpoint after encoding.",
    usage: "sedge estimate <file> (--bits <n> | --rms <x> | --errors <file>)",
    discussion: """
      Reads any checkpoint of any model. Each floating-point tensor of two or more dimensions is encoded, with the first \
      dimension as rows, and decoded again. Nothing is written.
      """)

  @Argument(help: "A checkpoint (HDF5, ONNX, PyTorch, safetensors).", completion: .file())
  var file: String

  @Option(help: ArgumentHelp("Bits per weight, all parameters counted.", valueName: "number"))
  var bits: Double?

  @Option(help: ArgumentHelp("A relative RMS error instead of bits.", valueName: "number"))
  var rms: Double?

  @Option(
    help: ArgumentHelp(
      "A relative RMS error for each tensor: a JSON object of numbers by name; other tensors are omitted.",
      valueName: "errors.json"), completion: .file())
  var errors: String?

  @Flag(help: "Measure the decoding of each matrix on one thread, the best of five runs.")
  var time = false

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard [bits != nil, rms != nil, errors != nil].filter({ $0 }).count == 1 else {
      throw ValidationError("expected one of --bits, --rms and --errors")
    }
    if let bits, !(0.5...12).contains(bits) { throw ValidationError("--bits \(bits): expected 0.5 to 12") }
    if let rms, !(1e-4...1).contains(rms) { throw ValidationError("--rms \(rms): expected 0.0001 to 1") }
  }

  func run() throws {
    let display = ProgressDisplay()
    let target = bits.map { EncodingTarget.bits($0) } ?? rms.map { .relativeRMS($0) }
    let estimate = try Estimate(path: file, targets: try targets(), target: target, isTimed: time) {
      try display.show($0)
    }
    display.clear()
    if json { try printJSON(EstimateReport(estimate)) } else { printText(estimate) }
  }

  private func targets() throws -> [String: EncodingTarget] {
    guard let errors else { return [:] }
    let file = try InputFile(path: errors)
    let bytes = try file.bytes(at: 0, count: file.byteCount)
    guard let values = try? JSONDecoder().decode([String: Double].self, from: Data(bytes)),
      values.values.allSatisfy((0.0...1.0).contains)
    else { throw OptionError("\(errors): expected a JSON object of errors of 0 to 1 by tensor name") }
    return values.mapValues { .relativeRMS(max($0, 1e-6)) }
  }

  private func printText(_ estimate: Estimate) {
    let elements = estimate.matrices.reduce(0) { $0 + $1.elementCount }
    print(
      "\(file): a file of \(bytesText(estimate.fileByteCount)), "
        + "\(figure(8 * Double(estimate.fileByteCount) / Double(max(elements, 1)))) bits a weight")
    print("\(counted(estimate.matrices.count, "matrix", "matrices")), \(countText(elements)) weights")
    let seconds = estimate.matrices.compactMap(\.decodeSeconds).reduce(0, +)
    if seconds > 0 {
      print(
        "decoded on one thread at \(countText(4e-6 * Double(elements) / seconds)) MB of float32 a second"
      )
    }
    if !estimate.omittedNames.isEmpty {
      print("left out, no matrices of floats: \(counted(estimate.omittedNames.count, "tensor"))")
    }
    print()
    print(OutputLine(lines: table(estimate).linesUnderModules(width: WrappedText.width)))
  }

  private func table(_ estimate: Estimate) -> TextTable {
    var table = TextTable(
      [
        ("tensor", .left), ("shape", .right), ("bits a weight", .right), ("bytes", .right),
        ("RMS error", .right),
      ] + (time ? [("MB/s decoded", .right)] : []))
    for matrix in estimate.matrices {
      table.add(
        [
          matrix.name, shapeText(matrix.shape), bitsText(matrix.bitsPerWeight), countText(matrix.byteCount),
          figure(matrix.relativeRMSError),
        ] + (time ? [matrix.decodedBytesPerSecond.map { countText($0 / 1e6) } ?? ""] : []))
    }
    return table
  }
}

/// What `estimate --json` prints.
struct EstimateReport: JSONReport {
  static let kind = ReportKind.estimate

  struct Tensor: Encodable {
    var name: String
    var shape: [Int]
    var bytes: Int
    var bitsPerWeight: Double
    var relativeRmsError: Double
    var decodeSeconds: Double?
  }

  var fileBytes: Int
  var tensors: [Tensor]
  var leftOut: [String]

  init(_ estimate: Estimate) {
    fileBytes = estimate.fileByteCount
    tensors = estimate.matrices.map {
      Tensor(
        name: $0.name, shape: $0.shape, bytes: $0.byteCount, bitsPerWeight: $0.bitsPerWeight,
        relativeRmsError: $0.relativeRMSError, decodeSeconds: $0.decodeSeconds)
    }
    leftOut = estimate.omittedNames
  }
}
