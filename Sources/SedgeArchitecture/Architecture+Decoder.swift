// The dimensions of SED's decoder.

extension Architecture {
  /// SED's gradual fusion decoder.
  package struct Decoder: Hashable, Sendable {
    /// Prompt templates: the cost map's channels for each class.
    package var promptCount: Int
    /// Channels of the cost embedding, the input of the first layer.
    package var hiddenWidth: Int
    /// Output channels of the three layers, each a multiple of ``channelsPerGroup``.
    package var widths: [Int]
    /// Channels of image guidance, and of the cost pyramid, that each of the three layers adds.
    package var guidanceWidths: [Int]
    /// Heads of the attention over classes; divides the layers' input channels.
    package var heads: Int
    /// Side of the layers' depthwise kernels, odd.
    package var kernel: Int
    /// Side of the kernel that embeds the cost map, odd.
    package var costKernel: Int
    /// The size of the average pooling before class attention: 1 in the published evaluation, 2 in training.
    package var pooling: Int
    /// Whether it has the three heads for early rejection; an exported graph that does not compute them does not have
    /// them.
    package var hasRejectionHeads: Bool

    /// Collects the dimensions.
    package init(
      promptCount: Int, hiddenWidth: Int, widths: [Int], guidanceWidths: [Int], heads: Int = 4,
      kernel: Int = 9,
      costKernel: Int = 7, pooling: Int = 1, hasRejectionHeads: Bool = true
    ) {
      self.promptCount = promptCount
      self.hiddenWidth = hiddenWidth
      self.widths = widths
      self.guidanceWidths = guidanceWidths
      self.heads = heads
      self.kernel = kernel
      self.costKernel = costKernel
      self.pooling = pooling
      self.hasRejectionHeads = hasRejectionHeads
    }

    /// Channels of each group of the decoder's GroupNorms.
    package static let channelsPerGroup = 16

    /// Input channels of the three layers.
    package var inputWidths: [Int] { [hiddenWidth] + widths.dropLast() }
  }
}
