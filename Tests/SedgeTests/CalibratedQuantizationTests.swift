// A small trained model, coded with pictures in mind.

import SedgeEvaluation
import SedgeTensor
import SedgeCompression
import Sedge
import SedgeContainer
import SedgeQuantization
import TestSupport
import Testing

@Suite("Calibrated quantization")
struct CalibratedQuantizationTests {
  private static let source = fixture("shapes/sed_shapes.h5")
  private static let names = "grass; sky; sand; brick wall; water; red circle; green star; blue ring"

  /// The trained model at half its resolution.
  private static func options(
    _ form: WeightFormat = .int4, calibrated: Bool = true, budget: QuantizationBudget? = nil
  ) throws -> ConversionOptions {
    var options = ConversionOptions()
    options.architecture.textHeads = 4
    options.resolution = 128
    options.templates = try PromptTemplates(jsonFile: fixture("shapes/templates.json"))
    options.quantization = form
    options.budget = budget
    if calibrated { options.calibration = try calibration(["sand", "sky"]) }
    return options
  }

  private static func calibration(_ pictures: [String]) throws -> CalibrationOptions {
    CalibrationOptions(
      pictures: pictures.map { TestPicture(path: fixture("pictures/\($0).png")) },
      classes: try ClassList(literal: names))
  }

  private static func convert(_ options: ConversionOptions, to path: String) throws -> ConversionSummary {
    try Conversion(source: source, options: options).run(output: path)
  }

  private static func reference() throws -> OutputReference {
    try OutputReference(
      Conversion(source: source, options: options(calibrated: false)),
      pictures: [TestPicture(path: fixture("pictures/bricks.png"))], classes: ClassList(literal: names))
  }

  @Test(
    "Calibration makes the error of the output smaller, on a picture that it has not seen, in as many bytes")
  func gain() throws {
    let paths = try [false, true].map { try SharedModel.path(Self.source, Self.options(calibrated: $0)) }
    let sizes = try paths.map { try InputFile(path: $0).byteCount }
    #expect(abs(Double(sizes[1]) / Double(sizes[0]) - 1) < 0.005)
    let reference = try Self.reference()
    let errors = try paths.map { try reference.error(ofFile: $0).scoreRMS }
    #expect(errors[1] < 0.8 * errors[0])
    #expect(try SedgeFile(path: paths[0]).header.quantization == nil)
  }

  @Test("The file records the measured quality and the images of the measurement")
  func claim() throws {
    let path = try SharedModel.path(Self.source, Self.options())
    let record = try #require(try SedgeFile(path: path).header.quantization)
    #expect(record.requested == "int4")
    #expect(record.calibration?.pictureCount == 2 && record.calibration?.isCompensated == true)
    let claim = try #require(record.measuredQuality)
    #expect(claim.pictureCount == 2 && claim.classCount == 8 && !claim.isHeldOut)
    let reference = try OutputReference(
      Conversion(source: Self.source, options: Self.options()),
      pictures: try Self.calibration(["sand", "sky"]).pictures, classes: ClassList(literal: Self.names))
    let error = try reference.error(ofFile: path)
    #expect(error.labelChange == claim.labelChange && error.scoreRMS == claim.scoreRMS)
    #expect(error.largestScoreError == claim.scoreMaximum)
  }

  @Test("One of four images is reserved for the measurement")
  func heldOut() throws {
    let four = try Self.calibration(["sand", "sky", "bricks", "bricks"])
    #expect(four.isHeldOut && four.calibrationPictures.count == 3 && four.measurementPictures.count == 1)
    let three = try Self.calibration(["sand", "sky", "bricks"])
    #expect(!three.isHeldOut && three.calibrationPictures.count == 3 && three.measurementPictures.count == 3)
    let none = CalibrationOptions()
    #expect(none.isHeldOut && none.source == "synthetic" && none.usedPictures.count == 8)
  }

  @Test("A size budget is kept to the byte, with a smaller error than a uniform format of that size")
  func size() throws {
    let folder = try TemporaryFolder()
    let fixed = try Self.convert(Self.options(.int3), to: folder.file("int3.sedge"))
    let size = fixed.outputByteCount
    let auto = try Self.convert(Self.options(budget: .fileSize(size)), to: folder.file("auto.sedge"))
    #expect(auto.outputByteCount <= size && Double(auto.outputByteCount) > 0.99 * Double(size))
    let reference = try Self.reference()
    let errors = try ["int3", "auto"].map { try reference.error(ofFile: folder.file("\($0).sedge")).scoreRMS }
    #expect(errors[1] < errors[0])
    // What was paid where is in the file.
    let shares = auto.header.tensors.compactMap(\.errorShare)
    #expect(shares.count > 50 && abs(shares.reduce(0, +) - 1) < 0.01)
    #expect(auto.header.tensors.compactMap(\.importance).max() == 1)
  }

