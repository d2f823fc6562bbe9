// The choice of arithmetic, threads and kernels.

public import SedgeOperators

/// The arithmetic, threads and kernels of a forward pass.
public struct Compute: Hashable, Sendable {
  /// The arithmetic of the matrix products.
  public enum Arithmetic: String, CaseIterable, Sendable {
    /// Plain Swift in float32, with wider sums where they matter: the reference for the others.
    case reference
    /// Float32 on the kernels for this processor.
    case float32 = "f32"
    /// Bfloat16 in the large matrix products, with float32 sums. Where the processor has no instructions for it, float32 products of
    /// rounded values: the same but for the order of sums, and not faster.
    case bf16
    /// Int8 in the large matrix products of image encoder, decoder and text encoder, where the kernels are faster in int8: activations are
    /// quantized dynamically, with one scale for each row or image, weights with one scale for each output. Smaller linear layers
    /// run in bfloat16 where the processor has instructions for it; everything else is float32.
    case int8
  }

  /// The arithmetic.
  public var arithmetic: Arithmetic
  /// The number of threads, at least 1; `nil` for one on each processor. The result does not depend on it.
  ///
  /// The reference always uses one thread on each processor.
  public var threads: Int?
  /// The kernels; `nil` for those that the process uses.
  package var kernels: Kernels?

  /// By default float32 on all processors.
  public init(_ arithmetic: Arithmetic = .float32, threads: Int? = nil) {
    self.arithmetic = arithmetic
    self.threads = threads
  }

  /// The same in float32 instead of bfloat16 or int8: the reference for results in these.
  public var exact: Compute {
    var result = self
    if arithmetic != .reference { result.arithmetic = .float32 }
    return result
  }

  /// The name of the kernel set: ``KernelSet/chosen()``, or `reference`.
  ///
  /// - Throws: As ``KernelSet/chosen()``.
  public func kernelSet() throws(KernelSetError) -> String {
    arithmetic == .reference ? "reference" : try chosenKernels().name
  }

  /// Whether bfloat16 was asked for that is not faster than float32 here.
  ///
  /// - Throws: As ``KernelSet/chosen()``.
  package func usesSlowBF16() throws(KernelSetError) -> Bool {
    arithmetic == .bf16 ? try !chosenKernels().isBF16Faster : false
  }

  private func chosenKernels() throws(KernelSetError) -> Kernels {
    if let kernels { return kernels }
    return try .chosen()
  }

  /// The number of threads.
  public var threadCount: Int { Workers(count: threads).count }

  /// The resources of an accelerated forward pass.
  func context() throws(KernelSetError) -> ExecutionContext {
    let kernels = try chosenKernels()
    let format: PackedLinear.Format =
      switch arithmetic {
      case .reference, .float32: .float32
      case .bf16: .bf16
      case .int8: kernels.hasFastInt8 ? .int8 : .float32
      }
    return ExecutionContext(kernels: kernels, workers: Workers(count: threads), format: format)
  }

  /// The name of everything here that decides the bits of text features: `fused f32 avx2`, `reference`.
  ///
  /// - Throws: As ``KernelSet/chosen()``.
  package func textArithmetic() throws(KernelSetError) -> String {
    arithmetic == .reference ? "reference" : "fused \(arithmetic.rawValue) \(try kernelSet())"
  }

  /// The operators of this arithmetic; float32 for bfloat16 and int8.
  package func operators() throws(KernelSetError) -> any Operators {
    guard arithmetic != .reference else { return ReferenceOperators() }
    return AcceleratedOperators(kernels: try chosenKernels(), threads: threads)
  }

  /// Floating-point operations per second of all threads together, in registers alone: an upper bound for any forward pass.
  /// Measures for some tenths of a second.
  ///
  /// - Throws: As ``KernelSet/chosen()``.
  public func peakOperationsPerSecond() throws(KernelSetError) -> Double {
    let (workers, kernels) = (Workers(count: threads), try chosenKernels())
    return (0..<5).map { _ in kernels.peakOperationsPerSecond(workers) }.max() ?? 0
  }
}

extension Compute: CustomStringConvertible {
  /// The arithmetic, and the kernel set where one was requested: `int8 avx2`.
  public var description: String {
    [arithmetic.rawValue, kernels?.name].compactMap(\.self).joined(separator: " ")
  }
}
