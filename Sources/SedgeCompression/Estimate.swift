// An estimate of the encoded size and error of any file's tensors.

import SedgeCheckpoint
package import SedgeQuantization
package import SedgeTensor

/// The encoded size and error of each matrix of a file, which may be of any model.
package struct Estimate: Sendable {
  /// One encoded matrix.
  package struct Matrix: Sendable {
    /// The tensor's name.
    package var name: String
    /// The tensor's shape.
    package var shape: [Int]
    /// Bytes of its codes.
    package var byteCount: Int
    /// Root mean square of the errors over that of the elements.
    package var relativeRMSError: Double
    /// Seconds that decoding took on one thread, the best of five times; `nil` where it was not timed.
    package var decodeSeconds: Double?

    /// Elements.
    package var elementCount: Int { shape.reduce(1, *) }
    /// Bits of the codes for each element.
    package var bitsPerWeight: Double { 8 * Double(byteCount) / Double(max(elementCount, 1)) }
    /// Bytes of float32 that decoding makes in a second; `nil` where it was not timed.
    package var decodedBytesPerSecond: Double? { decodeSeconds.map { 4 * Double(elementCount) / $0 } }
  }

  /// The matrices, in the order of the file.
  package var matrices: [Matrix]
  /// Names of the omitted tensors, which are not matrices of floats.
  package var omittedNames: [String]

  /// Bytes of the preamble of a `.sedge` file, and of a tensor's record besides its name, rounded up.
  private static let overhead = 64

  /// Bytes that a `.sedge` file of these tensors alone would have, rounded up.
  package var fileByteCount: Int {
    matrices.reduce(Self.overhead) { $0 + $1.byteCount + $1.name.utf8.count + Self.overhead }
  }

  /// Encodes every matrix of a file: each tensor of floats with at least two dimensions, the first of which are the rows.
  ///
  /// - Parameters:
  ///   - targets: The targets of single tensors, by name.
  ///   - target: The target of all other tensors; `nil` omits them.
  ///   - isTimed: Whether decoding is timed.
  /// - Throws: `FormatError` where the file cannot be read; ``UsageError`` where it lacks a tensor of `targets`.
  package init(
    path: String, targets: [String: EncodingTarget] = [:], target: EncodingTarget?, isTimed: Bool = false,
    progress: (WorkProgress) throws -> Void = { _ in }
  ) throws {
    let archive = try openArchive(path: path)
    let known = Set(archive.tensors.map(\.name))
    if let missing = targets.keys.sorted().first(where: { !known.contains($0) }) {
      throw UsageError(.noSuchTensor(missing), path: path)
    }
    let matrices = archive.tensors.filter {
      $0.shape.count >= 2 && $0.elementType.isFloatingPoint && !$0.shape.contains(0)
    }
    let names = Set(matrices.map(\.name))
    omittedNames = archive.tensors.map(\.name).filter { !names.contains($0) }
    self.matrices = []
    for (done, info) in matrices.enumerated() {
      if let target = targets[info.name] ?? target {
        let values = try archive.floats(info).values
        if let element = values.firstIndex(where: { !$0.isFinite }) {
          throw FormatError(
            .malformed("element \(element) is \(values[element]), expected a finite number"), path: path,
            tensor: info.name)
        }
        self.matrices.append(try Self.coded(info, values, target, isTimed: isTimed))
      }
      try progress(.writing(Double(done + 1) / Double(matrices.count)))
    }
  }

  private static func coded(
    _ info: TensorInfo, _ values: [Float], _ target: EncodingTarget, isTimed: Bool
  ) throws -> Matrix {
    let (rows, columns) = matrixExtents(of: info.shape)
    let choices: [CodecChoice] = [.trellis(target), .f32Planes]
    for choice in choices {
      guard let encoded = choice.codec.encode(values, rows: rows, columns: columns) else { continue }
      let decoded = try choice.codec.decode(encoded, rows: rows, columns: columns)
      return Matrix(
        name: info.name, shape: info.shape, byteCount: encoded.codes.count,
        relativeRMSError: Deviation(reference: values, actual: decoded).relativeRMS,
        decodeSeconds: isTimed
          ? try bestSeconds { try choice.codec.decode(encoded, rows: rows, columns: columns) } : nil)
    }
    preconditionFailure("float32 holds every number")
  }

  /// The least time of five.
  private static func bestSeconds(_ work: () throws -> [Float]) rethrows -> Double {
    let clock = ContinuousClock()
    let times = try (0..<5).map { _ in try clock.measure { _ = try work() } }
    return (times.min() ?? .zero) / .seconds(1)
  }
}
