// Segmentation.

public import CSedge
import Sedge
import SedgeArchitecture
import SedgeImages
import SedgeOperators
import SedgeRunner
import SedgeTensor

/// `sedge_segmentation`.
final class SegmentationHandle: Handle {
  private let segmentation: Segmentation
  private let labels: FixedArray<Int32>
  private let bestScores: FixedArray<Float>
  private let keptClasses: FixedArray<Int32>
  private let scores: (values: FixedArray<Float>, shape: [Int])?

  init(
    _ image: RGBImage, _ classes: ClassesHandle, _ model: SedgeModel, topK: Int?, scores request: sedge_scores
  ) throws {
    let taps: Taps? =
      switch request {
      case SEDGE_NETWORK_SCORES: Taps(only: Taps.networkScoreNames)
      case SEDGE_PICTURE_SCORES: Taps(only: ["scores"])
      default: nil
      }
    segmentation = try model.segment(image, textFeatures: classes.features.tensor, topK: topK, taps: taps)
    labels = FixedArray(segmentation.labels)
    bestScores = FixedArray(segmentation.bestScores)
    keptClasses = FixedArray(segmentation.classes.map(Int32.init))
    scores = (taps?["scores"] ?? taps?.networkScores(of: model.kind)).map {
      (FixedArray($0.values), $0.shape)
    }
  }

  var values: sedge_segmentation_values {
    sedge_segmentation_values(
      struct_size: MemoryLayout<sedge_segmentation_values>.size, width: Int32(segmentation.width),
      height: Int32(segmentation.height), labels: labels.pointer, best_scores: bestScores.pointer,
      kept_classes: keptClasses.pointer, kept_class_count: keptClasses.count,
      scores: scores.map { sedge_array($0.values, shape: $0.shape) } ?? sedge_array())
  }
}

/// The number of classes that early rejection keeps: the file's default where the option is 0.
private func topK(_ option: Int32, _ model: SedgeModel, classCount: Int) throws(CallError) -> Int? {
  switch option {
  case 0: return model.defaultTopK.flatMap { $0 < classCount ? $0 : nil }
  case -1: return nil
  case 1...: return Int(option) < classCount ? Int(option) : nil
  default:
    throw .argument("options->top_k is \(option): expected a number above 0, 0 for the file's or -1 for all")
  }
}

/// As `sedge.h` says.
@c @implementation
public func sedge_segment(
  _ model: OpaquePointer?, _ classes: OpaquePointer?, _ picture: UnsafePointer<sedge_picture>?,
  _ segmentOptions: UnsafePointer<sedge_segment_options>?,
  _ segmentation: UnsafeMutablePointer<OpaquePointer?>?
) -> sedge_status {
  make(segmentation, "segmentation") {
    let model = try ModelHandle.object(model, "model").model
    let classes = try ClassesHandle.object(classes, "classes")
    try classes.check(of: model)
    let options = try options(
      segmentOptions, defaults: sedge_segment_options(struct_size: 0, top_k: 0, scores: 0), "options")
    let scores = sedge_scores(rawValue: UInt32(bitPattern: options.scores))
    guard [SEDGE_NO_SCORES, SEDGE_NETWORK_SCORES, SEDGE_PICTURE_SCORES].contains(scores) else {
      throw CallError.argument("options->scores is \(options.scores), which is no sedge_scores")
    }
    let image = try RGBImage(picture)
    let topK = try topK(options.top_k, model, classCount: classes.names.count)
    return try SegmentationHandle(image, classes, model, topK: topK, scores: scores)
  }
}

/// As `sedge.h` says.
@c @implementation
public func sedge_segmentation_close(_ segmentation: OpaquePointer?) { Handle.release(segmentation) }

/// As `sedge.h` says.
@c @implementation
public func sedge_segmentation_read(
  _ segmentation: OpaquePointer?, _ values: UnsafeMutablePointer<sedge_segmentation_values>?
) -> sedge_status {
  call {
    try fill(values, with: SegmentationHandle.object(segmentation, "segmentation").values, "values")
  }
}
