// The names of ConvNeXt's trunk in programs other than timm.

/// A program's names of the trunk's tensors; all programs have the same weights in the same layout.
///
/// Each pair of names is a program's and timm's; they are taken from the programs' module definitions.
struct TrunkNaming {
  /// Modules outside of blocks, the more specific first.
  var modules: [(theirs: String, ours: String)]
  /// Modules of a block.
  var blockModules: [(theirs: String, ours: String)]
  /// The start of the names in a block; `#` stands for the numbers of the stage and of the block.
  var block: String
  /// Names of the norm after the last stage, the default first; the others are those of a backbone's outputs.
  var lastNorms: [String]
  /// Whether stage s has the number 2 s + 1, and the downsampling layer before it 2 s.
  var countsDownsampling = false

  /// facebookresearch/ConvNeXt, and its backbones for detection and segmentation.
  static let original = TrunkNaming(
    modules: originalModules,
    blockModules: [
      ("dwconv.", "conv_dw."), ("norm.", "norm."), ("pwconv1.", "mlp.fc1."), ("pwconv2.", "mlp.fc2."),
      ("gamma", "gamma"),
    ], block: "stages.#.#.", lastNorms: ["norm.", "norm3."])
  /// mmpretrain, mmsegmentation and mmdetection.
  static let mmpretrain = TrunkNaming(
    modules: originalModules,
    blockModules: [
      ("depthwise_conv.", "conv_dw."), ("norm.", "norm."), ("pointwise_conv1.", "mlp.fc1."),
      ("pointwise_conv2.", "mlp.fc2."), ("gamma", "gamma"),
    ], block: "stages.#.#.", lastNorms: ["norm3.", "norm."])
  /// torchvision.
  static let torchvision = TrunkNaming(
    modules: [("features.0.0.", "stem.0."), ("features.0.1.", "stem.1.")]
      + (1...3).map { ("features.\(2 * $0).", "stages.\($0).downsample.") },
    blockModules: [
      ("block.0.", "conv_dw."), ("block.2.", "norm."), ("block.3.", "mlp.fc1."), ("block.5.", "mlp.fc2."),
      ("layer_scale", "gamma"),
    ], block: "features.#.#.", lastNorms: ["classifier.0."], countsDownsampling: true)
  /// ConvNextModel and ConvNextBackbone of transformers.
  static let transformers = TrunkNaming(
    modules: [("embeddings.patch_embeddings.", "stem.0."), ("embeddings.layernorm.", "stem.1.")]
      + (0...3).map { ("encoder.stages.\($0).downsampling_layer.", "stages.\($0).downsample.") },
    blockModules: [
      ("dwconv.", "conv_dw."), ("layernorm.", "norm."), ("pwconv1.", "mlp.fc1."), ("pwconv2.", "mlp.fc2."),
      ("layer_scale_parameter", "gamma"),
    ], block: "encoder.stages.#.layers.#.", lastNorms: ["layernorm.", "hidden_states_norms.stage4."])
  /// timm's trunk as a source of features, `features_only=True`.
  static let timmFeatures = TrunkNaming(
    modules: [("stem_", "stem.")] + (0...3).map { ("stages_\($0).downsample.", "stages.\($0).downsample.") },
    blockModules: [("conv_dw.", "conv_dw."), ("norm.", "norm."), ("mlp.", "mlp."), ("gamma", "gamma")],
    block: "stages_#.blocks.#.", lastNorms: ["head.norm."])

  private static let originalModules =
    [("downsample_layers.0.", "stem.")]
    + (1...3).map { ("downsample_layers.\($0).", "stages.\($0).downsample.") }

  /// timm's name; `nil` for a name that is not in the trunk.
  func timmName(_ name: String, lastNorm: String) -> String? {
    if name.hasPrefix(lastNorm) { return "head.norm." + name.dropFirst(lastNorm.count) }
    if let module = modules.first(where: { name.hasPrefix($0.theirs) }) {
      return module.ours + name.dropFirst(module.theirs.count)
    }
    guard let (stage, block, rest) = Self.numbers(of: name, in: self.block),
      let module = blockModules.first(where: { rest.hasPrefix($0.theirs) })
    else { return nil }
    if countsDownsampling, stage % 2 == 0 { return nil }
    return "stages.\(countsDownsampling ? stage / 2 : stage).blocks.\(block).\(module.ours)"
      + rest.dropFirst(module.theirs.count)
  }

  /// The program's name for timm's; the same name where it has none.
  func name(ofTimm name: String, lastNorm: String) -> String {
    if name.hasPrefix("head.norm.") { return lastNorm + name.dropFirst("head.norm.".count) }
    if let module = modules.first(where: { name.hasPrefix($0.ours) }) {
      return module.theirs + name.dropFirst(module.ours.count)
    }
    guard let (stage, block, rest) = Self.numbers(of: name, in: "stages.#.blocks.#."),
      let module = blockModules.first(where: { rest.hasPrefix($0.ours) })
    else { return name }
    var parts = self.block.split(separator: "#", omittingEmptySubsequences: false).map(String.init)
    parts.insert("\(countsDownsampling ? 2 * stage + 1 : stage)", at: 1)
    parts.insert("\(block)", at: 3)
    return parts.joined() + module.theirs + rest.dropFirst(module.ours.count)
  }

  /// The two numbers in the places of `#`, and the rest of the name.
  private static func numbers(of name: String, in pattern: String) -> (Int, Int, Substring)? {
    var rest = name[...]
    var numbers: [Int] = []
    for part in pattern.split(separator: "#", omittingEmptySubsequences: false) {
      guard rest.hasPrefix(part) else { return nil }
      rest = rest.dropFirst(part.count)
      guard numbers.count < 2 else { break }
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      guard let number = Int(digits), number < 1 << 30 else { return nil }
      numbers.append(number)
      rest = rest.dropFirst(digits.count)
    }
    return (numbers[0], numbers[1], rest)
  }
}
