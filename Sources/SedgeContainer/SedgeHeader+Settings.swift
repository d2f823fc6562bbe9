// What a file was told of its model and its pictures, by the names of options.

package import SedgeArchitecture

extension SedgeHeader {
  /// Preprocessing and what tensor shapes do not determine, by option and as text.
  package static func settings(
    _ preprocessing: Preprocessing, _ architecture: Architecture
  ) -> [(name: String, text: String)] {
    let numbers = { (values: [Float]) in values.map { "\($0)" }.joined(separator: ",") }
    return [
      ("resolution", "\(preprocessing.resolution)"), ("preprocess", preprocessing.resizing.rawValue),
      ("pixel-mean", numbers(preprocessing.pixelMean)),
      ("pixel-std", numbers(preprocessing.pixelStandardDeviation)),
      ("top-k", preprocessing.topK.map(String.init) ?? "all"),
      ("norm-eps", "\(architecture.image.normEpsilon)"),
      ("heads", architecture.segmenter.map { "\($0.heads)" } ?? "none"),
      ("text-heads", "\(architecture.text.heads)"),
      ("pooling", architecture.segmenter.map { "\($0.pooling)" } ?? "none"),
    ]
      + (architecture.image.transformer.map { encoder in
        [
          ("image-heads", "\(encoder.heads)"), ("quick-gelu", architecture.usesQuickGELU ? "1" : "0"),
        ]
      } ?? [])
      + (architecture.aggregation.map { aggregation in
        [
          ("class-length", "\(aggregation.classLength)"),
          ("window", "\(preprocessing.window ?? SlidingWindows.usualSide)"),
        ]
      } ?? [])
  }
}
