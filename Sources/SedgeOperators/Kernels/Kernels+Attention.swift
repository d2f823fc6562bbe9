// Attention: linear over classes, softmax over the tokens of a prompt.

internal import CSedgeKernels

extension Kernels {
  /// The number of floats of linear attention's sums for each pixel.
  package static func attentionSumCount(channels: Int, heads: Int) -> Int {
    channels + channels * (channels / heads)
  }

  /// Adds tokens to the sums of linear attention at each of some pixels.
  ///
  /// - Parameters:
  ///   - keyValue: Row `token * pixelCount + pixel` has `channels` keys, then as many values; overwritten.
  ///   - sums: ``attentionSumCount(channels:heads:)`` floats for each pixel.
  package func gatherAttention(
    _ keyValue: FloatBuffer, tokenCount: Int, pixelCount: Int, channels: Int, heads: Int,
    into sums: FloatBuffer
  ) {
    unsafe table.pointee.attention_gather(
      keyValue.address(0, tokenCount * pixelCount * 2 * channels), tokenCount, pixelCount, channels, heads,
      sums.address(0, pixelCount * Self.attentionSumCount(channels: channels, heads: heads)))
  }

  /// `addend + (q · products) / (q · keys + 1e-6)` for each token, pixel and head; overwrites the queries.
  package func applyAttention(
    _ query: FloatBuffer, tokenCount: Int, pixelCount: Int, channels: Int, heads: Int, sums: FloatBuffer,
    addend: FloatBuffer, into output: FloatBuffer
  ) {
    let count = tokenCount * pixelCount * channels
    unsafe table.pointee.attention_apply(
      query.address(0, count), tokenCount, pixelCount, channels, heads,
      sums.address(0, pixelCount * Self.attentionSumCount(channels: channels, heads: heads)),
      addend.address(0, count), output.address(0, count))
  }

  /// Softmax attention of the last row of a path to all rows of the path, head by head.
  ///
  /// - Parameters:
  ///   - rows: 3 width values each: queries, keys and values, concatenated.
  ///   - scale: The factor of the products of queries and keys.
  ///   - scratch: At least as many floats as the path has rows.
  ///   - output: `width` values from `place` on.
  package func attend(
    _ rows: FloatBuffer, width: Int, heads: Int, path: [Int32], scale: Float, scratch: FloatBuffer,
    into output: FloatBuffer, at place: Int
  ) {
    guard let first = path.min(), let last = path.max() else { preconditionFailure("the path is empty") }
    precondition(first >= 0 && heads > 0 && width % heads == 0)
    unsafe table.pointee.attend(
      rows.address(0, (Int(last) + 1) * 3 * width), width, heads, path, path.count, scale,
      scratch.address(0, path.count), output.address(place, width))
  }
}
