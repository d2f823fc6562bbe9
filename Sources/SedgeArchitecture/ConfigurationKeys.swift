// The keys of a model's dimensions in configurations, attributes and metadata of other programs.

/// The texts of one place, by keys that are compared without case, `_`, `-` and outer levels that mean nothing.
struct ConfigurationKeys {
  /// The key as it is spelled in the place, and the text.
  typealias Entry = (key: String, text: String)

  private var entries: [String: Entry] = [:]

  /// Names of outer levels that mean nothing.
  private static let wrappers: Set = [
    "module", "modelcfg", "config", "configuration", "cfg", "args", "hyperparameters", "hparams", "model",
    "sed", "sedge",
    "statedict", "clip", "clipmodel", "architecture",
  ]

  init(_ values: [String: String]) {
    for (key, text) in values.sorted(by: { $0.key < $1.key }) {
      var parts = key.split(separator: ".").map { part in
        String(part.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " })
      }
      var isWrapped = true
      while isWrapped, parts.count > 1 {
        if parts.starts(with: ["semseghead", "predictor"]), parts.count > 2 {
          parts.removeFirst(2)
        } else if Self.wrappers.contains(parts[0]) {
          // The decoder is `transformer`, as CLIP's text encoder is below CLIP.
          if parts[0] == "clipmodel" || parts[0] == "clip", parts[1] == "transformer" { parts[1] = "text" }
          parts.removeFirst()
        } else {
          isWrapped = false
        }
      }
      let name = parts.joined(separator: ".")
      if entries[name] == nil { entries[name] = (key, text) }
    }
  }

  /// The entries under any of several names, in the order of the names.
  func all(_ names: [String]) -> [Entry] { names.compactMap { entries[$0] } }

  /// The entry under the first name that exists.
  func first(_ names: String...) -> Entry? { all(names).first }

  /// Whether any key is below a name.
  func has(below name: String) -> Bool { entries.keys.contains { $0.hasPrefix(name + ".") } }
}

extension ConfigurationKeys {
  /// The names of a hyperparameter.
  static func names(of hyperparameter: Hyperparameter, _ architecture: Architecture) -> [String] {
    let hasDecoder = architecture.segmenter != nil
    switch hyperparameter {
    case .textHeads:
      let own = [
        "textheads", "numtextheads", "textnumheads", "textencoderheads", "textattentionheads",
        "textnumattentionheads", "transformerheads", "numattentionheads", "textcfg.heads", "textcfg.numheads",
        "textconfig.heads", "textconfig.numheads", "textconfig.numattentionheads", "text.heads",
        "text.numheads",
        "text.nhead", "text.numattentionheads", "text.transformer.heads", "text.transformer.numheads",
        "textencoder.heads", "textencoder.numheads", "textmodel.numattentionheads", "texttransformer.heads",
        "texttransformer.numheads",
      ]
      // CLIP's ConvNeXt has no heads: those of CLIP alone are the text encoder's.
      return own
        + (hasDecoder || architecture.image.kind == .transformer
          ? [] : ["heads", "numheads", "nheads", "transformer.heads", "transformer.numheads"])
    case .imageHeads:
      return [
        "imageheads", "visionheads", "visualheads", "visionconfig.numattentionheads", "visioncfg.heads",
        "vision.heads",
        "visual.heads", "image.heads",
      ]
    case .quickGELU: return ["quickgelu", "hiddenact", "textconfig.hiddenact", "visionconfig.hiddenact"]
    case .classLength: return ["padlen", "classlength", "semseghead.padlen"]
    case .slidingWindow: return ["slidingwindow"]
    case .heads:
      return [
        "heads", "numheads", "nheads", "decoderheads", "decodernumheads", "numdecoderheads", "classheads",
        "classattentionheads", "decoder.heads", "decoder.numheads", "decoder.nheads", "transformer.heads",
        "transformer.numheads", "transformer.nheads", "semseghead.numheads", "semseghead.heads",
        "aggregator.nheads",
      ]
    case .pooling:
      return [
        "pooling", "poolingsize", "poolingsizes", "decoderpooling", "decoder.pooling", "decoder.poolingsize",
        "decoder.poolingsizes", "transformer.pooling", "transformer.poolingsize", "semseghead.poolingsizes",
        "semseghead.poolingsize", "semseghead.pooling", "aggregator.poolingsize",
      ]
    case .normEpsilon:
      return [
        "normeps", "normepsilon", "imagenormeps", "imagenormepsilon", "visualnormeps", "image.normeps",
        "image.normepsilon", "visual.normeps", "trunk.normeps", "visual.trunk.normeps", "modelargs.normeps",
        "visioncfg.normeps", "visioncfg.timmmodelargs.normeps", "visionconfig.normeps",
        "visionconfig.layernormeps",
      ]
    case .resolution:
      let own = [
        "resolution", "clipresolution", "imageresolution", "inputresolution", "imagesize", "cropsize",
      ]
      // A SED model has another image size than the CLIP that it was made from.
      return own
        + (hasDecoder
          ? []
          : [
            "visioncfg.imagesize", "visionconfig.imagesize", "preprocesscfg.size", "size.shortestedge",
            "size.height", "cropsize.height",
          ])
    case .pixelMean: return ["clippixelmean", "pixelmean", "imagemean", "preprocesscfg.mean"]
    case .pixelStandardDeviation: return ["clippixelstd", "pixelstd", "imagestd", "preprocesscfg.std"]
    }
  }

