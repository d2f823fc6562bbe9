// What a file is that does not fit, told by names and shapes, and what to do.

import SedgeTensor

/// Marks by which files of other kinds are known.
enum Diagnosis {
  /// A kind of file: it has every one of some marks.
  private struct Kind {
    /// Pieces of names, wrappers taken out; a mark of several pieces stands for any of them.
    var marks: [[String]]
    var text: String

    init(_ marks: [[String]], _ text: String) { (self.marks, self.text) = (marks, text) }

    func isMet(by names: [String]) -> Bool {
      marks.allSatisfy { pieces in names.contains { name in pieces.contains { name.contains($0) } } }
    }
  }

  /// What tensors of adapters are called.
  private static let adapters = [
    "lora_A", "lora_B", "lora_down", "lora_up", "lora_embedding_A", "hada_w", "lokr_w", "ia3_", "oft_",
  ]

  /// Whether a tensor adapts a layer of these tensors.
  private static func isAdapter(_ name: String, among tensors: [TensorInfo]) -> Bool {
    guard let mark = adapters.compactMap({ name.firstRange(of: $0)?.lowerBound }).min(),
      mark > name.startIndex
    else { return false }
    return tensors.contains {
      $0.name.hasPrefix(name[..<mark]) && !adapters.contains(where: $0.name.contains)
    }
  }

  /// Weights that stand in several tensors, or in another form than floats.
  private static let forms = [
    Kind(
      [[".weight_orig", ".bias_orig"], [".weight_mask", ".bias_mask"]],
      "its layers are pruned (weight_orig, weight_mask): call torch.nn.utils.prune.remove(layer, \"weight\") on each and save again"
    ),
    Kind(
      [[".weight_orig"], [".weight_u"]],
      "its layers have spectral norm (weight_orig, weight_u): call torch.nn.utils.remove_spectral_norm(layer) on each and save again"
    ),
    Kind(
      [[".weight_g"], [".weight_v"]],
      "its layers have weight norm (weight_g, weight_v): call torch.nn.utils.remove_weight_norm(layer) on each and save again"
    ),
    Kind(
      [[".parametrizations."], [".original"]],
      "its layers are parametrized (parametrizations.weight.original): call torch.nn.utils.parametrize.remove_parametrizations(layer, \"weight\") on each and save again"
    ),
    Kind(
      [[".base_layer."], ["lora_", "hada_", "oft_", "ia3_", "boft_", "vera_"]],
      "its layers carry adapters of PEFT (base_layer, lora_A): call merge_and_unload() and save again"),
    Kind(
      [adapters],
      "it is or holds an adapter (LoRA or its kind): load it onto its base model, call merge_and_unload() and save the whole"
    ),
    Kind(
      [[".quant_state.", ".absmax", ".SCB", ".quant_map"]],
      "its layers are quantized by bitsandbytes: call dequantize() on the model, or load it without quantization, and save again"
    ),
    Kind(
      [["qweight"], ["qzeros", "scales"]],
      "its layers are quantized by GPTQ or AWQ (qweight): use the float model that it was made from"),
    Kind(
      [["_quantized"], ["_scale", "_zero_point"]],
      "its graph is quantized (weight_quantized, weight_scale): use the float model that it was made from"),
    Kind(
      [["_packed_params"]],
      "its layers are quantized by PyTorch (_packed_params): use the float model that it was made from"),
    Kind(
      [[".weight_scale", ".weight_packed", ".weight_zero_point"]],
      "its layers are quantized (weight_scale): use the float model that it was made from"),
    Kind(
      [[".zero_point"], [".scale"]],
      "its layers are quantized by PyTorch (scale, zero_point): use the float model that it was made from"),
    Kind(
      [["_flat_param", "flat_param_"]],
      "its parameters are flattened by FSDP (_flat_param): save a full state dict (StateDictType.FULL_STATE_DICT)"
    ),
  ]

