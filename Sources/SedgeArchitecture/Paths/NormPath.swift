// The names of a normalization and of its parameters.

/// The path of a LayerNorm or GroupNorm.
package struct NormPath: ModulePath {
  /// The norm's name.
  package let name: String

  /// Names a norm.
  package init(name: String) { self.name = name }

  /// The factor of each channel.
  package var scale: ParameterPath { ParameterPath("\(name).weight") }
  /// The addend of each channel.
  package var shift: ParameterPath { ParameterPath("\(name).bias") }
}
