// How pictures become the square that a model takes.

public import ArgumentParser
package import SedgeArchitecture

extension ImageResizing: ExpressibleByArgument {}

/// The preprocessing of pictures, for commands that run a file.
struct PreprocessingOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Resizing of pictures: square, straight to the model's square; sed, as in the published evaluation: the shorter side to 640 first, by Pillow's antialiased filter; windows, CAT-Seg's sliding windows; cat-seg, as in its published evaluation. (default: the file's)",
      valueName: "kind"))
  var preprocess: ImageResizing?
}

/// The preprocessing of pictures, for commands that convert.
struct StoredPreprocessingOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Resizing of pictures, also in calibration and measurements: square, straight to the model's square; sed, as in the published evaluation; windows or cat-seg for CAT-Seg. (default: square)",
      valueName: "kind"))
  var preprocess: ImageResizing?
}
