// The schema's numbers for the cases of enumerations.

internal import CSedgeSchema
internal import SedgeArchitecture
internal import SedgeQuantization
internal import SedgeTensor

/// Cases of an enumeration with the numbers that `Schemas/sedge.proto` gives them.
struct SchemaNumbers<Case: Hashable & Sendable>: Sendable {
  let name: String
  private let numbers: [Case: UInt32]
  private let cases: [UInt32: Case]

  init(_ name: String, _ numbers: [Case: UInt32]) {
    self.name = name
    self.numbers = numbers
    self.cases = Dictionary(uniqueKeysWithValues: numbers.map { ($1, $0) })
  }

  /// The number of a case; a case without one traps.
  func number(of value: Case) -> UInt32 {
    guard let number = numbers[value] else { preconditionFailure("the schema has no \(name) \(value)") }
    return number
  }

  /// The case of a number.
  func value(of number: UInt32, tensor: String? = nil) throws(FormatError) -> Case {
    guard let value = cases[number] else {
      throw FormatError(.malformed("there is no \(name) with the number \(number)"), tensor: tensor)
    }
    return value
  }
}

extension SchemaNumbers where Case == TensorRole {
  static let roles = SchemaNumbers(
    "role",
    [
      .linear: SEDGE__ROLE__ROLE_LINEAR.rawValue,
      .convolution: SEDGE__ROLE__ROLE_CONVOLUTION.rawValue,
      .depthwiseConvolution: SEDGE__ROLE__ROLE_DEPTHWISE_CONVOLUTION.rawValue,
      .transposedConvolution: SEDGE__ROLE__ROLE_TRANSPOSED_CONVOLUTION.rawValue,
      .embedding: SEDGE__ROLE__ROLE_EMBEDDING.rawValue,
      .positionalEmbedding: SEDGE__ROLE__ROLE_POSITIONAL_EMBEDDING.rawValue,
      .bias: SEDGE__ROLE__ROLE_BIAS.rawValue,
      .normScale: SEDGE__ROLE__ROLE_NORM_SCALE.rawValue,
      .normShift: SEDGE__ROLE__ROLE_NORM_SHIFT.rawValue,
      .layerScale: SEDGE__ROLE__ROLE_LAYER_SCALE.rawValue,
      .textFeatures: SEDGE__ROLE__ROLE_TEXT_FEATURES.rawValue,
      .token: SEDGE__ROLE__ROLE_TOKEN.rawValue,
    ])
}

extension SchemaNumbers where Case == TensorLayout {
  static let layouts = SchemaNumbers(
    "layout",
    [
      .plain: SEDGE__LAYOUT__LAYOUT_PLAIN.rawValue,
      .oi: SEDGE__LAYOUT__LAYOUT_OI.rawValue,
      .ohwi: SEDGE__LAYOUT__LAYOUT_OHWI.rawValue,
      .hwc: SEDGE__LAYOUT__LAYOUT_HWC.rawValue,
    ])
}

extension SchemaNumbers where Case == CodecIdentifier {
  static let codecs = SchemaNumbers(
    "codec",
    [
      .f32: SEDGE__CODEC__CODEC_F32.rawValue,
      .f16: SEDGE__CODEC__CODEC_F16.rawValue,
      .int8: SEDGE__CODEC__CODEC_INT8.rawValue,
      .trellis: SEDGE__CODEC__CODEC_TRELLIS.rawValue,
      .f32Planes: SEDGE__CODEC__CODEC_F32_PLANES.rawValue,
      .f16Planes: SEDGE__CODEC__CODEC_F16_PLANES.rawValue,
    ])
}

extension SchemaNumbers where Case == FloatReason {
  static let floatReasons = SchemaNumbers(
    "float reason",
    [
      .role: SEDGE__FLOAT_REASON__FLOAT_REASON_ROLE.rawValue,
      .depthwise: SEDGE__FLOAT_REASON__FLOAT_REASON_DEPTHWISE.rawValue,
      .small: SEDGE__FLOAT_REASON__FLOAT_REASON_SMALL.rawValue,
      .overflow: SEDGE__FLOAT_REASON__FLOAT_REASON_OVERFLOW.rawValue,
      .stem: SEDGE__FLOAT_REASON__FLOAT_REASON_STEM.rawValue,
      .proportion: SEDGE__FLOAT_REASON__FLOAT_REASON_PROPORTION.rawValue,
    ])
}

extension SchemaNumbers where Case == Segment.Compression {
  static let compressions = SchemaNumbers(
    "compression",
    [
      .raw: SEDGE__COMPRESSION__COMPRESSION_RAW.rawValue,
      .zstd: SEDGE__COMPRESSION__COMPRESSION_ZSTD.rawValue,
    ])
}

extension SchemaNumbers where Case == FoldRecord.Kind {
  static let foldKinds = SchemaNumbers(
    "fold kind",
    [
      .norm: SEDGE__FOLD_KIND__FOLD_KIND_NORM.rawValue,
      .layerScale: SEDGE__FOLD_KIND__FOLD_KIND_LAYER_SCALE.rawValue,
      .pixelStatistics: SEDGE__FOLD_KIND__FOLD_KIND_PIXEL_STATISTICS.rawValue,
      .attentionScale: SEDGE__FOLD_KIND__FOLD_KIND_ATTENTION_SCALE.rawValue,
      .classBlock: SEDGE__FOLD_KIND__FOLD_KIND_CLASS_BLOCK.rawValue,
      .textFeatures: SEDGE__FOLD_KIND__FOLD_KIND_TEXT_FEATURES.rawValue,
    ])
}

extension SchemaNumbers where Case == ImageResizing {
  static let resizings = SchemaNumbers(
    "resizing",
    [
      .square: SEDGE__RESIZING__RESIZING_SQUARE.rawValue,
      .sed: SEDGE__RESIZING__RESIZING_SED.rawValue,
      .windows: SEDGE__RESIZING__RESIZING_WINDOWS.rawValue,
      .catSeg: SEDGE__RESIZING__RESIZING_CAT_SEG.rawValue,
    ])
}

extension SchemaNumbers where Case == String {
  static let hyperparameterOrigins = SchemaNumbers(
    "origin of a hyperparameter",
    [
      "given": SEDGE__HYPERPARAMETER_ORIGIN__HYPERPARAMETER_ORIGIN_GIVEN.rawValue,
      "found": SEDGE__HYPERPARAMETER_ORIGIN__HYPERPARAMETER_ORIGIN_FOUND.rawValue,
      "derived": SEDGE__HYPERPARAMETER_ORIGIN__HYPERPARAMETER_ORIGIN_DERIVED.rawValue,
      "assumed": SEDGE__HYPERPARAMETER_ORIGIN__HYPERPARAMETER_ORIGIN_ASSUMED.rawValue,
    ])
}
