// The header as protobuf bytes.

internal import CSedgeSchema
internal import SedgeArchitecture

/// Serializes a header by `Schemas/sedge.proto` (`sedge__header__pack`); the same header gives the same bytes.
package func encodeHeader(_ header: SedgeHeader) -> [UInt8] {
  let arena = MessageArena()
  let message = unsafe arena.header(header)
  let byteCount = unsafe sedge__header__get_packed_size(message)
  return unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
    count = unsafe sedge__header__pack(message, output.baseAddress)
  }
}

extension MessageArena {
  fileprivate func header(_ header: SedgeHeader) -> UnsafeMutablePointer<Sedge__Header> {
    unsafe message(sedge__header__init) { message in
      unsafe message.sedge_version = string(header.sedgeVersion)
      unsafe message.architecture = architecture(header.architecture)
      unsafe message.preprocessing = preprocessing(header.preprocessing)
      unsafe message.form = foldState(header.foldState)
      unsafe message.n_folds = header.folds.count
      unsafe message.folds = array(header.folds.map { unsafe fold($0) })
      unsafe message.n_tensors = header.tensors.count
      unsafe message.tensors = array(header.tensors.map { unsafe tensor($0) })
      unsafe message.has_text_encoder = header.hasTextEncoder ? 1 : 0
      unsafe message.n_prompt_templates = header.promptTemplates.count
      unsafe message.prompt_templates = strings(header.promptTemplates)
      if let record = header.tokenizer { unsafe message.tokenizer = tokenizer(record) }
      unsafe message.n_class_lists = header.classLists.count
      unsafe message.class_lists = array(header.classLists.map { unsafe classList($0) })
      unsafe message.n_sources = header.sources.count
      unsafe message.sources = array(header.sources.map { unsafe source($0) })
      unsafe message.n_options = header.options.count
      unsafe message.options = array(header.options.map { unsafe option($0) })
      if let scale = header.logitScale { unsafe message.classification = classification(scale) }
      if let record = header.quantization { unsafe message.quantization = quantization(record) }
      unsafe message.n_hyperparameters = header.hyperparameters.count
      unsafe message.hyperparameters = array(header.hyperparameters.map { unsafe hyperparameter($0) })
      if let record = header.provenance { unsafe message.provenance = provenance(record) }
    }
  }

  private func segment(_ segment: Segment) -> UnsafeMutablePointer<Sedge__Segment> {
    unsafe message(sedge__segment__init) { message in
      unsafe message.offset = UInt64(segment.byteOffset)
      unsafe message.stored_byte_count = UInt64(segment.storedByteCount)
      unsafe message.plain_byte_count = UInt64(segment.plainByteCount)
      unsafe message.compression = Sedge__Compression(
        SchemaNumbers.compressions.number(of: segment.compression))
      unsafe message.checksum = segment.checksum
    }
  }

  private func tensor(_ record: TensorRecord) -> UnsafeMutablePointer<Sedge__Tensor> {
    unsafe message(sedge__tensor__init) { message in
      unsafe message.name = string(record.tensor.name)
      unsafe message.role = Sedge__Role(SchemaNumbers.roles.number(of: record.tensor.role))
      unsafe message.layout = Sedge__Layout(SchemaNumbers.layouts.number(of: record.tensor.layout))
      unsafe message.n_shape = record.tensor.shape.count
      unsafe message.shape = array(record.tensor.shape.map { UInt64($0) })
      unsafe message.codec = Sedge__Codec(SchemaNumbers.codecs.number(of: record.codec))
      unsafe message.data = segment(record.data)
      if let scales = record.scales { unsafe message.scales = segment(scales) }
      if let reason = record.floatReason {
        unsafe message.float_reason = Sedge__FloatReason(SchemaNumbers.floatReasons.number(of: reason))
      }
      unsafe message.largest_absolute_error = record.largestAbsoluteError
      unsafe message.relative_rms_error = record.relativeRMSError
      unsafe message.importance = record.importance ?? 0
      unsafe message.error_share = record.errorShare ?? 0
    }
  }

