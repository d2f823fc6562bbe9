// One picture after another through one model.

import Sedge
import SedgeImages
import SedgePlatform
import SedgeRunner
import SedgeTensor

/// What is the same for all pictures of a run of `segment`.
struct SegmentationWork {
  let command: SegmentCommand
  let model: SedgeModel
  let names: [String]
  /// The classes that heat maps are of.
  let heatLabels: [Int]
  let topK: Int?
  let textFeatures: Tensor

  /// Segments a picture and writes its files.
  func run(
    on picture: RGBImage, path: String, writing paths: SegmentOutputs.Paths
  ) throws -> SegmentationReport {
    let taps =
      paths.dump != nil ? Taps() : heatLabels.isEmpty ? nil : Taps(only: HeatMap.requiredTaps(of: model.kind))
    let segmentation = try model.segment(picture, textFeatures: textFeatures, topK: topK, taps: taps)
    if let labels = paths.labels {
      if let palette = command.palette {
        try segmentation.labelMap.writePNG(to: labels, palette: palette.colors)
      } else {
        try segmentation.labelMap.writePNG(to: labels)
      }
    }
    if let overlay = paths.overlay {
      try Overlay().draw(segmentation.labelMap, on: picture, classes: names).writePNG(to: overlay)
    }
    if let taps {
      for (label, heat) in zip(heatLabels, paths.heat) {
        try HeatMap(ofClass: label, segmentation, taps: taps, of: model.kind).writePNG(to: heat)
      }
      if let dump = paths.dump {
        try taps.write(to: dump, textFeatures: textFeatures, labels: segmentation)
      }
    }
    return try report(segmentation, path: path, paths)
  }

  private func report(
    _ segmentation: Segmentation, path: String, _ paths: SegmentOutputs.Paths
  ) throws -> SegmentationReport {
    let shares = segmentation.shares(of: names.count)
    let heat = Dictionary(zip(heatLabels, paths.heat)) { first, _ in first }
    return SegmentationReport(
      model: command.model, image: path, width: segmentation.width, height: segmentation.height, topK: topK,
      preprocess: model.resizing.rawValue, compute: command.options.compute.rawValue,
      kernels: try command.options.computation.kernelSet(),
      classes: names.indices.map {
        .init(
          label: $0, name: names[$0], share: shares[$0], kept: segmentation.classes.contains($0),
          heat: heat[$0])
      }, overlay: paths.overlay, labels: paths.labels, dump: paths.dump)
  }

  /// Whether an error is that of a picture, so that others are none the worse: not one of an output.
  func isFault(of error: any Error) -> Bool {
    switch error {
    case let error as FormatError: if case .cannotWrite = error.kind { false } else { true }
    case let error as UsageError: if case .notFinite = error.kind { true } else { false }
    default: false
    }
  }

  /// Prints the result of a picture, at once.
  func printResult(_ report: SegmentationReport, isOne: Bool, isFirst: Bool) throws {
    if command.json {
      try isOne ? printJSON(report) : printJSONLine(report)
    } else {
      if !isOne, !isFirst { print() }
      if !isOne { print("\(report.image)") }
      printShares(report)
    }
    _ = fflush(nil)
  }

  private func printShares(_ report: SegmentationReport) {
    var table = TextTable([("share", .right), ("class", .left)])
    let sorted = report.classes.sorted { ($1.share, $0.label) < ($0.share, $1.label) }
    for item in sorted where item.share > 0 { table.add([percentText(item.share), item.name]) }
    table.printed()
    if topK != nil {
      print("early rejection kept \(report.classes.count(where: \.kept)) of \(names.count) classes")
    }
  }

  /// Reports a picture that could not be used.
  func printFailure(_ error: any Error, path: String) throws {
    var text = (error as? UsageError)?.commandLineText ?? "\(error)"
    if !text.hasPrefix(path) { text = "\(path): \(text)" }
    printError("sedge: \(text)")
    if command.json { try printJSONLine(SegmentationFailure(image: path, error: text)) }
  }
}
