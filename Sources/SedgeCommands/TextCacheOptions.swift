// Whether text features are kept for the next run.

import ArgumentParser
import Sedge
import SedgeTensor

/// What `segment` and `classify` are told of the file with text features.
struct TextCacheOptions: ParsableArguments {
  @Flag(
    help: "Do not use the cache of text features, MODEL.sedge.text.safetensors; implied by --dump.")
  var noTextCache = false

  /// The file, where there is to be one.
  func path(besideModel path: String) -> String? {
    noTextCache ? nil : SedgeModel.textCachePath(besideModel: path)
  }
}

extension SedgeModel {
  /// The text features of classes, with progress on a terminal and a note where they cannot be kept.
  func textFeatures(of classes: ClassList, display: ProgressDisplay) throws -> Tensor {
    for name in namesBeyondContext(in: classes) {
      display.clear()
      printError(
        "note: class \(name.prefix(40))\(name.count > 40 ? "..." : ""): its prompts are cut at \(file.architecture.text.contextLength) tokens"
      )
    }
    let (features, cacheError) = try encodedFeatures(of: classes) {
      try display.show(.encodingText(Double($0) / Double($1)))
    }
    if let cacheError {
      display.clear()
      printError("note: the text features were not kept for the next time: \(cacheError)")
    }
    return features
  }
}