  private func architecture(_ value: Architecture) -> UnsafeMutablePointer<Sedge__Architecture> {
    unsafe message(sedge__architecture__init) { message in
      switch value.image {
      case .convNeXt(let encoder): unsafe message.image = convNeXt(encoder)
      case .transformer(let encoder): unsafe message.vision_transformer = visionTransformer(encoder)
      }
      unsafe message.text = textEncoder(value.text)
      switch value.segmenter {
      case .fusion(let value): unsafe message.decoder = decoder(value)
      case .aggregation(let value): unsafe message.cost_aggregation = costAggregation(value)
      case nil: break
      }
      unsafe message.quick_gelu = value.usesQuickGELU ? 1 : 0
    }
  }

  private func visionTransformer(
    _ value: Architecture.VisionTransformer
  ) -> UnsafeMutablePointer<Sedge__VisionTransformer> {
    unsafe message(sedge__vision_transformer__init) { message in
      unsafe message.width = UInt32(value.width)
      unsafe message.heads = UInt32(value.heads)
      unsafe message.layers = UInt32(value.layers)
      unsafe message.hidden_width = UInt32(value.hiddenWidth)
      unsafe message.patch = UInt32(value.patch)
      unsafe message.grid = UInt32(value.grid)
      unsafe message.embedding_width = UInt32(value.embeddingWidth)
      unsafe message.norm_epsilon = value.normEpsilon
    }
  }

  private func costAggregation(
    _ value: Architecture.CostAggregation
  ) -> UnsafeMutablePointer<Sedge__CostAggregation> {
    unsafe message(sedge__cost_aggregation__init) { message in
      unsafe message.prompt_count = UInt32(value.promptCount)
      unsafe message.hidden_width = UInt32(value.hiddenWidth)
      unsafe message.guidance_width = UInt32(value.guidanceWidth)
      unsafe message.layers = UInt32(value.layers)
      unsafe message.heads = UInt32(value.heads)
      unsafe message.grid = UInt32(value.grid)
      unsafe message.window = UInt32(value.window)
      unsafe message.cost_kernel = UInt32(value.costKernel)
      unsafe message.pooling = UInt32(value.pooling)
      unsafe message.class_length = UInt32(value.classLength)
      unsafe message.n_upsampled_widths = value.upsampledWidths.count
      unsafe message.upsampled_widths = array(value.upsampledWidths.map { UInt32($0) })
      unsafe message.n_widths = value.widths.count
      unsafe message.widths = array(value.widths.map { UInt32($0) })
      unsafe message.n_guidance_widths = value.guidanceWidths.count
      unsafe message.guidance_widths = array(value.guidanceWidths.map { UInt32($0) })
    }
  }

  private func convNeXt(
    _ value: Architecture.ConvNeXt
  ) -> UnsafeMutablePointer<Sedge__ImageEncoder> {
    unsafe message(sedge__image_encoder__init) { message in
      unsafe message.n_depths = value.depths.count
      unsafe message.depths = array(value.depths.map { UInt32($0) })
      unsafe message.n_widths = value.widths.count
      unsafe message.widths = array(value.widths.map { UInt32($0) })
      switch value.head {
      case .linear:
        unsafe message.head = SEDGE__VISUAL_HEAD__VISUAL_HEAD_LINEAR
      case .mlp(let hiddenWidth):
        unsafe message.head = SEDGE__VISUAL_HEAD__VISUAL_HEAD_MLP
        unsafe message.head_hidden_width = UInt32(hiddenWidth)
      }
      unsafe message.embedding_width = UInt32(value.embeddingWidth)
      unsafe message.kernel = UInt32(value.kernel)
      unsafe message.norm_epsilon = value.normEpsilon
    }
  }