  @Test(
    "Bits for an error keep it where it is measured, and a plan that was written makes the same weights again"
  )
  func budgetAndPlan() throws {
    let folder = try TemporaryFolder()
    let auto = try Self.convert(Self.options(budget: .scoreRMS(0.05)), to: folder.file("auto.sedge"))
    let claim = try #require(auto.header.quantization?.measuredQuality)
    #expect(claim.scoreRMS <= 0.05 && claim.scoreRMS > 0.01)
    #expect(
      auto.plan.tensors.contains {
        if case .bits(let bits) = $0.form { bits != bits.rounded() } else { false }
      })
    var options = try Self.options(.int8)
    options.plan = auto.plan
    let again = try Self.convert(options, to: folder.file("again.sedge"))
    let (first, second) = (
      try SedgeFile(path: folder.file("auto.sedge")), try SedgeFile(path: folder.file("again.sedge"))
    )
    for tensor in first.modelTensors {
      #expect(try first.values(of: tensor) == second.values(of: tensor), "\(tensor.name)")
    }
    #expect(again.plan == auto.plan)
  }

  @Test("A budget of mIoU is kept where it is measured, in fewer bytes than int8")
  func meanIoU() throws {
    let folder = try TemporaryFolder()
    let pictures = ["sand", "sky", "bricks"].map {
      TestPicture(
        path: fixture("pictures/\($0).png"), truthPath: fixture("pictures/\($0).labels.png"))
    }
    let classes = try ClassList(file: fixture("shapes/classes.json"))
    var options = try Self.options(budget: .meanIoUDrop(0.02))
    options.calibration = CalibrationOptions(pictures: pictures, classes: classes)
    let auto = try Self.convert(options, to: folder.file("auto.sedge"))
    let record = try #require(auto.header.quantization)
    #expect(record.requested == "auto --max-miou-drop 0.02")
    let reference = try OutputReference(
      Conversion(source: Self.source, options: Self.options(calibrated: false)), pictures: pictures,
      classes: classes)
    let error = try reference.error(ofFile: folder.file("auto.sedge"))
    #expect(error.labelChange == record.measuredQuality?.labelChange)
    let (before, after) = (try #require(reference.source.meanIoU), try #require(error.meanIoU))
    #expect(before - after <= 0.02)
    let int8 = try Self.convert(Self.options(.int8, calibrated: false), to: folder.file("int8.sedge"))
    #expect(auto.outputByteCount < int8.outputByteCount)
    let note = try #require(auto.notes.first { $0.hasPrefix("mIoU is ") })
    #expect(note.hasSuffix(" on 3 pictures of the calibration; with so few the drop has no interval"))
  }

  @Test("A budget of mIoU without ground truth, or with that of other classes, is refused before the work")
  func meanIoUWithoutTruth() throws {
    let folder = try TemporaryFolder()
    func fault(_ calibration: CalibrationOptions?) throws -> UsageError.Kind {
      var options = try Self.options(calibrated: false, budget: .meanIoUDrop(0.02))
      options.calibration = calibration
      return try #require(throws: UsageError.self) {
        try Self.convert(options, to: folder.file("m.sedge"))
      }.kind
    }
    #expect(try fault(nil) == .budgetWithoutGroundTruth)
    #expect(try fault(Self.calibration(["sand", "sky"])) == .budgetWithoutGroundTruth)
    var others = try Self.calibration([])
    others.pictures = [
      TestPicture(path: fixture("pictures/sand.png"), truthPath: fixture("pictures/sand.labels.png"))
    ]
    guard case .labelsBeyondClasses(_, 8, _) = try fault(others) else {
      Issue.record("labels of other classes were taken")
      return
    }
    #expect(try folder.contents() == [])
  }

  @Test("The same images give the same bytes")
  func deterministic() throws {
    let folder = try TemporaryFolder()
    _ = try Self.convert(Self.options(), to: folder.file("again.sedge"))
    let files = try [SharedModel.path(Self.source, Self.options()), folder.file("again.sedge")].map { path in
      let file = try InputFile(path: path)
      return try file.bytes(at: 0, count: file.byteCount)
    }
    #expect(files[0] == files[1])
  }

  @Test("A rule precedes the plan, the plan precedes the default format")
  func precedence() throws {
    let folder = try TemporaryFolder()
    var options = try Self.options(.int8, calibrated: false)
    let (stem, head) = ("clip_model.visual.trunk.stem.0.weight", "clip_model.visual.head.proj.weight")
    options.plan = QuantizationPlan(tensors: [
      QuantizationPlan.Entry(name: stem, form: .f32), QuantizationPlan.Entry(name: head, form: .bits(3)),
    ])
    options.tensorRules = [
      try #require(TensorRule("head.proj=int7")), try #require(TensorRule("head.proj.weight=f16")),
    ]
    let summary = try Self.convert(options, to: folder.file("m.sedge"))
    let codecs = Dictionary(uniqueKeysWithValues: summary.header.tensors.map { ($0.tensor.name, $0.codec) })
    #expect(codecs[stem] == .f32 && codecs[head] == .f16Planes)
    #expect(codecs["clip_model.text_projection"] == .trellis)
  }

  @Test("Impossible requests are refused, and no file remains")
  func refusals() throws {
    let folder = try TemporaryFolder()
    var noSuchTensor = try Self.options(.int8, calibrated: false)
    noSuchTensor.tensorRules = [try #require(TensorRule("nothing.like.it=int4"))]
    var noSuchPlan = try Self.options(.int8, calibrated: false)
    noSuchPlan.plan = QuantizationPlan(tensors: [QuantizationPlan.Entry(name: "nothing", form: .f16)])
    var raw = try Self.options(.int4, calibrated: false)
    raw.storage = .raw
    let tooSmall = try Self.options(budget: .fileSize(50_000))
    let expected: [(options: ConversionOptions, isExpected: (UsageError.Kind) -> Bool)] = [
      (noSuchTensor, { $0 == .ruleWithoutTensor("nothing.like.it=int4") }),
      (noSuchPlan, { $0 == .planWithoutTensor("nothing") }),
      (raw, { $0 == .rawStorage(requested: "int4") }),
      (
        tooSmall,
        { if case .sizeTooSmall(50_000, let other, _) = $0 { other > 50_000 } else { false } }
      ),
    ]
    for (options, isExpected) in expected {
      let error = try #require(throws: UsageError.self) {
        try Self.convert(options, to: folder.file("m.sedge"))
      }
      #expect(isExpected(error.kind), "\(error)")
      #expect(try folder.contents() == [])
    }
  }
}
