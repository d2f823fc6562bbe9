// Steps of long work, and the handler that follows them.

/// A step of long work; fractions go from 0 to 1.
public enum WorkProgress: Hashable, Sendable {
  /// Every weight is read and checked, or measured.
  case checking(Double)
  /// Norms, layer scales and the like are folded, and each fold is proven.
  case folding(Double)
  /// The prompts of class lists are encoded.
  case encodingText(Double)
  /// Tensors are quantized and written.
  case writing(Double)
  /// Layer inputs are recorded on calibration images.
  case calibrating(Double)
  /// The effect of each tensor's error on the output is measured.
  case measuringSensitivity(Double)
  /// Tensors are quantized before they are written.
  case quantizing(Double)
  /// Models run on the pictures of a data set.
  case evaluating(Double)
  /// A model runs: which, on what.
  case running(String)
}
