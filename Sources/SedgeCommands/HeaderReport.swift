// A model's description as JSON.

import SedgeContainer
import Sedge
import SedgeArchitecture
import SedgeTensor

/// The dimensions of a model.
struct ArchitectureReport: Encodable {
  /// Of a ConvNeXt, as the next four.
  var depths: [Int]?
  var widths: [Int]?
  var imageKernel: Int?
  var visualHead: String?
  var visualHeadHidden: Int?
  /// Of a vision transformer, as the next six.
  var imageWidth: Int?
  var imageHeads: Int?
  var imageLayers: Int?
  var imageHiddenWidth: Int?
  var patch: Int?
  var positions: Int?
  var quickGelu: Bool?
  var embeddingWidth: Int
  var textWidth: Int
  var textHeads: Int
  var textLayers: Int
  var contextLength: Int
  var vocabularySize: Int
  var normEpsilon: Float
  var prompts: Int?
  var hiddenWidth: Int?
  var decoderWidths: [Int]?
  var guidanceWidths: [Int]?
  var heads: Int?
  var kernel: Int?
  var costKernel: Int?
  var pooling: Int?
  var hasRejectionHeads: Bool?
  /// Of CAT-Seg, as the next five.
  var guidanceWidth: Int?
  var aggregationLayers: Int?
  var grid: Int?
  var window: Int?
  var classLength: Int?
  var upsampledWidths: [Int]?

  init(_ architecture: Architecture) {
    let text = architecture.text
    switch architecture.image {
    case .convNeXt(let image):
      (depths, widths, imageKernel) = (image.depths, image.widths, image.kernel)
      switch image.head {
      case .linear: visualHead = "linear"
      case .mlp(let hidden): (visualHead, visualHeadHidden) = ("mlp", hidden)
      }
    case .transformer(let image):
      (imageWidth, imageHeads, imageLayers) = (image.width, image.heads, image.layers)
      (imageHiddenWidth, patch, positions) = (image.hiddenWidth, image.patch, image.grid)
      quickGelu = architecture.usesQuickGELU
    }
    embeddingWidth = architecture.image.embeddingWidth
    textWidth = text.width
    textHeads = text.heads
    textLayers = text.layers
    contextLength = text.contextLength
    vocabularySize = text.vocabularySize
    normEpsilon = architecture.image.normEpsilon
    prompts = architecture.segmenter?.promptCount
    heads = architecture.segmenter?.heads
    pooling = architecture.segmenter?.pooling
    switch architecture.segmenter {
    case .fusion(let decoder):
      (hiddenWidth, decoderWidths, guidanceWidths) = (
        decoder.hiddenWidth, decoder.widths, decoder.guidanceWidths
      )
      (kernel, costKernel, hasRejectionHeads) = (
        decoder.kernel, decoder.costKernel, decoder.hasRejectionHeads
      )
    case .aggregation(let aggregation):
      (hiddenWidth, decoderWidths) = (aggregation.hiddenWidth, aggregation.widths)
      (guidanceWidths, costKernel) = (aggregation.guidanceWidths, aggregation.costKernel)
      (guidanceWidth, aggregationLayers) = (aggregation.guidanceWidth, aggregation.layers)
      (grid, window, classLength) = (aggregation.grid, aggregation.window, aggregation.classLength)
      upsampledWidths = aggregation.upsampledWidths
    case nil: break
    }
  }
}

/// One possible fold.
struct FoldReport: Encodable {
  var kind: String
  var source: String
  var targets: [String]
  var applied: Bool
  var obstacle: String?
  var largestDifference: Float?
  var largestMagnitude: Float?
  var tolerance: Float?

  init(_ record: FoldRecord) {
    kind = record.kind.rawValue
    source = record.source
    targets = record.targets
    applied = record.obstacle == nil
    obstacle = record.obstacle
    largestDifference = record.certificate?.largestDifference
    largestMagnitude = record.certificate?.largestMagnitude
    tolerance = record.certificate?.tolerance
  }
}

/// The header of a `.sedge` file, tensors apart.
struct HeaderReport: Encodable {
  struct List: Encodable {
    var name: String
    var classes: [String]
  }

  struct Source: Encodable {
    var file: String
    var format: String
    var bytes: Int
    var sha256: String
  }

  struct Provenance: Encodable {
    var commit: String
    var kernels: String?
    var inputs: [ProvenanceJSON.Input]
  }

  var sedgeVersion: String
  var resolution: Int
  /// `nil` for CLIP alone.
  var preprocess: String?
  var pixelMean: [Float]
  var pixelStandardDeviation: [Float]
  var topK: Int?
  var logitScale: Float?
  var hasTextEncoder: Bool
  var hasTokenizer: Bool
  var promptTemplates: [String]
  var classLists: [List]
  var sources: [Source]
  var options: [String: String]
  var folds: [FoldReport]
  var quantization: QuantizationJSON?
  var hyperparameters: [HyperparameterReport]
  /// `nil` in files of earlier releases.
  var provenance: Provenance?

  init(_ header: SedgeHeader) {
    provenance = header.provenance.map { record in
      Provenance(
        commit: record.commit ?? "unknown", kernels: record.kernels,
        inputs: record.inputs.map(ProvenanceJSON.Input.init))
    }
    sedgeVersion = header.sedgeVersion
    resolution = header.preprocessing.resolution
    preprocess = header.architecture.segmenter == nil ? nil : header.preprocessing.resizing.rawValue
    pixelMean = header.preprocessing.pixelMean
    pixelStandardDeviation = header.preprocessing.pixelStandardDeviation
    topK = header.preprocessing.topK
    logitScale = header.logitScale
    hasTextEncoder = header.hasTextEncoder
    hasTokenizer = header.tokenizer != nil
    promptTemplates = header.promptTemplates
    classLists = header.classLists.map { List(name: $0.name, classes: $0.classNames) }
    sources = header.sources.map {
      Source(file: $0.fileName, format: $0.formatName, bytes: $0.byteCount, sha256: $0.sha256.hexadecimalText)
    }
    options = Dictionary(
      header.options.map { (snakeCase($0.key), $0.value) }, uniquingKeysWith: { first, _ in first })
    folds = header.folds.map(FoldReport.init)
    quantization = header.quantization.map(QuantizationJSON.init)
    hyperparameters = header.hyperparameters.compactMap { record in
      header.value(of: record).map { HyperparameterReport(record: record, values: $0) }
    }
  }
}

/// An option's name as a JSON key: `text-heads` as `text_heads`.
func snakeCase(_ option: String) -> String { String(option.map { $0 == "-" ? "_" : $0 }) }
