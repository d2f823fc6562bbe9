// Attention: linear over classes, softmax over the tokens of a prompt, softmax among the rows of a set.

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

  // MARK: Softmax among the rows of a set

  /// One head of softmax attention of some rows of a set to all its rows.
  package struct AttentionHead {
    package var query: Place
    package var key: Place
    package var value: Place
    /// The number of keys and values.
    package var keyCount: Int
    /// The number of values of a row of each.
    package var width: Int
    /// The factor of the products of queries and keys.
    package var scale: Float
    /// Added to these products: a row of ``keyCount`` values for each query.
    package var mask: Place?

    package init(
      query: Place, key: Place, value: Place, keyCount: Int, width: Int, scale: Float, mask: Place? = nil
    ) {
      (self.query, self.key, self.value) = (query, key, value)
      (self.keyCount, self.width, self.scale, self.mask) = (keyCount, width, scale, mask)
    }

    /// As the C functions take it; traps unless all rows lie in their buffers.
    fileprivate func checked(rowCount: Int) -> sedge_attention {
      precondition(rowCount > 0 && keyCount > 0 && width > 0)
      return unsafe sedge_attention(
        query: query.address(rowCount, width: width), query_stride: query.stride,
        key: key.address(keyCount, width: width), key_stride: key.stride,
        value: value.address(keyCount, width: width), value_stride: value.stride, row_count: rowCount,
        key_count: keyCount, head_width: width, scale: scale,
        mask: mask.map { unsafe UnsafePointer($0.address(rowCount, width: keyCount)) },
        mask_stride: mask?.stride ?? 0)
    }
  }

  /// The number of floats that ``pack(_:into:at:)`` writes.
  package func attentionPackedCount(keyCount: Int, headWidth: Int) -> Int {
    unsafe table.pointee.attention_packed_count(keyCount, headWidth)
  }

  /// The number of floats of scratch memory of ``attend(_:rowCount:packed:at:scratch:into:)``.
  package func attentionScratchCount(keyCount: Int, headWidth: Int) -> Int {
    unsafe table.pointee.attention_scratch_count(keyCount, headWidth)
  }

  /// Packs a head's keys and values.
  package func pack(_ head: AttentionHead, into packed: FloatBuffer, at start: Int = 0) {
    var attention = unsafe head.checked(rowCount: 1)
    unsafe table.pointee.pack_attention(
      &attention,
      packed.address(start, attentionPackedCount(keyCount: head.keyCount, headWidth: head.width)))
  }

  /// `Σ softmax(scale q · k + mask) v` for each of some queries.
  ///
  /// A weight below e⁻⁶⁴ of a row's largest is 0. A row whose largest product is not finite, and every row of a set with a value that
  /// is not, may be NaN.
  ///
  /// - Parameters:
  ///   - packed: From ``pack(_:into:at:)``; the head's keys and values are not read again.
  ///   - output: May be the queries.
  package func attend(
    _ head: AttentionHead, rowCount: Int, packed: FloatBuffer, at start: Int = 0, scratch: FloatBuffer,
    into output: Place
  ) {
    var attention = unsafe head.checked(rowCount: rowCount)
    let (packedCount, scratchCount) = (
      attentionPackedCount(keyCount: head.keyCount, headWidth: head.width),
      attentionScratchCount(keyCount: head.keyCount, headWidth: head.width)
    )
    unsafe table.pointee.attention(
      &attention, packed.address(start, packedCount), scratch.address(0, scratchCount),
      output.address(rowCount, width: head.width), output.stride)
  }
}
