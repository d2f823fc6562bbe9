// swift-format-ignore-file
// Made by Scripts/collect-samples.sh from documentation; do not edit.
import Sedge
let stopRequested = false
func use(_ segmentation: Segmentation) {}
func use(_ classification: Classification) {}
// README.md
func README_md_1(image: RGBImage) throws {
  
  let segmenter = try Segmenter(path: "shapes.sedge")
  let image = try RGBImage(path: "picture.png")
  let classes = try ClassList(names: ["sky", "brick wall", "green circle"])
  let segmentation = try segmenter.segment(image, classes: classes)
  print(segmentation.shares(of: 3))  // the share of the image of each class
  try segmentation.labelMap.writePNG(to: "labels.png")
}
// Sources/Sedge/Sedge.docc/Converting.md
func Sources_Sedge_Sedge_docc_Converting_md_1(image: RGBImage) throws {
  var options = ConversionOptions()
  options.quantization = .int4
  options.classLists = [(name: "scene", classes: try ClassList(literal: "sky; grass; red circle"))]
  let conversion = try Conversion(source: "sed.pth", options: options)
  let summary = try conversion.run(output: "sed.sedge") { step in
    print(step)
  }
  print(summary.outputByteCount, summary.notes)
}
// Sources/Sedge/Sedge.docc/Converting.md
func Sources_Sedge_Sedge_docc_Converting_md_2(image: RGBImage) async throws {
  var options = ConversionOptions()
  options.budget = .labelChange(0.005)
  options.calibration = CalibrationOptions(images: [NamedImage(name: "street", image: image)])
  let summary = try await Conversion(source: "sed.pth", options: options).run(output: "sed.sedge")
  print(summary.bitsPerWeight)
}
// Sources/Sedge/Sedge.docc/Converting.md
func Sources_Sedge_Sedge_docc_Converting_md_3(image: RGBImage) throws {
  var options = ConversionOptions()
  options.resizing = .sed
  try Conversion(source: "sed.pth", options: options).run(output: "sed.sedge")
  let model = try SedgeModel(path: "sed.sedge", resizing: .square)  // in place of the file's default
  print(model.resizing)
}
// Sources/Sedge/Sedge.docc/Converting.md
func Sources_Sedge_Sedge_docc_Converting_md_4(image: RGBImage) throws {
  HDF5Reading.serveIfAsked()
}
// Sources/Sedge/Sedge.docc/Converting.md
func Sources_Sedge_Sedge_docc_Converting_md_5(image: RGBImage) throws {
  HDF5Reading.use(.thisProcess)
}
// Sources/Sedge/Sedge.docc/Errors.md
func Sources_Sedge_Sedge_docc_Errors_md_1(image: RGBImage) throws {
  do {
    _ = try Conversion(source: "sed.pth", options: ConversionOptions()).run(output: "sed.sedge")
  } catch let error as ContractError {
    for problem in error.problems { print(problem.tensor, problem) }
  } catch let error as UsageError {
    if case .classListRequired = error.kind { print("give a class list") }
  } catch let error as FormatError {
    print(error.path ?? "", error)
  }
}
// Sources/Sedge/Sedge.docc/Inspecting.md
func Sources_Sedge_Sedge_docc_Inspecting_md_1(image: RGBImage) throws {
  let inspection = try Inspection(path: "sed.pth")
  print(inspection.modelName ?? "no known model", inspection.fits)
  for tensor in inspection.tensors where tensor.elementCount > 1_000_000 {
    print(tensor.name, tensor.shape, tensor.type)
  }
  for problem in inspection.problems { print(problem) }
}
// Sources/Sedge/Sedge.docc/Sedge.md
func Sources_Sedge_Sedge_docc_Sedge_md_1(image: RGBImage) throws {
  var options = ConversionOptions()
  options.quantization = .int8
  let summary = try Conversion(source: "sed.h5", options: options).run(output: "sed.sedge")
  print(summary.bitsPerWeight)
  
  let report = try Verification(model: "sed.sedge").compare(
    sources: ["sed.h5"], pictures: SyntheticPicture.all, classes: nil)
  print(report.passes, report.failures)
  
  let segmenter = try Segmenter(path: "sed.sedge")
  let classes = try ClassList(names: ["sky", "tree, pine", "red circle"])
  let segmentation = try segmenter.segment(RGBImage(path: "picture.png"), classes: classes)
  try segmentation.labelMap.writePNG(to: "labels.png")
}
// Sources/Sedge/Sedge.docc/SegmentingInAServer.md
func Sources_Sedge_Sedge_docc_SegmentingInAServer_md_1(image: RGBImage) async throws {
  actor SegmentationService {
    private let segmenter: Segmenter
    private var features: [String: TextFeatures] = [:]
  
    init(path: String) throws { segmenter = try Segmenter(path: path) }
  
    func labels(of image: RGBImage, names: String) async throws -> LabelMap {
      let known = features[names]
      let features = if let known { known } else {
        try await segmenter.model.textFeatures(of: ClassList(literal: names))
      }
      self.features[names] = features
      return try await segmenter.segment(image, textFeatures: features).labelMap
    }
  }
}
// Sources/Sedge/Sedge.docc/Verifying.md
func Sources_Sedge_Sedge_docc_Verifying_md_1(image: RGBImage) async throws {
  let verification = try Verification(model: "sed.sedge")
  let golden = try await verification.compare(golden: "sed.golden.safetensors")
  let source = try await verification.compare(sources: ["sed.pth"], pictures: SyntheticPicture.all, classes: nil)
  for report in [golden, source] where !report.passes {
    print(report.failures.joined(separator: "\n"))
  }
}
// Sources/Sedge/Sedge.docc/Verifying.md
func Sources_Sedge_Sedge_docc_Verifying_md_2(image: RGBImage) async throws {
  var costs = CostOptions()
  costs.plansFormats = true
  let report = try await Verification(model: "sed.sedge").compare(
    sources: ["sed.pth"], pictures: SyntheticPicture.all, classes: nil, costs: costs)
  if let plan = report.costs?.plan {
    var options = ConversionOptions()
    options.quantization = .int4
    options.plan = QuantizationPlan(plan)
    print("\(plan.byteCount) bytes, \(plan.measured.labels) of the labels change")
    try await Conversion(source: "sed.pth", options: options).run(output: "better.sedge")
  }
}
// Sources/Sedge/Conversion.swift
func Sources_Sedge_Conversion_swift_1(image: RGBImage, images: [RGBImage], model: SedgeModel, segmenter: Segmenter, options: ConversionOptions) throws {
  var options = ConversionOptions()
  options.quantization = .int8
  let summary = try Conversion(source: "sed.pth", options: options).run(output: "sed.sedge")
  print(summary.outputByteCount)
}
// Sources/Sedge/ConversionEstimate.swift
func Sources_Sedge_ConversionEstimate_swift_1(image: RGBImage, images: [RGBImage], model: SedgeModel, segmenter: Segmenter, options: ConversionOptions) throws {
  let estimate = try Conversion(source: "sed.pth", options: options).estimate()
  print(estimate.byteCounts, estimate.seconds, estimate.memoryByteCount)
}
// Sources/Sedge/ConversionOptions.swift
func Sources_Sedge_ConversionOptions_swift_1(image: RGBImage, images: [RGBImage], model: SedgeModel, segmenter: Segmenter, options: ConversionOptions) throws {
  var options = ConversionOptions()
  options.budget = .fileSize(60_000_000)
  options.topK = nil
}
// Sources/Sedge/ConversionSummary.swift
func Sources_Sedge_ConversionSummary_swift_1(image: RGBImage, images: [RGBImage], model: SedgeModel, segmenter: Segmenter, options: ConversionOptions) throws {
  let summary = try Conversion(source: "sed.pth", options: ConversionOptions()).run(output: "sed.sedge")
  print(summary.sourceByteCount, summary.outputByteCount, summary.bitsPerWeight)
}
// Sources/Sedge/ImageClassifier.swift
func Sources_Sedge_ImageClassifier_swift_1(image: RGBImage, images: [RGBImage], model: SedgeModel, segmenter: Segmenter, options: ConversionOptions) throws {
  let classifier = try ImageClassifier(path: "clip.sedge")
  let result = try classifier.classify(RGBImage(path: "cat.png"), classes: ClassList(literal: "cat; dog"))
  print(result.best, result.probabilities)
}
// Sources/Sedge/Inspection.swift
func Sources_Sedge_Inspection_swift_1(image: RGBImage, images: [RGBImage], model: SedgeModel, segmenter: Segmenter, options: ConversionOptions) throws {
  let inspection = try Inspection(path: "sed.pth")
  print(inspection.modelName ?? "no known model", inspection.fits, inspection.tensors.count)
}
// Sources/Sedge/SedgeModel.swift
func Sources_Sedge_SedgeModel_swift_1(image: RGBImage, images: [RGBImage], model: SedgeModel, segmenter: Segmenter, options: ConversionOptions) throws {
  let model = try SedgeModel(path: "sed.sedge")
  print(model.name, model.kind, model.resolution)
  let features = try model.textFeatures(of: ClassList(literal: "sky; grass; red circle"))
  let segmentation = try Segmenter(model).segment(image, textFeatures: features)
  print(segmentation.shares(of: 3))
}
// Sources/Sedge/Segmenter.swift
func Sources_Sedge_Segmenter_swift_1(image: RGBImage, images: [RGBImage], model: SedgeModel, segmenter: Segmenter, options: ConversionOptions) throws {
  let segmenter = try Segmenter(path: "sed.sedge")
  let segmentation = try segmenter.segment(RGBImage(path: "cat.png"), classes: ClassList(literal: "cat; sofa"))
  try segmentation.labelMap.writePNG(to: "labels.png")
}
// Sources/Sedge/TextFeatures.swift
func Sources_Sedge_TextFeatures_swift_1(image: RGBImage, images: [RGBImage], model: SedgeModel, segmenter: Segmenter, options: ConversionOptions) throws {
  let features = try model.textFeatures(of: ClassList(literal: "cat; dog"))
  for image in images { try use(segmenter.segment(image, textFeatures: features)) }
}
// Sources/Sedge/Verification.swift
func Sources_Sedge_Verification_swift_1(image: RGBImage, images: [RGBImage], model: SedgeModel, segmenter: Segmenter, options: ConversionOptions) throws {
  let report = try Verification(model: "sed.sedge").compare(golden: "sed.golden.safetensors")
  if !report.passes { print(report.failures.joined(separator: "\n")) }
}
// Sources/SedgeArchitecture/ImageResizing.swift
func Sources_SedgeArchitecture_ImageResizing_swift_1(image: RGBImage, images: [RGBImage], model: SedgeModel, segmenter: Segmenter, options: ConversionOptions) throws {
  var options = ConversionOptions()
  options.resizing = .sed
}
// Sources/SedgeExport/ModelExport.swift
func Sources_SedgeExport_ModelExport_swift_1(image: RGBImage, images: [RGBImage], model: SedgeModel, segmenter: Segmenter, options: ConversionOptions) throws {
  let summary = try ModelExport(model: "sed.sedge").run(output: "sed.safetensors")
  print(summary.elementCount)
}
// Sources/SedgeHDF5/HDF5Reading.swift
func Sources_SedgeHDF__HDF_Reading_swift_1(image: RGBImage, images: [RGBImage], model: SedgeModel, segmenter: Segmenter, options: ConversionOptions) throws {
  HDF5Reading.serveIfAsked()
}
// Sources/SedgeTensor/Cancellation.swift
func Sources_SedgeTensor_Cancellation_swift_1(image: RGBImage, images: [RGBImage], model: SedgeModel, segmenter: Segmenter, options: ConversionOptions) throws {
  try Conversion(source: "sed.pth", options: options).run(output: "sed.sedge") { step in
    if stopRequested { throw CancellationError() }
    print(step)
  }
}
