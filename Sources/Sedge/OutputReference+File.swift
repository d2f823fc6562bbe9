// The output error of a finished file.

package import SedgeEvaluation
package import SedgeArchitecture
package import SedgeCompression
import SedgeCheckpoint
import SedgeContainer
import SedgeRunner
package import SedgeTensor
import SedgeVerification

extension OutputReference {
  /// Runs the source of a conversion on images; see
  /// `init(_:pictures:classes:compute:isStrict:memoryLimit:diskLimit:progress:)`.
  package convenience init(
    _ conversion: Conversion, pictures: [TestPicture], classes: ClassList, compute: Compute = Compute(),
    isStrict: Bool = true, memoryLimit: Int = defaultMemoryLimit, diskLimit: Int? = nil,
    progress: (WorkProgress) throws -> Void = { _ in }
  ) throws {
    try self.init(
      conversion.source, pictures: pictures, classes: classes, compute: compute, isStrict: isStrict,
      memoryLimit: memoryLimit, diskLimit: diskLimit, progress: progress)
  }

  /// Measures a model in a `.sedge` file; see ``measurement(ofFile:progress:)``.
  package func error(ofFile path: String, progress: (WorkProgress) throws -> Void = { _ in }) throws
    -> OutputError
  {
    try measurement(ofFile: path, progress: progress).measurement.error
  }

  /// Measures a model in a `.sedge` file as it ships: with its default preprocessing, and with its stored text features where it
  /// has them for these classes, else those of its own text encoder.
  ///
  /// - Throws: `UsageError` where the file is of another model or resolution, or cannot have these classes;
  ///   `FormatError` where it is damaged.
  package func measurement(
    ofFile path: String, progress: (WorkProgress) throws -> Void = { _ in }
  ) throws -> (measurement: OutputMeasurement, resizing: ImageResizing, storesFeatures: Bool) {
    let candidate = try SedgeModel(path: path, compute: compute)
    var (found, expected) = (candidate.file.architecture, origin.checkpoint.architecture)
    // All classes are kept here, so the heads that reject some do not matter.
    found.decoder?.hasRejectionHeads = false
    expected.decoder?.hasRejectionHeads = false
    guard found == expected else {
      throw UsageError(.differentModel(found: found.name, expected: expected.name), path: path)
    }
    let resolutions = (
      candidate.file.header.preprocessing.resolution, origin.preprocessing.resolution
    )
    guard resolutions.0 == resolutions.1 else {
      throw UsageError(
        .differentResolution(found: resolutions.0, expected: resolutions.1), path: path)
    }
    let features = try candidate.encodedFeatures(of: classes) {
      try progress(.encodingText(Double($0) / Double($1)))
    }.features
    let measured = try candidate.withNetwork {
      try measurement(of: $0.recordable, textFeatures: features, progress: progress)
    }
    return (measured, candidate.resizing, candidate.storesFeatures(of: classes))
  }
}