  /// Programs for open-vocabulary segmentation, and others around CLIP.
  ///
  /// `mayHoldCLIP`: whether a file of the program can contain a CLIP with a ConvNeXt under names of `clip_model.`.
  /// `without`: the clause after the model's name for a file without one.
  private static let programs: [(kind: Kind, mayHoldCLIP: Bool, without: String)] = [
    (
      Kind([["cdt.cross_atten"], ["backbone_t."]], "MAFT+"), false,
      "its image encoder is under backbone.clip_model., its text encoder under backbone_t.; rename the first to visual. and the second to nothing, and leave out the rest"
    ),
    (
      Kind([["teacher_encoder."], ["predictor.prompt_tokens", "predictor.clip_model."]], "PixelCLIP"),
      true,
      "its CLIP is not in the file"
    ),
    (
      Kind([["void_embedding."], ["query_feat", "_mask_pooling_proj", "pixel_decoder"]], "FC-CLIP"), true,
      "its frozen CLIP is not in the file: take it from OpenCLIP (convnext_large_d_320, laion2b_s29b_b131k_ft_soup in the published models)"
    ),
    (
      Kind([["upsample1."], ["q_proj_weight", "guidance_norm", "padding_tokens"]], "CAT-Seg"), false,
      "its CLIP is a vision transformer, which SED does not use"
    ),
    (
      Kind([["side_adapter_network."]], "SAN"), false,
      "its CLIP is a vision transformer, which SED does not use"
    ),
    (
      Kind([["clip_adapter."], ["sem_seg_head."]], "OVSeg or a model of its kind"), false,
      "its CLIP is a vision transformer, which SED does not use"
    ),
    (
      Kind([["sem_seg_head.pixel_decoder."], ["query_feat", "query_embed"]], "Mask2Former or MaskFormer"),
      true,
      "it has no CLIP, which SED needs"
    ),
    (
      Kind([["image_encoder.neck."], ["mask_decoder."]], "Segment Anything"), false,
      "it has no CLIP, which SED needs"
    ),
    (
      Kind([["decode_head."], ["backbone."]], "a segmenter of mmsegmentation or its kind"), true,
      "it has no CLIP, which SED needs"
    ),
  ]

  /// Kinds of image encoders that are none of SED's.
  private static let encoders = [
    Kind([["grn."]], "looks like ConvNeXt V2 (grn), which SED and OpenCLIP's ConvNeXt do not use"),
    Kind(
      [["visual.layer1.0.conv1"]], "looks like CLIP with a ResNet (RN50 or its kind), which SED does not use"),
    Kind(
      [
        ["visual.transformer.resblocks.", "visual.class_embedding", "visual.ln_pre.", "visual.trunk.blocks."]
      ],
      "looks like CLIP with a vision transformer, which SED does not use"),
    Kind(
      [["vision_model.encoder.layers."]],
      "looks like CLIP with a vision transformer, as transformers has it, which SED does not use"),
    Kind(
      [["visual.trunk.layer1.", "visual.trunk.stages.0.layers.", "visual.trunk.patch_embed."]],
      "looks like CLIP with another image encoder than ConvNeXt, which SED does not use"),
    Kind(
      [["clip_model.visual.conv1.", "visual.conv1.weight"]],
      "looks like CLIP with a vision transformer, which SED does not use"),
  ]

  /// The reason of problems and the way out; `nil` where none is known.
  static func text(
    of tensors: [TensorInfo], skipped: [SkippedObject], attempt: RecognitionAttempt,
    problems: [ContractProblem], options: ArchitectureOptions
  ) -> (diagnosis: String?, remedy: Remedy?) {
    let names = tensors.map(\.name.withoutWrappers) + skipped.map(\.name.withoutWrappers)
    // Tensors that are merely too many say nothing of those of the model, but for what changes these.
    let isOnlyMore = problems.allSatisfy(\.isUnexpected)
    if let form = forms.first(where: { $0.isMet(by: names) }) {
      if !isOnlyMore || problems.contains(where: { isAdapter($0.tensor, among: tensors) }) {
        return (form.text, nil)
      }
    }
    if isOnlyMore { return (nil, nil) }
    if attempt.hasImage, let kind = encoders.first, kind.isMet(by: names) { return (kind.text, nil) }
    if let (kind, mayHoldCLIP, without) = programs.first(where: { $0.kind.isMet(by: names) }) {
      if attempt.hasImage, attempt.hasText {
        return mayHoldCLIP && !attempt.hasDecoder
          ? ("looks like \(kind.text)", .takeCLIPAlone) : (nil, nil)
      }
      return (program(kind, mayHoldCLIP: mayHoldCLIP, without: without, attempt, names: names), nil)
    }
    return (part(of: tensors, skipped: skipped, attempt, names: names, problems: problems, options), nil)
  }

  /// A diagnosis of a program's file without a whole CLIP.
  private static func program(
    _ kind: Kind, mayHoldCLIP: Bool, without: String, _ attempt: RecognitionAttempt, names: [String]
  ) -> String {
    if attempt.hasImage, mayHoldCLIP {
      return "looks like \(kind.text), but its CLIP's text encoder is not in the file"
    }
    if mayHoldCLIP, encoders.dropFirst().contains(where: { $0.isMet(by: names) }) {
      return
        "looks like \(kind.text) with CLIP of another image encoder than ConvNeXt, which SED does not use"
    }
    return "looks like \(kind.text); \(without)"
  }

