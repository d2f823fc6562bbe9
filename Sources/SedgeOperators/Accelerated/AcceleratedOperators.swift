// The operators on the C kernels.

public import SedgeTensor

/// SED's operators in float32 on the kernels for this processor.
///
/// Every row, line or image is computed by itself, so results are the same bits whatever else is in a call, and for
/// any number of threads. Sets of kernels differ in the order of their sums and so in their bits.
public struct AcceleratedOperators: Operators {
  /// `f32-` and the set of kernels: `f32-avx512-bf16`, `f32-avx2` and the like.
  public let name: String
  let kernels: Kernels
  let workers: Workers
  /// What has no kernel because no forward pass spends time on it.
  let reference = ReferenceOperators()

  /// Rows that are multiplied together: what they need stays in the processor's cache.
  private static let rowLimit = 192
  /// Rows of the kernels' tiles, or a multiple.
  private static let tileRows = 12
  /// Elements of one piece of work where memory is the limit.
  static let grain = 1 << 16

  /// Takes the kernels of the process.
  ///
  /// - Parameter threads: At least 1; `nil` for one on each processor.
  /// - Throws: As ``KernelSet/chosen()``.
  public init(threads: Int? = nil) throws(KernelSetError) {
    self.init(kernels: try .chosen(), threads: threads)
  }

  /// Takes the kernels given.
  package init(kernels: Kernels, threads: Int? = nil) {
    name = "f32-\(kernels.name)"
    self.kernels = kernels
    workers = Workers(count: threads)
  }

  /// Lays out the weights, then multiplies some rows at a time.
  ///
  /// The weights are laid out anew by every call, which takes as long as some eighty rows do.
  public func linear(_ input: Tensor, weight: Tensor, bias: Tensor?, activation: Activation) -> Tensor {
    let (outputs, inputs) = (weight.shape[0], weight.shape[1])
    precondition(input.shape.last == inputs, "\(input.shape) x \(weight.shape)")
    let layer = layer(weight, outputs: outputs, bias: bias, activation: activation)
    let rowCount = input.count / inputs
    return tensor(input.shape.dropLast() + [outputs], from: input) { source, target in
      forEachPart(of: rowCount, size: partLength(rowCount)) { _, rows in
        kernels.multiply(
          Kernels.Rows(source, at: rows.lowerBound * inputs, stride: inputs, runLength: inputs), rows.count,
          by: layer, into: Kernels.Place(target, at: rows.lowerBound * outputs, stride: outputs))
      }
    }
  }

  /// Adds in float32; scaled branches as the reference does.
  public func add(_ branch: Tensor, scale: Tensor?, to accumulator: inout Tensor) {
    precondition(branch.shape == accumulator.shape)
    guard scale == nil else { return reference.add(branch, scale: scale, to: &accumulator) }
    FloatBuffer.lending(branch.values) { source in
      FloatBuffer.lending(&accumulator.values) { target in
        forEachPart(of: source.count, size: Self.grain) { _, part in
          kernels.add(source, at: part.lowerBound, part.count, to: target)
        }
      }
    }
  }

  // MARK: Tools

  /// Laid out weights: outputs x anything.
  func layer(_ weight: Tensor, outputs: Int, bias: Tensor?, activation: Activation) -> Kernels.Layer {
    let inputs = weight.count / outputs
    precondition(bias.map { $0.count == outputs } ?? true)
    return Kernels.Layer(
      weights: kernels.packed(weight, outputs: outputs, inputs: inputs, workers), outputs: outputs,
      inputs: inputs, bias: bias.map { FloatBuffer($0.values) }, activation: activation)
  }

  /// A tensor that `body` fills from another one.
  func tensor(
    _ shape: [Int], from input: Tensor, _ body: (_ source: FloatBuffer, _ target: FloatBuffer) -> Void
  ) -> Tensor {
    let values = FloatBuffer.lending(input.values) { source in
      FloatBuffer.array(count: shape.reduce(1, *)) { target in body(source, target) }
    }
    return Tensor(shape: shape, values: values)
  }

  /// Does `0..<count` part by part on all threads.
  func forEachPart(of count: Int, size: Int, _ body: @Sendable (_ worker: Int, _ part: Range<Int>) -> Void) {
    workers.run((count + size - 1) / size) { worker, item in
      body(worker, item * size..<min((item + 1) * size, count))
    }
  }

  /// Rows to be multiplied together: whole tiles, and some parts for each thread.
  private func partLength(_ rowCount: Int) -> Int {
    let parts = 4 * workers.count * Self.tileRows
    return min(Self.rowLimit, (rowCount + parts - 1) / parts * Self.tileRows)
  }
}
