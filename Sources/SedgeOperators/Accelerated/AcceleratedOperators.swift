// The operators on the kernels.

package import SedgeTensor

/// SED's operators in float32 on the kernels for this processor.
///
/// Rows, lines and images are computed independently, so their bits depend neither on the rest of a call nor on the number of
/// threads. Kernel sets differ in the order of their sums, and so in their bits.
package struct AcceleratedOperators: Operators {
  /// `f32-` and the kernel set: `f32-avx512-bf16`, `f32-avx2`, ...
  package let name: String
  let kernels: Kernels
  let workers: Workers
  /// The operators without a kernel, which take little time in any forward pass.
  let reference = ReferenceOperators()

  /// The maximum number of rows of one multiplication: their memory fits the cache.
  private static let rowLimit = 192
  /// A multiple of the rows of the kernels' tiles.
  private static let tileRows = 12
  /// The number of elements of a piece of work that is limited by memory bandwidth.
  static let grain = 1 << 16

  /// Uses the kernels of the process.
  ///
  /// - Parameter threads: At least 1; `nil` for one on each processor.
  /// - Throws: As ``KernelSet/chosen()``.
  package init(threads: Int? = nil) throws(KernelSetError) {
    self.init(kernels: try .chosen(), threads: threads)
  }

  /// Uses the given kernels.
  package init(kernels: Kernels, threads: Int? = nil) {
    name = "f32-\(kernels.name)"
    self.kernels = kernels
    workers = Workers(count: threads)
  }

  /// Packs the weights, then multiplies batches of rows.
  ///
  /// Every call packs the weights again, which takes as long as the multiplication of about eighty rows.
  package func linear(_ input: Tensor, weight: Tensor, bias: Tensor?, activation: Activation) -> Tensor {
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

  /// Adds in float32; scaled branches on the reference operators.
  package func add(_ branch: Tensor, scale: Tensor?, to accumulator: inout Tensor) {
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

  // MARK: Helpers

  /// A layer with packed weights: `outputs` rows of any shape.
  func layer(_ weight: Tensor, outputs: Int, bias: Tensor?, activation: Activation) -> Kernels.Layer {
    let inputs = weight.count / outputs
    precondition(bias.map { $0.count == outputs } ?? true)
    return Kernels.Layer(
      weights: kernels.packed(weight, outputs: outputs, inputs: inputs, workers), outputs: outputs,
      inputs: inputs, bias: bias.map { FloatBuffer($0.values) }, activation: activation)
  }

  /// A tensor that `body` computes from another tensor.
  func tensor(
    _ shape: [Int], from input: Tensor, _ body: (_ source: FloatBuffer, _ target: FloatBuffer) -> Void
  ) -> Tensor {
    let values = FloatBuffer.lending(input.values) { source in
      FloatBuffer.array(count: shape.reduce(1, *)) { target in body(source, target) }
    }
    return Tensor(shape: shape, values: values)
  }

  /// Runs the parts of `0..<count` on all threads.
  func forEachPart(of count: Int, size: Int, _ body: @Sendable (_ worker: Int, _ part: Range<Int>) -> Void) {
    workers.run((count + size - 1) / size) { worker, item in
      body(worker, item * size..<min((item + 1) * size, count))
    }
  }

  /// The number of rows of one multiplication: whole tiles, and several parts for each thread.
  private func partLength(_ rowCount: Int) -> Int {
    let parts = 4 * workers.count * Self.tileRows
    return min(Self.rowLimit, (rowCount + parts - 1) / parts * Self.tileRows)
  }
}
