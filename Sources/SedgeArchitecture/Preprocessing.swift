// The steps from an image to the encoder's input.

/// The steps from an image to the encoder's input, and the number of classes for early rejection.
package struct Preprocessing: Hashable, Sendable {
  /// Mean of each RGB channel over 0...255, subtracted first.
  package var pixelMean: [Float]
  /// Standard deviation of each RGB channel over 0...255, divided by.
  package var pixelStandardDeviation: [Float]
  /// Side of the square that the image is resized to, in pixels; a multiple of the image encoder's stride.
  package var resolution: Int
  /// Category early rejection: a class stays while it is among the `topK` best at some pixel; `nil` keeps all.
  package var topK: Int?
  /// How an image becomes the square; means nothing to CLIP alone.
  package var resizing: ImageResizing
  /// Side of a sliding window in pixels, where ``resizing`` has windows.
  package var window: Int?

  /// Collects the settings; the defaults are those of the published evaluation, but for ``resizing``.
  package init(
    pixelMean: [Float] = [122.7709383, 116.7460125, 104.09373615],
    pixelStandardDeviation: [Float] = [68.5005327, 66.6321579, 70.3231630],
    resolution: Int = 768, topK: Int? = 8, resizing: ImageResizing = .square,
    window: Int? = nil
  ) {
    self.pixelMean = pixelMean
    self.pixelStandardDeviation = pixelStandardDeviation
    self.resolution = resolution
    self.topK = topK
    self.resizing = resizing
    self.window = window
  }
}