  private func textEncoder(
    _ value: Architecture.TextEncoder
  ) -> UnsafeMutablePointer<Sedge__TextEncoder> {
    unsafe message(sedge__text_encoder__init) { message in
      unsafe message.width = UInt32(value.width)
      unsafe message.heads = UInt32(value.heads)
      unsafe message.layers = UInt32(value.layers)
      unsafe message.context_length = UInt32(value.contextLength)
      unsafe message.vocabulary_size = UInt32(value.vocabularySize)
    }
  }

  private func decoder(_ value: Architecture.Decoder) -> UnsafeMutablePointer<Sedge__Decoder> {
    unsafe message(sedge__decoder__init) { message in
      unsafe message.prompt_count = UInt32(value.promptCount)
      unsafe message.hidden_width = UInt32(value.hiddenWidth)
      unsafe message.n_widths = value.widths.count
      unsafe message.widths = array(value.widths.map { UInt32($0) })
      unsafe message.n_guidance_widths = value.guidanceWidths.count
      unsafe message.guidance_widths = array(value.guidanceWidths.map { UInt32($0) })
      unsafe message.heads = UInt32(value.heads)
      unsafe message.kernel = UInt32(value.kernel)
      unsafe message.cost_kernel = UInt32(value.costKernel)
      unsafe message.pooling = UInt32(value.pooling)
      unsafe message.has_rejection_heads = value.hasRejectionHeads ? 1 : 0
    }
  }

  private func classification(_ logitScale: Float) -> UnsafeMutablePointer<Sedge__Classification> {
    unsafe message(sedge__classification__init) { message in
      unsafe message.logit_scale = logitScale
    }
  }

  private func preprocessing(_ value: Preprocessing) -> UnsafeMutablePointer<Sedge__Preprocessing> {
    unsafe message(sedge__preprocessing__init) { message in
      unsafe message.n_pixel_mean = value.pixelMean.count
      unsafe message.pixel_mean = array(value.pixelMean)
      unsafe message.n_pixel_standard_deviation = value.pixelStandardDeviation.count
      unsafe message.pixel_standard_deviation = array(value.pixelStandardDeviation)
      unsafe message.resolution = UInt32(value.resolution)
      unsafe message.top_k = UInt32(value.topK ?? 0)
      unsafe message.resizing = Sedge__Resizing(SchemaNumbers.resizings.number(of: value.resizing))
      unsafe message.window = UInt32(value.window ?? 0)
    }
  }

  private func foldState(_ value: FoldState) -> UnsafeMutablePointer<Sedge__GraphForm> {
    unsafe message(sedge__graph_form__init) { message in
      unsafe message.pixel_statistics_folded = value.pixelStatisticsFolded ? 1 : 0
      unsafe message.attention_scale_folded = value.attentionScaleFolded ? 1 : 0
      unsafe message.class_block_simplified = value.classBlockSimplified ? 1 : 0
    }
  }

  private func fold(_ record: FoldRecord) -> UnsafeMutablePointer<Sedge__Fold> {
    unsafe message(sedge__fold__init) { message in
      unsafe message.kind = Sedge__FoldKind(SchemaNumbers.foldKinds.number(of: record.kind))
      unsafe message.source = string(record.source)
      unsafe message.n_targets = record.targets.count
      unsafe message.targets = strings(record.targets)
      unsafe message.obstacle = string(record.obstacle ?? "")
      if let proof = record.certificate { unsafe message.certificate = certificate(proof) }
    }
  }

  private func certificate(
    _ value: FoldRecord.Certificate
  ) -> UnsafeMutablePointer<Sedge__Certificate> {
    unsafe message(sedge__certificate__init) { message in
      unsafe message.largest_difference = value.largestDifference
      unsafe message.largest_magnitude = value.largestMagnitude
      unsafe message.tolerance = value.tolerance
    }
  }

  private func tokenizer(
    _ record: SedgeHeader.TokenizerRecord
  ) -> UnsafeMutablePointer<Sedge__Tokenizer> {
    unsafe message(sedge__tokenizer__init) { message in
      unsafe message.merges = segment(record.merges)
      unsafe message.context_length = UInt32(record.contextLength)
    }
  }