  /// Dimensions that shapes determine: their names, and their values by the shapes.
  static func dimensions(of architecture: Architecture) -> [(names: [String], values: [Int])] {
    let text = architecture.text
    var dimensions: [(names: [String], values: [Int])] = [
      (["embeddim", "embeddingwidth", "projectiondim"], [architecture.image.embeddingWidth])
    ]
    switch architecture.image {
    case .convNeXt(let encoder):
      dimensions += [
        (["depths", "visionconfig.depths"], encoder.depths),
        (["dims", "widths", "hiddensizes", "visionconfig.hiddensizes"], encoder.widths),
      ]
    case .transformer(let encoder):
      dimensions += [
        (["visioncfg.width", "visionconfig.hiddensize"], [encoder.width]),
        (["visioncfg.layers", "visionconfig.numhiddenlayers"], [encoder.layers]),
        (["visioncfg.patchsize", "visionconfig.patchsize"], [encoder.patch]),
      ]
    }
    dimensions += [
      (
        ["textcfg.width", "textconfig.hiddensize", "textwidth", "transformerwidth", "hiddensize"],
        [text.width]
      ),
      (
        [
          "textcfg.layers", "textconfig.numhiddenlayers", "textlayers", "transformerlayers",
          "numhiddenlayers",
        ],
        [text.layers]
      ),
      (
        [
          "textcfg.contextlength", "textconfig.maxpositionembeddings", "contextlength",
          "maxpositionembeddings",
        ], [text.contextLength]
      ),
      (["textcfg.vocabsize", "textconfig.vocabsize", "vocabsize"], [text.vocabularySize]),
    ]
    if let decoder = architecture.decoder {
      let kernels = [Int](repeating: decoder.kernel, count: 3)
      dimensions += [
        (["semseghead.hiddendims", "hiddendim"], [decoder.hiddenWidth]),
        (["semseghead.decoderdims", "decoderdims"], decoder.widths),
        (["semseghead.decoderguidanceprojdims"], decoder.guidanceWidths),
        (["semseghead.kernelsize"], kernels),
      ]
    }
    return dimensions
  }

  /// Settings for which Sedge computes one value only, and the spellings of that value.
  static func fixed(_ architecture: Architecture) -> [(names: [String], values: [String])] {
    architecture.image.kind == .convNeXt ? always + geluAlone : always + quickGELUOrGELU
  }

  /// With a ConvNeXt there is no published model with QuickGELU.
  private static let geluAlone: [(names: [String], values: [String])] = [
    (["quickgelu", "textcfg.quickgelu"], ["false", "0"]), (["textconfig.hiddenact", "hiddenact"], ["gelu"]),
  ]

  private static let quickGELUOrGELU: [(names: [String], values: [String])] = [
    (["hiddenact", "textconfig.hiddenact", "visionconfig.hiddenact"], ["gelu", "quick_gelu"]),
    (["visioncfg.globalaveragepool", "visioncfg.attentionalpool", "visioncfg.nolnpre"], ["false", "0"]),
    (["visioncfg.pooltype"], ["tok"]),
  ]

  private static let always: [(names: [String], values: [String])] = [
    (["semseghead.attentiontype", "attentiontype"], ["linear"]),
    (["textconfig.layernormeps", "textcfg.normkwargs.eps"], ["1e-05", "1e-5", "0.00001"]),
    (["textcfg.nocausalmask"], ["false", "0"]),
  ]
}
