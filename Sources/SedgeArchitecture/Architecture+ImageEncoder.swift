// The image encoders that a CLIP may have.

extension Architecture {
  /// CLIP's image encoder.
  package enum ImageEncoder: Hashable, Sendable {
    /// A ConvNeXt, as SED has.
    case convNeXt(ConvNeXt)
    /// A vision transformer, as OpenAI's models and CAT-Seg have.
    case transformer(VisionTransformer)

    /// The ConvNeXt; `nil` for another encoder.
    package var convNeXt: ConvNeXt? {
      get { if case .convNeXt(let encoder) = self { encoder } else { nil } }
      set { if let newValue { self = .convNeXt(newValue) } }
    }

    /// The vision transformer; `nil` for another encoder.
    package var transformer: VisionTransformer? {
      get { if case .transformer(let encoder) = self { encoder } else { nil } }
      set { if let newValue { self = .transformer(newValue) } }
    }

    /// Channels of the embedding, shared with the text encoder.
    package var embeddingWidth: Int {
      switch self {
      case .convNeXt(let encoder): encoder.embeddingWidth
      case .transformer(let encoder): encoder.embeddingWidth
      }
    }

    /// The epsilon that every norm adds to the variance.
    package var normEpsilon: Float {
      get {
        switch self {
        case .convNeXt(let encoder): encoder.normEpsilon
        case .transformer(let encoder): encoder.normEpsilon
        }
      }
      set {
        convNeXt?.normEpsilon = newValue
        transformer?.normEpsilon = newValue
      }
    }

    /// Whether the blocks of another encoder have the same shapes.
    func hasTensors(of other: ImageEncoder) -> Bool {
      switch (self, other) {
      case (.convNeXt(let own), .convNeXt(let other)):
        own.depths == other.depths && own.widths == other.widths
      case (.transformer(let own), .transformer(let other)):
        own.width == other.width && own.layers == other.layers && own.patch == other.patch
      default: false
      }
    }

    /// The kind of encoder.
    package var kind: ImageEncoderKind {
      switch self {
      case .convNeXt: .convNeXt
      case .transformer: .transformer
      }
    }

    /// The pixels along each side of the square that makes one pixel of the last features: sides of inputs are multiples.
    package var stride: Int {
      switch self {
      case .convNeXt: 32
      case .transformer(let encoder): encoder.patch
      }
    }
  }

  /// CLIP's vision transformer (Dosovitskiy et al., "An Image is Worth 16x16 Words", with CLIP's `ln_pre`).
  package struct VisionTransformer: Hashable, Sendable {
    /// Channels of the residual stream.
    package var width: Int
    /// Attention heads of each layer; divides ``width``.
    package var heads: Int
    /// Transformer layers.
    package var layers: Int
    /// Channels between the two layers of each MLP: 4 times ``width`` in most models.
    package var hiddenWidth: Int
    /// Side of a patch in pixels.
    package var patch: Int
    /// Patches along each side of the image that the stored positional embedding is for; a class token comes before them.
    package var grid: Int
    /// Channels of the embedding, shared with the text encoder.
    package var embeddingWidth: Int
    /// The epsilon that every norm adds to the variance.
    package var normEpsilon: Float

    /// Collects the dimensions.
    package init(
      width: Int, heads: Int, layers: Int, hiddenWidth: Int? = nil, patch: Int, grid: Int,
      embeddingWidth: Int,
      normEpsilon: Float = 1e-5
    ) {
      self.width = width
      self.hiddenWidth = hiddenWidth ?? 4 * width
      self.heads = heads
      self.layers = layers
      self.patch = patch
      self.grid = grid
      self.embeddingWidth = embeddingWidth
      self.normEpsilon = normEpsilon
    }

    /// The heads of OpenCLIP's models: 16 for `ViT-H-14`, `ViT-g-14` and `ViT-bigG-14`, otherwise one for every 64 channels.
    package static func usualHeads(width: Int, layers: Int) -> Int {
      [1280: 32, 1408: 40, 1664: 48][width] == layers ? 16 : max(1, width / 64)
    }
  }
}

/// The kinds of image encoders.
package enum ImageEncoderKind: Hashable, Sendable {
  /// A ConvNeXt.
  case convNeXt
  /// A vision transformer.
  case transformer
}
