// What each form of a model costs, in bytes and in errors.

package import SedgeArchitecture
import SedgeCheckpoint
package import SedgeCompression
import SedgeContainer
package import SedgeEvaluation
import SedgeFolding
import SedgeQuantization
package import SedgeRunner
package import SedgeTokenizer

/// Converts a source to several forms and measures each on pictures.
package struct Sweep {
  /// One form with what it costs.
  package struct Entry: Sendable {
    /// What it belongs to.
    package var series: String
    /// Its name among these.
    package var name: String
    /// Bytes of the file; `nil` where there is none.
    package var fileByteCount: Int?
    /// Bytes of the weights alone: neither vocabulary nor header.
    package var weightByteCount: Int
    /// Bits of them for each weight, rows of zeros left out.
    package var bitsPerWeight: Double
    /// Its output against the source's and against ground truth.
    package var measurement: OutputMeasurement
    /// How it brings pictures to its resolution.
    package var resizing: ImageResizing
    /// Whether its text features of the classes are stored in the file.
    package var storesFeatures = false

    /// Its output against the source's.
    package var error: OutputError { measurement.error }
  }

  /// What everything is measured against.
  package let reference: OutputReference
  /// Weights of the model but those of rows that are all zeros.
  package let weightCount: Int
  private let sources: [String]
  private let options: ConversionOptions

  /// Runs the source on pictures.
  ///
  /// - Parameters:
  ///   - sources: The checkpoint, or the files that complete each other to one.
  ///   - options: How it is converted; what they say of the form is replaced. Their calibration is for forms that need
  ///     one.
  ///   - compute: How the forms compute; the source computes in float32 in any case.
  ///   - isStrict: Whether a picture that cannot be used is an error; otherwise it is left out of everything.
  /// - Throws: As ``Conversion/init(sources:options:)`` and ``OutputReference``.
  package init(
    sources: [String], options: ConversionOptions, pictures: [TestPicture], classes: ClassList,
    compute: Compute = Compute(), isStrict: Bool = true, progress: @escaping ProgressHandler = { _ in }
  ) throws {
    self.sources = sources
    self.options = options
    let conversion = try Conversion(sources: sources, options: options)
    let (tensors, architecture) = (conversion.sourceTensors, conversion.source.checkpoint.architecture)
    try MemoryDemand.ask(
      MemoryDemand.ofWeights(tensors)
        + MemoryDemand.ofText(tensors, architecture, classCount: classes.classes.count), for: "the source")
    weightCount = max(1, try Self.weightCount(of: conversion))
    reference = try OutputReference(
      conversion.source, pictures: pictures, classes: classes, compute: compute,
      isStrict: isStrict, progress: progress)
  }

  private static func weightCount(of conversion: Conversion) throws -> Int {
    let model = try FoldedModel(
      conversion.source.checkpoint, preprocessing: conversion.source.preprocessing,
      folding: conversion.options.folding)
    return try model.modelTensors.reduce(0) { sum, tensor in
      let rows = tensor.shape.first ?? 1
      return try sum + model.values(of: tensor).keptRowCount(rows: rows) * (tensor.elementCount / rows)
    }
  }

  /// Makes a form and measures it.
  ///
  /// - Parameter path: Where the file is written, of a form that has one.
  package func measure(
    _ form: SweepVariant, output path: String, progress: @escaping ProgressHandler = { _ in }
  ) throws -> Entry {
    switch form {
    case .roundToNearest(let bits):
      let conversion = try Conversion(sources: sources, options: options)
      let model = try FoldedModel(
        conversion.source.checkpoint, preprocessing: conversion.source.preprocessing, folding: options.folding
      )
      let weights = RoundToNearestWeights(model, bits: bits)
      let byteCount = try weights.byteCount()
      return Entry(
        series: form.series, name: form.name, weightByteCount: byteCount,
        bitsPerWeight: 8 * Double(byteCount) / Double(weightCount),
        measurement: try reference.measurement(of: weights) { try progress(Self.named(form.name, $0)) },
        resizing: reference.origin.preprocessing.resizing)
    case .file(let wish), .calibrated(let wish):
      _ = try convert(wish, to: path, calibrated: form.isCalibrated, budget: nil, progress: progress)
    case .auto(let wish):
      let size = try convert(wish, to: path, calibrated: false, budget: nil, progress: progress)
      _ = try convert(wish, to: path, calibrated: true, budget: .fileSize(size), progress: progress)
    }
    return try measure(file: path, series: form.series, name: form.name, progress: progress)
  }

  /// Writes a file and tells its size.
  private func convert(
    _ wish: WeightFormat, to path: String, calibrated: Bool, budget: QuantizationBudget?,
    progress: @escaping ProgressHandler
  ) throws -> Int {
    var options = options
    options.quantization = budget == nil ? wish : .int4
    options.budget = budget
    if !calibrated { options.calibration = nil }
    return try Conversion(sources: sources, options: options).run(output: path, progress: progress)
      .outputByteCount
  }

  /// Measures a file that is there already.
  ///
  /// - Parameter weightByteCount: Bytes of its weights; by default as they are stored in the file. A file that was made
  ///   of what another program decoded does not tell how much that program needs.
  package func measure(
    file path: String, series: String, name: String, weightByteCount: Int? = nil,
    progress: @escaping ProgressHandler = { _ in }
  ) throws -> Entry {
    let file = try openSedgeFile(path: path)
    let records = file.header.tensors.filter { $0.tensor.role != .textFeatures }
    let stored = weightByteCount ?? records.reduce(0) { $0 + $1.storedByteCount }
    let found = try reference.measurement(ofFile: path) { try progress(Self.named(name, $0)) }
    return Entry(
      series: series, name: name, fileByteCount: weightByteCount == nil ? file.byteCount : nil,
      weightByteCount: stored, bitsPerWeight: 8 * Double(stored) / Double(weightCount),
      measurement: found.measurement, resizing: found.resizing, storesFeatures: found.storesFeatures)
  }

  /// A step, that of a run with the name of what is run.
  private static func named(_ name: String, _ step: WorkProgress) -> WorkProgress {
    if case .running(let what) = step { .running("\(name), \(what)") } else { step }
  }
}
