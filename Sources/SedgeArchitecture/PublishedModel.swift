// The published models.

/// A published model's name and dimensions.
struct PublishedModel {
  var name: String
  var architecture: Architecture
  /// The image size in pixels; the smallest where models differ in nothing else.
  var resolution: Int
  /// The image size of another published model that differs in nothing else.
  var otherResolution: Int?

  /// SED's and CAT-Seg's two each, and those of OpenCLIP's configurations with a ConvNeXt or a vision transformer.
  static let all =
    [
      PublishedModel(name: "SED-B", architecture: .sedBase, resolution: 768),
      PublishedModel(name: "SED-L", architecture: .sedLarge, resolution: 768),
      PublishedModel(name: "CAT-Seg-B", architecture: .catSegBase, resolution: 384),
      PublishedModel(name: "CAT-Seg-L", architecture: .catSegLarge, resolution: 336),
    ] + clip + transformers

  private static let tiny = (depths: [3, 3, 9, 3], widths: [96, 192, 384, 768])
  private static let small = (depths: [3, 3, 27, 3], widths: [96, 192, 384, 768])
  private static let base = (depths: [3, 3, 27, 3], widths: [128, 256, 512, 1024])
  private static let large = (depths: [3, 3, 27, 3], widths: [192, 384, 768, 1536])
  private static let xlarge = (depths: [3, 3, 27, 3], widths: [256, 512, 1024, 2048])
  private static let xxlarge = (depths: [3, 4, 30, 3], widths: [384, 768, 1536, 3072])

  private static let clip = [
    clip("tiny", tiny, embedding: 1024, textWidth: 512, textLayers: 12, 224),
    clip("small", small, embedding: 512, textWidth: 512, textLayers: 12, 224),
    clip("base", base, embedding: 512, textWidth: 512, textLayers: 12, 224),
    clip("base_w", base, embedding: 640, textWidth: 640, textLayers: 12, 256, or: 320),
    clip("large", large, embedding: 768, textWidth: 768, textLayers: 12, 224),
    clip(
      "large_d", large, embedding: 768, head: .mlp(hiddenWidth: 1536), textWidth: 768, textLayers: 16, 256,
      or: 320),
    clip("xlarge", xlarge, embedding: 1024, textWidth: 1024, textLayers: 20, 256),
    clip("xxlarge", xxlarge, embedding: 1024, textWidth: 1024, textLayers: 24, 256, or: 320),
  ]

  private static let transformers = [
    vit("ViT-B-32", width: 768, layers: 12, patch: 32, 224, embedding: 512, textWidth: 512, textLayers: 12),
    vit(
      "ViT-B-32-256", width: 768, layers: 12, patch: 32, 256, embedding: 512, textWidth: 512, textLayers: 12),
    vit("ViT-B-16", width: 768, layers: 12, patch: 16, 224, embedding: 512, textWidth: 512, textLayers: 12),
    vit(
      "ViT-B-16-plus-240", width: 896, layers: 12, patch: 16, 240, embedding: 640, textWidth: 640,
      textLayers: 12),
    vit("ViT-L-14", width: 1024, layers: 24, patch: 14, 224, embedding: 768, textWidth: 768, textLayers: 12),
    vit(
      "ViT-L-14-336", width: 1024, layers: 24, patch: 14, 336, embedding: 768, textWidth: 768, textLayers: 12),
    vit(
      "ViT-H-14", width: 1280, layers: 32, patch: 14, 224, embedding: 1024, textWidth: 1024, textLayers: 24),
    vit(
      "ViT-H-14-378", width: 1280, layers: 32, patch: 14, 378, embedding: 1024, textWidth: 1024,
      textLayers: 24),
    vit(
      "ViT-g-14", width: 1408, layers: 40, hidden: 6144, patch: 14, 224, embedding: 1024, textWidth: 1024,
      textLayers: 24),
    vit(
      "ViT-bigG-14", width: 1664, layers: 48, hidden: 8192, patch: 14, 224, embedding: 1280, textWidth: 1280,
      textLayers: 32),
  ]

  private static func vit(
    _ name: String, width: Int, layers: Int, hidden: Int? = nil, patch: Int, _ resolution: Int,
    embedding: Int, textWidth: Int,
    textLayers: Int
  ) -> PublishedModel {
    let image = Architecture.VisionTransformer(
      width: width, heads: Architecture.VisionTransformer.usualHeads(width: width, layers: layers),
      layers: layers,
      hiddenWidth: hidden, patch: patch, grid: resolution / patch, embeddingWidth: embedding)
    let text = Architecture.TextEncoder(width: textWidth, heads: textWidth / 64, layers: textLayers)
    return PublishedModel(
      name: "CLIP \(name)",
      architecture: Architecture(image: .transformer(image), text: text, segmenter: nil),
      resolution: resolution)
  }

  /// Depths and widths of a ConvNeXt by timm's name, such as `convnext_base.clip_laion2b`.
  static func trunk(named name: String) -> (depths: [Int], widths: [Int])? {
    switch name.split(separator: ".").first {
    case "convnext_tiny": tiny
    case "convnext_small": small
    case "convnext_base": base
    case "convnext_large": large
    case "convnext_xlarge": xlarge
    case "convnext_xxlarge": xxlarge
    default: nil
    }
  }

  /// OpenCLIP's model by its name there, or by SED's, CAT-Seg's or OpenAI's name for it.
  static func clip(named name: String) -> Architecture? {
    let transformer = name.replacing("/", with: "-").replacing("@336px", with: "-336").replacing(
      "-quickgelu", with: "")
    if let model = transformers.first(where: { $0.name == "CLIP \(transformer)" }) {
      return model.architecture
    }
    var name = ["Convnext-B": "convnext_base_w", "Convnext-L": "convnext_large_d"][name] ?? name
    if name.hasSuffix("_320") { name.removeLast(4) }
    return clip.first { $0.name == "CLIP \(name)" }?.architecture
  }

  private static func clip(
    _ name: String, _ trunk: (depths: [Int], widths: [Int]), embedding: Int,
    head: Architecture.VisualHead = .linear, textWidth: Int, textLayers: Int, _ resolution: Int,
    or otherResolution: Int? = nil
  ) -> PublishedModel {
    let image = Architecture.ConvNeXt(
      depths: trunk.depths, widths: trunk.widths, head: head, embeddingWidth: embedding,
      normEpsilon: Architecture.ConvNeXt.defaultNormEpsilon(depths: trunk.depths, widths: trunk.widths))
    let text = Architecture.TextEncoder(width: textWidth, heads: textWidth / 64, layers: textLayers)
    return PublishedModel(
      name: "CLIP convnext_\(name)", architecture: Architecture(image: image, text: text, decoder: nil),
      resolution: resolution, otherResolution: otherResolution)
  }
}
