// Kinds of files that are none of the models, and the marks in their names.

extension Diagnosis {
  /// A kind of file, recognized by marks that it must all have.
  struct Kind {
    /// Each mark is a list of parts of names, without those of wrappers, any of which is sufficient.
    var marks: [[String]]
    var text: String

    init(_ marks: [[String]], _ text: String) { (self.marks, self.text) = (marks, text) }

    /// Whether names have all marks.
    ///
    /// - Parameter found: The parts of all kinds' marks that the names have, by ``Diagnosis/search``.
    func isMet(by found: Set<String>) -> Bool {
      marks.allSatisfy { pieces in pieces.contains { found.contains($0) } }
    }
  }

  /// Finds the marks of all kinds.
  static let search = PieceSearch(
    (forms + programs.map(\.kind) + encoders).flatMap(\.marks).joined() + projections)

  /// Parts of the names of the projection behind the image encoder.
  static let projections = ["\(ModelPath.image.name).", "visual.head."]

  /// Finds the names of adapters' tensors.
  static let adapterSearch = PieceSearch(adapters)

  /// Parts of the names of adapters' tensors.
  static let adapters = [
    "lora_A", "lora_B", "lora_down", "lora_up", "lora_embedding_A", "hada_w", "lokr_w", "ia3_", "oft_",
  ]

  /// Weights that are stored as several tensors, or not as floats.
  static let forms = [
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

  /// A program for open-vocabulary segmentation, or another one around CLIP.
  struct Program {
    var kind: Kind
    /// Whether a file of the program can contain a CLIP with a ConvNeXt under names of `clip_model.`.
    var mayHoldCLIP: Bool
    /// The clause after the model's name for a file without one.
    var without: String
    /// Of several CLIPs in a file, the prefix of the trained one, and what they are.
    var trained: (prefix: String, text: String)?

    init(
      _ marks: [[String]], _ text: String, mayHoldCLIP: Bool = false, without: String,
      trained: (prefix: String, text: String)? = nil
    ) {
      kind = Kind(marks, text)
      (self.mayHoldCLIP, self.without, self.trained) = (mayHoldCLIP, without, trained)
    }
  }

  /// The programs, the more specific first.
  static let programs = [
    Program(
      [["mask_adapter.fuse", "mask_adapter.final"]], "Mask-Adapter", mayHoldCLIP: true,
      without:
        "its CLIP is not in the file: it is that of the FC-CLIP or MAFT+ that the adapter was trained on"),
    Program(
      [["cdt.cross_atten"]], "MAFT+", mayHoldCLIP: true,
      without: "it has no whole CLIP under backbone.clip_model.",
      trained: ("backbone", "its trained CLIP under backbone and the original one under backbone_t")),
    Program(
      [["teacher_encoder."], ["predictor.prompt_tokens", "predictor.clip_model."]], "PixelCLIP",
      mayHoldCLIP: true, without: "its CLIP is not in the file"),
    Program(
      [["void_embedding."], ["query_feat", "_mask_pooling_proj", "pixel_decoder"]], "FC-CLIP",
      mayHoldCLIP: true,
      without:
        "its frozen CLIP is not in the file: take it from OpenCLIP (convnext_large_d_320, laion2b_s29b_b131k_ft_soup in the published models)"
    ),
    Program(
      [["swin_block."], ["backbone."]], "the first version of CAT-Seg (2023), of another architecture",
      without: "Sedge runs the version of CVPR 2024, which has upsample1 and no backbone"),
    Program([["side_adapter_network."]], "SAN", without: "Sedge does not run it"),
    Program(
      [["clip_adapter."], ["sem_seg_head."]], "OVSeg or a model of its kind", without: "Sedge does not run it"
    ),
    Program(
      [["sem_seg_head.pixel_decoder."], ["query_feat", "query_embed"]], "Mask2Former or MaskFormer",
      mayHoldCLIP: true, without: "it has no CLIP, which SED needs"),
    Program(
      [["image_encoder.neck."], ["mask_decoder."]], "Segment Anything",
      without: "it has no CLIP, which SED needs"),
    Program(
      [["decode_head."], ["backbone."]], "a segmenter of mmsegmentation or its kind", mayHoldCLIP: true,
      without: "it has no CLIP, which SED needs"),
  ]

  /// Image encoders that Sedge does not run.
  static let encoders = [
    Kind([["grn."]], "looks like ConvNeXt V2 (grn), which SED and OpenCLIP's ConvNeXt do not use"),
    Kind(
      [["visual.layer1.0.conv1"]],
      "looks like CLIP with a ResNet (RN50 or its kind), which Sedge does not run"),
    Kind(
      [
        [
          "visual.trunk.layer1.", "visual.trunk.stages.0.layers.", "visual.trunk.patch_embed.",
          "visual.trunk.blocks.",
        ]
      ],
      "looks like CLIP with another image encoder than ConvNeXt or CLIP's vision transformer"),
  ]
}
