// The activations after a layer.

/// The activation after a layer, applied elementwise.
package enum Activation: Hashable, Sendable {
  /// No activation.
  case identity
  /// max(x, 0).
  case relu
  /// x/2 (1 + erf(x / sqrt 2)), the exact form.
  case gelu
  /// x / (1 + e^(-1.702 x)), the approximation of GELU in OpenAI's CLIP.
  case quickGELU
}
