// The shared inputs of the steps of a calibrated quantization.

import SedgeEvaluation
import SedgeArchitecture
import SedgeCalibration
import SedgeContainer
import SedgeFolding
import SedgeImages
import SedgeRunner
import SedgeTensor
import SedgeTokenizer

/// One model to be quantized, loaded, with its settings, classes and text features.
final class QuantizationTask {
  let source: SourceModel
  let settings: CompressionSettings
  /// The tensors that the file will have.
  let tensors: [ModelTensor]
  let classes: ClassList
  let progress: (WorkProgress) throws -> Void
  let weights: LoadedWeights
  let quantizer: ModelQuantizer
  let calibration: CalibrationOptions
  /// The text features of the classes by the unquantized weights.
  let textFeatures: Tensor

  /// Loads a model and encodes the classes.
  init(
    _ source: SourceModel, _ settings: CompressionSettings, classes: ClassList, _ model: FoldedModel,
    tensors: [ModelTensor], progress: @escaping (WorkProgress) throws -> Void
  ) throws {
    (self.source, self.settings, self.tensors, self.progress) = (source, settings, tensors, progress)
    self.classes = classes
    weights = try LoadedWeights(model)
    quantizer = ModelQuantizer(weights, storage: settings.storage)
    calibration = settings.calibration ?? CalibrationOptions()
    textFeatures = try source.textFeatures(of: classes, by: weights, compute: Compute()) {
      try progress(.encodingText(Double($0) / Double($1)))
    }
  }

  /// Runs the model on the calibration pictures and passes on the calibrations of layers, some at a time.
  func calibrate(
    _ layers: Set<String>, _ body: ([(name: String, calibration: LayerCalibration)]) throws -> Void
  ) throws {
    let hasText = tensors.contains { ModelPart(ofTensor: $0.name) == .text }
    let images = try calibration.calibrationPictures.map { try $0.contents().image }
    let inputs = CalibrationInputs(
      pictures: images.map { CalibrationPicture(pixels: $0.pixels, height: $0.height, width: $0.width) },
      textFeatures: textFeatures, tokens: hasText ? source.tokens(of: classes) : [])
    let runs = try Calibration(weights: weights, preprocessing: source.preprocessing, inputs: inputs)
    try quantizer.calibrate(runs, layers: layers, progress: { try progress(.calibrating($0)) }, body)
  }

  /// The output of the unquantized model on the measurement pictures.
  func measurementReference() throws -> OutputReference {
    try OutputReference(
      source, pictures: calibration.measurementPictures, classes: classes, progress: progress)
  }

  /// Makes sure, before the work, that the drop of mIoU can be measured.
  ///
  /// - Throws: ``UsageError`` where a measurement picture has no ground truth, or one of other classes; `FormatError` where a label
  ///   map cannot be read.
  func requireGroundTruth() throws {
    let pictures = calibration.measurementPictures
    guard try pictures.allSatisfy({ try $0.truth() != nil }) else {
      throw UsageError(.budgetWithoutGroundTruth)
    }
    _ = try GroundTruth(classes: classes).check(pictures)
  }

  /// A handler that reports each encoded tensor by its elements.
  func reportingElements(of tensors: [ModelTensor]) -> (Int) throws -> Void {
    let total = tensors.reduce(0) { $0 + $1.elementCount }
    var done = 0
    return { [progress] elements in
      done += elements
      try progress(.quantizing(Double(done) / Double(max(total, 1))))
    }
  }

  /// The record of a file with a measured error.
  func record(_ error: OutputError) -> QuantizationRecord {
    QuantizationRecord(
      requested: settings.requestedText,
      calibration: QuantizationRecord.Calibration(
        pictureCount: calibration.calibrationPictures.count, source: calibration.source,
        isCompensated: true),
      measuredQuality: QuantizationRecord.MeasuredQuality(
        pictureCount: error.pictureCount, source: calibration.source, isHeldOut: calibration.isHeldOut,
        labelChange: error.labelChange, scoreRMS: error.scoreRMS, scoreMaximum: error.largestScoreError,
        classCount: classes.classes.count))
  }

  /// Notes for the user, in sentences.
  var notes: [String] {
    calibration.pictures.isEmpty
      ? ["calibrated on synthetic images: images of your own give a better model"] : []
  }
}