  /// A diagnosis of a file of another image encoder, of unread tensors, or of weights in another layout.
  private static func part(
    of tensors: [TensorInfo], skipped: [SkippedObject], _ attempt: RecognitionAttempt, names: [String],
    problems: [ContractProblem], _ options: ArchitectureOptions
  ) -> String? {
    if let kind = encoders.first(where: { $0.isMet(by: names) }), !attempt.hasImage { return kind.text }
    if let first = skipped.first(where: \.isTensor) {
      let count = skipped.count(where: \.isTensor)
      if tensors.isEmpty { return "none of its \(count) tensors can be read: \(first.name), \(first.reason)" }
      if count > 1 {
        return
          "\(count) of its \(tensors.count + count) tensors cannot be read: \(first.name), \(first.reason)"
      }
    }
    return attempt.hasImage ? shapes(attempt, problems: problems, options: options) : nil
  }

  /// What is told by shapes, or by what all blocks lack.
  private static func shapes(
    _ attempt: RecognitionAttempt, problems: [ContractProblem], options: ArchitectureOptions
  ) -> String? {
    let stages = (0..<4).map { ModelPath.image.stages[$0] }
    let blocks = attempt.shapes.keys.filter { name in stages.contains { name.hasPrefix("\($0.name).") } }
    if !blocks.isEmpty, !blocks.contains(where: { KnownTensors.role(of: $0) == .layerScale }) {
      return
        "no block of its trunk has a layer scale (gamma), as timm builds it with ls_init_value=None: add a gamma of ones to each block"
    }
    let isOddShape = problems.contains { if case .wrongShape = $0.kind { true } else { false } }
    guard attempt.architecture == nil || isOddShape else { return nil }
    let reversed = attempt.tensors.compactMap { info in
      TensorInfo(name: info.name, elementType: info.elementType, shape: info.shape.reversed())
    }
    if RecognitionAttempt(reversed, naming: attempt.naming, options: options).isWhole {
      return
        "every tensor has its dimensions in reverse, as MATLAB and Fortran write them: transpose each (array.T in NumPy) and save again"
    }
    let convolutions = attempt.tensors.compactMap { info -> TensorInfo? in
      let shape = info.shape.count == 4 ? [3, 2, 0, 1].map { info.shape[$0] } : info.shape
      return TensorInfo(
        name: info.name, elementType: info.elementType, shape: shape.count == 2 ? shape.reversed() : shape)
    }
    if RecognitionAttempt(convolutions, naming: attempt.naming, options: options).isWhole {
      return
        "its weights lie as TensorFlow and JAX have them (height, width, inputs, outputs): transpose them to PyTorch's order and save again"
    }
    return nil
  }

  /// Says of a file without a model what else it may be.
  static func problem(of attempt: RecognitionAttempt) -> ContractProblem {
    let names = attempt.tensors.map(\.name.withoutWrappers)
    let has = { (piece: String) in names.contains { $0.contains(piece) } }
    let cause: String
    var remedy: Remedy?
    if attempt.tensors.isEmpty {
      cause = "the file holds no tensors"
    } else if attempt.hasImage, attempt.hasText {
      cause = "the image encoder is there, the decoder is not"
      remedy = .addOrOmitDecoder
    } else if attempt.hasImage, attempt.naming.scheme == .openCLIP {
      cause = "looks like OpenCLIP's image encoder alone; give the file with the text encoder too"
    } else if attempt.hasImage, attempt.naming.scheme == .timm {
      cause =
        "looks like the state dict of timm's trunk, which is only a part; give the files with the others too"
    } else if attempt.hasImage, attempt.naming.scheme.isTrunkAlone {
      cause =
        "looks like the trunk alone, as \(attempt.naming.scheme.rawValue) has it; give the files with the other parts too"
    } else if attempt.hasImage {
      cause = "the image encoder is there, the text encoder is not; use the whole checkpoint"
    } else if let kind = encoders.first(where: { $0.isMet(by: names) }) {
      cause = kind.text
    } else if attempt.hasText, attempt.hasDecoder {
      cause = "the text encoder and the decoder are there, the image encoder is not; use the whole checkpoint"
    } else if attempt.hasText {
      cause = "looks like CLIP's text encoder alone; give the files with the other parts too"
    } else if attempt.hasDecoder {
      cause = "the decoder is there, CLIP is not; use the whole checkpoint"
    } else if has("\(ModelPath.image.name).") || has("visual.head.") {
      cause = "only the projection behind the image encoder is there; give the files with the other parts too"
    } else {
      cause = "none of the names is one of SED's or CLIP's"
    }
    let hasImageEncoder = attempt.hasImage && attempt.naming.scheme == .sed
    return ContractProblem(
      tensor: (hasImageEncoder ? ModelPath.decoder.costEmbedding : ModelPath.image.stem).weight.name,
      kind: .impossible("not found, under any prefix"), cause: cause, remedy: remedy)
  }
}
