// The operators of a forward pass: one protocol for several implementations.

package import SedgeTensor

/// The operators of SED's forward pass.
///
/// Images are NHWC: batch, height, width, channels. Weights are in the layouts of the `.sedge` file: linear `oi`,
/// convolutions `ohwi`, depthwise `hwc`. Every operator gives the same bits on every call, whatever the number of
/// threads. Shapes that do not fit trap.
package protocol Operators: Sendable {
  /// The name of the implementation; implementations of the same name give the same bits.
  var name: String { get }

  /// `activation(input weightᵀ + bias)` over the last dimension.
  ///
  /// - Parameters:
  ///   - input: `... x I`.
  ///   - weight: `O x I`.
  ///   - bias: `O`, or `nil` for none.
  /// - Returns: `... x O`.
  func linear(_ input: Tensor, weight: Tensor, bias: Tensor?, activation: Activation) -> Tensor

  /// Dense convolution with zero padding.
  ///
  /// - Parameters:
  ///   - input: `N x H x W x I`.
  ///   - weight: `O x K x K x I`.
  ///   - bias: `O`, or `nil` for none.
  /// - Returns: `N x H' x W' x O` with `H' = (H + 2 padding - K) / stride + 1`.
  func convolution(
    _ input: Tensor, weight: Tensor, bias: Tensor?, stride: Int, padding: Int, activation: Activation
  ) -> Tensor

  /// Depthwise convolution of odd kernel, stride 1, zero padding that keeps the size.
  ///
  /// - Parameters:
  ///   - input: `N x H x W x C`.
  ///   - weight: `K x K x C`.
  ///   - bias: `C`.
  func depthwiseConvolution(_ input: Tensor, weight: Tensor, bias: Tensor) -> Tensor

  /// Transposed convolution whose stride is its kernel's side, so that outputs do not overlap.
  ///
  /// - Parameters:
  ///   - input: `N x H x W x I`.
  ///   - weight: `O x K x K x I`.
  ///   - bias: `O`.
  /// - Returns: `N x KH x KW x O`.
  func transposedConvolution(_ input: Tensor, weight: Tensor, bias: Tensor, activation: Activation) -> Tensor

  /// Normalizes each vector of the last dimension to mean 0 and variance 1, then scales and shifts it.
  ///
  /// The variance is the biased one; the reference accumulates in float64.
  func layerNorm(_ input: Tensor, scale: Tensor?, shift: Tensor?, epsilon: Float) -> Tensor

  /// Normalizes groups of channels over space, scales and shifts each channel.
  ///
  /// The variance of each image and group is the biased one; the reference accumulates in float64.
  func groupNorm(
    _ input: Tensor, groups: Int, scale: Tensor, shift: Tensor, epsilon: Float, activation: Activation
  ) -> Tensor

  /// Causal softmax attention in trees: each row attends to its ancestors, from the root down, and to itself.
  ///
  /// A sequence is a chain; sequences with a common prefix are a tree in which they share the prefix.
  ///
  /// - Parameters:
  ///   - queryKeyValue: `rows x 3W`: queries, keys and values, concatenated.
  ///   - parents: For each row the index of its predecessor, which is an earlier row; -1 for the first row of a sequence.
  ///   - scale: The factor of the products of queries and keys.
  /// - Returns: `rows x W`.
  func causalAttention(queryKeyValue: Tensor, parents: [Int], heads: Int, scale: Float) -> Tensor

  /// Softmax attention among the rows of each set.
  ///
  /// - Parameters:
  ///   - query, key, value: `S x N x C`: S independent sets of N rows.
  ///   - scale: The factor of the products of queries and keys.
  ///   - mask: Added to these products, `M x N x N`: set s takes matrix s mod M; `nil` for none.
  /// - Returns: `S x N x C`: Σ softmax(scale q · k + mask) v for each head.
  func attention(
    query: Tensor, key: Tensor, value: Tensor, heads: Int, scale: Float, mask: Tensor?
  ) -> Tensor

  /// Linear attention (Katharopoulos et al., "Transformers are RNNs") with the feature map elu(x) + 1.
  ///
  /// - Parameters:
  ///   - query, key, value: `P x T x C`: P independent sets of T tokens.
  ///   - dividesByCount: Whether values are divided by T and the result multiplied by T, as in the original; this
  ///     changes rounding only.
  /// - Returns: `P x T x C`: (q · Σ k vᵀ) / (q · Σ k + 1e-6) for each head.
  func linearAttention(query: Tensor, key: Tensor, value: Tensor, heads: Int, dividesByCount: Bool) -> Tensor

  /// Means of `size x size` squares; incomplete squares at the right and bottom edges are dropped.
  func averagePool(_ input: Tensor, size: Int) -> Tensor

  /// Bilinear interpolation without antialiasing, `N x H x W x C` to `N x height x width x C`.
  func resize(_ input: Tensor, height: Int, width: Int, resampling: Resampling) -> Tensor

  /// Divides each vector of the last dimension by its Euclidean length, at least 1e-12.
  func normalizeLength(_ input: Tensor) -> Tensor

  /// `accumulator += branch * scale`, with one scale for each channel.
  func add(_ branch: Tensor, scale: Tensor?, to accumulator: inout Tensor)
}
