// Two ways to compute the same: one to be checked against, one to be used.

public import SedgeOperators
import SedgeTensor

/// How a forward pass computes.
public struct Compute: Hashable, Sendable {
  /// The arithmetic of the matrix products.
  public enum Arithmetic: String, CaseIterable, Sendable {
    /// Plain Swift, float32 with wider sums where they matter: what the others are checked against.
    case reference
    /// Float32 in the kernels for this processor.
    case float32 = "f32"
    /// Bytes in the large products of image encoder and decoder, as far as that is faster with the kernels at hand: activations are converted as they come, each row or image
    /// with a step of its own, weights with one for each output. Linear layers too small for that are rounded to
    /// bfloat16 where there is hardware for it; all else is float32.
    case int8
  }

  /// The arithmetic.
  public var arithmetic: Arithmetic
  /// Threads, at least 1; `nil` for one on each processor. The result is the same bits for any number.
  ///
  /// The reference takes as many as there are processors.
  public var threads: Int?
  /// The set of kernels; `nil` for that of the process.
  package var kernels: Kernels?

  /// Float32 on all processors, unless said otherwise.
  public init(_ arithmetic: Arithmetic = .float32, threads: Int? = nil) {
    self.arithmetic = arithmetic
    self.threads = threads
  }

  /// The same without bytes in the arithmetic: what results are held against.
  public var exact: Compute {
    var result = self
    if arithmetic == .int8 { result.arithmetic = .float32 }
    return result
  }

  /// The name of the set of kernels that computes: ``KernelSet/chosen()``, or `reference`, which has none.
  ///
  /// - Throws: As ``KernelSet/chosen()``.
  public func kernelSet() throws(KernelSetError) -> String {
    arithmetic == .reference ? "reference" : try chosenKernels().name
  }

  private func chosenKernels() throws(KernelSetError) -> Kernels {
    if let kernels { return kernels }
    return try .chosen()
  }

  /// Threads that the work is divided among.
  public var threadCount: Int { Workers(count: threads).count }

  /// What a fused forward pass computes on.
  func context() throws(KernelSetError) -> ExecutionContext {
    let kernels = try chosenKernels()
    return ExecutionContext(
      kernels: kernels, workers: Workers(count: threads),
      usesInt8: arithmetic == .int8 && kernels.hasFastInt8)
  }

  /// The operators that compute so; never in bytes.
  package func operators() throws(KernelSetError) -> any Operators {
    guard arithmetic != .reference else { return ReferenceOperators() }
    return AcceleratedOperators(kernels: try chosenKernels(), threads: threads)
  }

  /// Floating-point operations a second that all threads reach together in registers alone: no forward pass can be
  /// faster. Measured now, in some tenths of a second.
  ///
  /// - Throws: As ``KernelSet/chosen()``.
  public func peakOperationsPerSecond() throws(KernelSetError) -> Double {
    let (workers, kernels) = (Workers(count: threads), try chosenKernels())
    return (0..<5).map { _ in kernels.peakOperationsPerSecond(workers) }.max() ?? 0
  }
}

extension Compute: CustomStringConvertible {
  /// The arithmetic, and the set of kernels where one was asked for: `int8 avx2`.
  public var description: String {
    [arithmetic.rawValue, kernels?.name].compactMap(\.self).joined(separator: " ")
  }
}

/// SED from the encoder's input to labels.
protocol ForwardPass: AnyObject {
  /// Runs the model.
  ///
  /// - Parameters:
  ///   - input: 1 x R x R x 3, as the stem wants it.
  ///   - height, width: Of the labels.
  ///   - text: T x P x D.
  func callAsFunction(
    _ input: Tensor, height: Int, width: Int, text: Tensor, topK: Int?, taps: Taps?, times: StageTimes?
  ) -> Segmentation
}
