// sedge export: a .sedge file back to where PyTorch can load it.

public import ArgumentParser
package import Sedge
import SedgeTensor

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write the weights of a .sedge file as a checkpoint for PyTorch.",
    usage: "sedge export <model.sedge> --output <file.safetensors> [<options>]",
    discussion: """
      Writes all tensors of the model as safetensors, in float32, with PyTorch's names and shapes. Folding is undone so \
      that the original program computes the same function: layers keep the folded scales and shifts, and norms and \
      layer scales become ones and zeros.
      """)

  @Argument(help: "The .sedge file.", completion: .file(extensions: ["sedge"]))
  var model: String

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file.safetensors"),
    completion: .file())
  var output: String

  @Option(
    help: ArgumentHelp(
      "Names of SED, or of OpenCLIP for the image and text encoder alone. (default: SED's; OpenCLIP's for CLIP alone)",
      valueName: "sed|openclip"))
  var names: ExportNames?

  @Flag(
    help:
      "Also export a folded bias that the original graph cannot represent exactly, and report the residual.")
  var allowInexact = false

  @OptionGroup var overwrite: OverwriteOptions

  @Flag(help: "Print the summary as one JSON object.")
  var json = false

  func validate() throws { try OutputFormat.safetensors.check("--output", output) }

  func run() throws {
    if !FileSystem.isSameFile(model, output) { try overwrite.check("--output", output) }
    let display = ProgressDisplay()
    let export = try ModelExport(model: model)
    try MemoryDemand.ask(MemoryDemand.ofTensors(export.elementCounts), for: "the largest tensor")
    let summary = try export.run(output: output, names: names, allowsInexact: allowInexact) {
      try display.show($0)
    }
    display.clear()
    if json {
      try printJSON(ExportReport(summary, model: model, names: summary.names))
    } else {
      printText(summary)
    }
  }

  private func printText(_ summary: ExportSummary) {
    print("\(output): \(summary.architecture.name), float32, names of \(summary.names.rawValue)")
    print(
      "size        \(bytesText(summary.sourceByteCount)) to \(bytesText(summary.outputByteCount)), "
        + "\(summary.tensors.count) tensors, \(countText(summary.elementCount)) weights")
    for origin in ExportedTensor.Origin.allCases {
      let tensors = summary.tensors.filter { $0.origin == origin }
      guard !tensors.isEmpty else { continue }
      print("\(origin.title) \(tensors.count) tensors: \(origin.text)")
      for tensor in tensors where origin == .solved {
        print(
          "           \(Self.shortened(tensor.name)) for the bias of \(Self.shortened(tensor.layer ?? "")), residual \(figure(tensor.residual ?? 0))"
        )
      }
      guard origin == .unfolded else { continue }
      for line in namePatterns(of: tensors.map(\.name)) { print("           \(Self.shortened(line))") }
    }
    if let decoder = summary.architecture.decoder, !decoder.hasRejectionHeads, summary.names == .sed {
      printError(
        "note: the model has no heads for early rejection: load it with strict=False, and do not reject classes"
      )
    }
    if summary.keepsAbsorbed {
      printError(
        "note: layers keep what they absorbed: the export computes what the model does, with other numbers than the checkpoint"
      )
    }
  }

  /// A name that fits beside the titles.
  private static func shortened(_ name: String) -> String {
    WrappedText.shortened(name, to: WrappedText.width - 13)
  }
}

extension ExportNames: ExpressibleByArgument {}

extension ExportedTensor.Origin {
  /// The name as a heading.
  fileprivate var title: String { rawValue + String(repeating: " ", count: 11 - rawValue.count) }

  /// The origin in words.
  fileprivate var text: String {
    switch self {
    case .exact: "as the file has them"
    case .dequantized: "decoded"
    case .unfolded: "pixel statistics and attention scales divided out again"
    case .neutral: "ones or zeros in the place of what other layers have absorbed"
    case .solved: "shifts that do what folded biases do"
    }
  }
}

/// What `export --json` prints.
struct ExportReport: JSONReport {
  static let kind = ReportKind.export

  struct Tensor: Encodable {
    var name: String
    var shape: [Int]
    var origin: String
    var codec: String?
    var layer: String?
    var residual: Double?
  }

  var file: String
  var model: String
  var names: String
  var sourceBytes: Int
  var fileBytes: Int
  var parameters: Int
  var architecture: ArchitectureReport
  var origins: [String: Int]
  var tensors: [Tensor]

  init(_ summary: ExportSummary, model: String, names: ExportNames) {
    file = summary.outputPath
    self.model = model
    self.names = names.rawValue
    sourceBytes = summary.sourceByteCount
    fileBytes = summary.outputByteCount
    parameters = summary.elementCount
    architecture = ArchitectureReport(summary.architecture)
    origins = Dictionary(grouping: summary.tensors, by: \.origin.rawValue).mapValues(\.count)
    tensors = summary.tensors.map {
      Tensor(
        name: $0.name, shape: $0.shape, origin: $0.origin.rawValue, codec: $0.codec?.rawValue,
        layer: $0.layer,
        residual: $0.residual)
    }
  }
}