  private func classList(_ list: SedgeHeader.ClassList) -> UnsafeMutablePointer<Sedge__ClassList> {
    unsafe message(sedge__class_list__init) { message in
      unsafe message.name = string(list.name)
      unsafe message.n_class_names = list.classNames.count
      unsafe message.class_names = strings(list.classNames)
      unsafe message.features = string(list.features)
    }
  }

  private func source(_ record: SedgeHeader.SourceRecord) -> UnsafeMutablePointer<Sedge__Source> {
    unsafe message(sedge__source__init) { message in
      unsafe message.file_name = string(record.fileName)
      unsafe message.sha256.len = record.sha256.count
      unsafe message.sha256.data = array(record.sha256)
      unsafe message.byte_count = UInt64(record.byteCount)
      unsafe message.format_name = string(record.formatName)
    }
  }

  private func option(_ option: SedgeHeader.Option) -> UnsafeMutablePointer<Sedge__Option> {
    unsafe message(sedge__option__init) { message in
      unsafe message.key = string(option.key)
      unsafe message.value = string(option.value)
    }
  }

  private func hyperparameter(_ record: HyperparameterRecord) -> UnsafeMutablePointer<Sedge__Hyperparameter> {
    unsafe message(sedge__hyperparameter__init) { message in
      unsafe message.name = string(record.name)
      unsafe message.origin = Sedge__HyperparameterOrigin(
        SchemaNumbers.hyperparameterOrigins.number(of: record.origin.name))
      unsafe message.detail = string(record.origin.detail ?? "")
    }
  }

  private func provenance(_ record: ProvenanceRecord) -> UnsafeMutablePointer<Sedge__Provenance> {
    unsafe message(sedge__provenance__init) { message in
      unsafe message.commit = string(record.commit ?? "")
      unsafe message.kernels = string(record.kernels ?? "")
      unsafe message.n_inputs = record.inputs.count
      unsafe message.inputs = array(record.inputs.map { unsafe input($0) })
    }
  }

  private func input(_ record: ProvenanceRecord.Input) -> UnsafeMutablePointer<Sedge__Input> {
    unsafe message(sedge__input__init) { message in
      unsafe message.option = string(record.option)
      unsafe message.file_name = string(record.fileName ?? "")
      unsafe message.file_count = UInt32(record.fileCount ?? 0)
      unsafe message.sha256.len = record.sha256.count
      unsafe message.sha256.data = array(record.sha256)
    }
  }

  private func quantization(_ record: QuantizationRecord) -> UnsafeMutablePointer<Sedge__Quantization> {
    unsafe message(sedge__quantization__init) { message in
      unsafe message.wish = string(record.requested)
      if let value = record.calibration { unsafe message.calibration = calibration(value) }
      if let value = record.measuredQuality { unsafe message.claim = measuredQuality(value) }
    }
  }

  private func calibration(
    _ value: QuantizationRecord.Calibration
  ) -> UnsafeMutablePointer<Sedge__Calibration> {
    unsafe message(sedge__calibration__init) { message in
      unsafe message.picture_count = UInt32(value.pictureCount)
      unsafe message.source = string(value.source)
      unsafe message.compensated = value.isCompensated ? 1 : 0
    }
  }

  private func measuredQuality(_ value: QuantizationRecord.MeasuredQuality) -> UnsafeMutablePointer<
    Sedge__Claim
  > {
    unsafe message(sedge__claim__init) { message in
      unsafe message.picture_count = UInt32(value.pictureCount)
      unsafe message.source = string(value.source)
      unsafe message.held_out = value.isHeldOut ? 1 : 0
      unsafe message.label_change = value.labelChange
      unsafe message.score_rms = value.scoreRMS
      unsafe message.score_max = value.scoreMaximum
      unsafe message.class_count = UInt32(value.classCount)
    }
  }
}
