// A small data set on disk, and models whose labels are computed by a formula.

import Foundation
import SedgeEvaluation
import SedgeImages
import SedgeTensor
import SedgeTokenizer
import TestSupport

/// Pictures of a few pixels with label maps, in a folder that is removed with it.
struct DrawnEvaluation {
  let folder: TemporaryFolder
  let data: EvaluationData
  static let classNames = ["sky", "grass", "sand", "sea"]
  static let (width, height) = (9, 7)

  /// Makes `pictures/NAME.png` and `labels/NAME.png`.
  init(pictureCount: Int) throws {
    folder = try TemporaryFolder()
    for name in ["pictures", "labels"] {
      try FileManager.default.createDirectory(
        atPath: folder.file(name), withIntermediateDirectories: false)
    }
    for index in 0..<pictureCount {
      let name = "picture-\(1000 + index).png"
      let image = RGBImage(
        width: Self.width, height: Self.height, color: RGBColor(UInt8(index % 256), 0, 0))
      try image.writePNG(to: folder.file("pictures/\(name)"))
      try LabelMap(
        width: Self.width, height: Self.height,
        labels: (0..<Self.width * Self.height).map { Self.truth(index, $0) }
      ).writePNG(to: folder.file("labels/\(name)"))
    }
    data = try EvaluationData(
      DataSetDescription(
        name: "drawn", images: folder.file("pictures"), labels: folder.file("labels"),
        classes: ClassList(names: Self.classNames)))
  }

  /// The label of a pixel of a picture; a twelfth of the pixels has no class.
  static func truth(_ picture: Int, _ pixel: Int) -> Int {
    let value = hash(picture, pixel / 3, 0) % 12
    return value == 11 ? 255 : Int(value) % 4
  }

  static func hash(_ a: Int, _ b: Int, _ seed: Int) -> UInt64 {
    var z = UInt64(truncatingIfNeeded: a &* 0x1F12_3BB5 &+ b &* 0x05F1_89A3 &+ seed &* 0x2545_F491)
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  func file(_ name: String) -> String { folder.file(name) }

  /// Evaluates the part of a log that is not finished.
  func run(
    _ models: [any EvaluatedModel], shard: Shard = .whole, into path: String, resuming: Bool = false,
    isStrict: Bool = false, progress: (EvaluationRun.Progress) throws -> Void = { _ in }
  ) throws {
    let run = EvaluationRun(data: data, models: models, sedgeVersion: "test", shard: shard)
    let log =
      resuming
      ? try RowLog(resuming: path, plan: run.plan)
      : try RowLog(creating: path, plan: run.plan, replacing: false)
    try run.run(run.remaining(log), into: log, isStrict: isStrict, progress: progress)
  }

  /// The bytes of the result of files of rows.
  func result(_ paths: [String]) throws -> String {
    let rows = try RowSet(paths: paths)
    var text = ""
    try EvaluationResult(rows).writeJSON(
      rows: { body in try rows.forEach { if $0.error == nil { try body($0) } } },
      to: { text += $0 })
    return text
  }
}

/// A model that labels a share of the pixels right.
final class DrawnModel: EvaluatedModel {
  let facts: EvaluatedModelFacts
  let topKSettings: TopKSettings
  private let seed: Int
  private(set) var runCount = 0

  init(_ name: String, seed: Int, topKs: [Int?] = [nil]) {
    facts = EvaluatedModelFacts(
      name: name, architecture: "drawn", sha256: "\(seed)", compute: "f32", kernels: "none")
    (self.seed, topKSettings) = (seed, TopKSettings(topKs))
  }

  func labels(of image: RGBImage, index: Int, topK: Int?) throws -> PredictedLabels {
    runCount += 1
    return PredictedLabels(
      labels: Self.labels(seed: seed, index: index, topK: topK), keptClasses: topK ?? 4,
      microseconds: 1000 + runCount)
  }

  static func labels(seed: Int, index: Int, topK: Int?) -> [Int32] {
    (0..<DrawnEvaluation.width * DrawnEvaluation.height).map { pixel in
      let truth = DrawnEvaluation.truth(index, pixel)
      let noise = DrawnEvaluation.hash(index, pixel, seed + 100 * (topK ?? 0))
      return noise % 4 == 0 || truth == 255 ? Int32(noise >> 8 & 3) : Int32(truth)
    }
  }
}
