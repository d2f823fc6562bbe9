// The header from protobuf bytes; HeaderValidation.swift checks the values.

internal import CSedgeSchema
internal import SedgeArchitecture
internal import SedgeQuantization
internal import SedgeTensor

/// Reads a header by `Schemas/sedge.proto` (`sedge__header__unpack`).
///
/// - Throws: ``FormatError`` where the bytes are no such message, in another than its shortest form, or a value has no
///   counterpart here.
func decodeHeader(_ bytes: [UInt8]) throws(FormatError) -> SedgeHeader {
  let memory = MessageMemory(byteLimit: 16 * bytes.count + (1 << 20))
  guard let message = unsafe memory.unpack(bytes) else {
    throw FormatError(.malformed("its header is no message of the schema"))
  }
  defer { unsafe memory.free(message) }
  // A message in its shortest form packs to the same size. Repeated fields, overlong numbers and texts with a zero byte
  // do not, and a C string would hide them.
  let packedByteCount = unsafe sedge__header__get_packed_size(message)
  guard packedByteCount == bytes.count else {
    throw FormatError(
      .malformed("its header has \(bytes.count) bytes where the same contents take \(packedByteCount)"))
  }
  return unsafe try SedgeHeader(message.pointee)
}

/// Bytes of the system's allocator for each block.
private let bookkeepingByteCount = 32

/// The memory limit of unpacking, over all steps, freed memory included.
///
/// Fields of a few bytes become structures of hundreds, and merging repeated messages copies their contents again and
/// again: the limit bounds memory and time.
@safe private final class MessageMemory {
  private let bytesLeft: UnsafeMutablePointer<Int>
  private var allocator: ProtobufCAllocator

  init(byteLimit: Int) {
    let bytesLeft = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    unsafe bytesLeft.initialize(to: byteLimit)
    unsafe self.bytesLeft = bytesLeft
    unsafe allocator = unsafe ProtobufCAllocator(
      alloc: { bytesLeft, byteCount in
        guard let left = unsafe bytesLeft?.assumingMemoryBound(to: Int.self) else { return nil }
        let cost = byteCount.addingReportingOverflow(bookkeepingByteCount)
        guard !cost.overflow, unsafe left.pointee >= cost.partialValue else { return nil }
        unsafe left.pointee -= cost.partialValue
        return UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 16)
      },
      free: { _, pointer in unsafe pointer?.deallocate() },
      allocator_data: bytesLeft)
  }

  deinit { unsafe bytesLeft.deallocate() }

  func unpack(_ bytes: [UInt8]) -> UnsafeMutablePointer<Sedge__Header>? {
    unsafe bytes.withUnsafeBufferPointer {
      unsafe sedge__header__unpack(&allocator, $0.count, $0.baseAddress)
    }
  }

  func free(_ message: UnsafeMutablePointer<Sedge__Header>) {
    unsafe sedge__header__free_unpacked(message, &allocator)
  }
}

// MARK: - Fields

/// A text field, which must be UTF-8.
private func text(_ string: UnsafeMutablePointer<CChar>?) throws(FormatError) -> String {
  guard let string = unsafe string, let text = unsafe String(validatingCString: string) else {
    throw FormatError(.malformed("a text in its header is not UTF-8"))
  }
  if text.hasEndlessMarks { throw FormatError(.endlessMarks("a text in its header")) }
  return text
}

/// The elements of a repeated field, each through `transform`.
private func list<Element, Result>(
  _ pointer: UnsafeMutablePointer<Element>?, _ count: Int,
  _ transform: (Element) throws(FormatError) -> Result
) throws(FormatError) -> [Result] {
  var results: [Result] = []
  let elements = unsafe UnsafeBufferPointer(start: pointer, count: count)
  for i in 0..<count { unsafe results.append(try transform(elements[i])) }
  return results
}

/// The elements of a repeated message, each through `transform`.
private func messages<Message, Result>(
  _ pointer: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?, _ count: Int,
  _ transform: (Message) throws(FormatError) -> Result
) throws(FormatError) -> [Result] {
  unsafe try list(pointer, count) { (message) throws(FormatError) in
    unsafe try transform(required(message, "an entry"))
  }
}

/// A message field that must be there.
private func required<Message>(
  _ pointer: UnsafeMutablePointer<Message>?, _ name: String, tensor: String? = nil
) throws(FormatError) -> Message {
  guard let pointer = unsafe pointer else {
    throw FormatError(.malformed("its header lacks \(name)"), tensor: tensor)
  }
  return unsafe pointer.pointee
}

/// A number that must fit an `Int`.
private func integer(_ value: UInt64, _ name: String, tensor: String? = nil) throws(FormatError) -> Int {
  guard let value = Int(exactly: value) else {
    throw FormatError(.malformed("\(name) is \(value), expected less than 2^63"), tensor: tensor)
  }
  return value
}

/// A number that is 0 where it is not known.
private func known(_ value: Double) -> Double? { value == 0 ? nil : value }

// MARK: - Messages

extension SedgeHeader {
  fileprivate init(_ message: Sedge__Header) throws(FormatError) {
    unsafe self.init(
      sedgeVersion: try text(message.sedge_version),
      architecture: try Architecture(required(message.architecture, "the architecture")),
      preprocessing: try Preprocessing(required(message.preprocessing, "the preprocessing")),
      foldState: try FoldState(required(message.form, "the graph form")),
      folds: try messages(message.folds, message.n_folds, FoldRecord.init),
      tensors: try messages(message.tensors, message.n_tensors, TensorRecord.init),
      hasTextEncoder: message.has_text_encoder != 0,
      promptTemplates: try list(message.prompt_templates, message.n_prompt_templates, text),
      tokenizer: try message.tokenizer.map(\.pointee).map(TokenizerRecord.init),
      classLists: try messages(message.class_lists, message.n_class_lists, ClassList.init),
      sources: try messages(message.sources, message.n_sources, SourceRecord.init),
      options: try messages(message.options, message.n_options, Option.init),
      logitScale: message.classification.map { unsafe $0.pointee.logit_scale },
      quantization: try message.quantization.map(\.pointee).map(QuantizationRecord.init),
      hyperparameters: try messages(
        message.hyperparameters, message.n_hyperparameters, HyperparameterRecord.init),
      provenance: try message.provenance.map(\.pointee).map(ProvenanceRecord.init))
  }
}

extension Segment {
  fileprivate init(_ message: Sedge__Segment, tensor: String?) throws(FormatError) {
    unsafe self.init(
      byteOffset: try integer(message.offset, "a segment's offset", tensor: tensor),
      storedByteCount: try integer(
        message.stored_byte_count, "a segment's stored byte count", tensor: tensor),
      plainByteCount: try integer(message.plain_byte_count, "a segment's plain byte count", tensor: tensor),
      compression: try SchemaNumbers.compressions.value(of: message.compression.rawValue, tensor: tensor),
      checksum: message.checksum)
  }
}

extension TensorRecord {
  fileprivate init(_ message: Sedge__Tensor) throws(FormatError) {
    let name = unsafe try text(message.name)
    let tensor = unsafe ModelTensor(
      name: name, role: try SchemaNumbers.roles.value(of: message.role.rawValue, tensor: name),
      layout: try SchemaNumbers.layouts.value(of: message.layout.rawValue, tensor: name),
      shape: try list(message.shape, message.n_shape) { (extent) throws(FormatError) in
        try integer(extent, "a dimension", tensor: name)
      })
    var scales: Segment?
    if let segment = unsafe message.scales { scales = unsafe try Segment(segment.pointee, tensor: name) }
    var floatReason: FloatReason?
    let reasonNumber = unsafe message.float_reason.rawValue
    if reasonNumber != 0 {
      floatReason = try SchemaNumbers.floatReasons.value(of: reasonNumber, tensor: name)
    }
    unsafe self.init(
      tensor: tensor, codec: try SchemaNumbers.codecs.value(of: message.codec.rawValue, tensor: name),
      floatReason: floatReason,
      data: try Segment(required(message.data, "the data's segment", tensor: name), tensor: name),
      scales: scales, largestAbsoluteError: message.largest_absolute_error,
      relativeRMSError: message.relative_rms_error, importance: known(message.importance),
      errorShare: known(message.error_share))
  }
}

extension Architecture {
  fileprivate init(_ message: Sedge__Architecture) throws(FormatError) {
    let image: ImageEncoder
    if let encoder = unsafe message.vision_transformer {
      guard unsafe message.image == nil else { throw FormatError(.malformed("it has two image encoders")) }
      image = unsafe .transformer(VisionTransformer(encoder.pointee))
    } else {
      image = unsafe .convNeXt(try ConvNeXt(required(message.image, "the image encoder's dimensions")))
    }
    let segmenter: Segmenter?
    switch unsafe (message.decoder, message.cost_aggregation) {
    case (nil, nil): segmenter = nil
    case (let decoder?, nil): segmenter = unsafe .fusion(Decoder(decoder.pointee))
    case (nil, let aggregation?): segmenter = unsafe .aggregation(CostAggregation(aggregation.pointee))
    default: throw FormatError(.malformed("it has SED's decoder and CAT-Seg's"))
    }
    unsafe self.init(
      image: image, text: TextEncoder(try required(message.text, "the text encoder's dimensions")),
      segmenter: segmenter, usesQuickGELU: message.quick_gelu != 0)
  }
}

extension Architecture.VisionTransformer {
  fileprivate init(_ message: Sedge__VisionTransformer) {
    unsafe self.init(
      width: Int(message.width), heads: Int(message.heads), layers: Int(message.layers),
      hiddenWidth: Int(message.hidden_width), patch: Int(message.patch), grid: Int(message.grid),
      embeddingWidth: Int(message.embedding_width), normEpsilon: message.norm_epsilon)
  }
}

extension Architecture.CostAggregation {
  fileprivate init(_ message: Sedge__CostAggregation) {
    unsafe self.init(
      promptCount: Int(message.prompt_count), hiddenWidth: Int(message.hidden_width),
      guidanceWidth: Int(message.guidance_width), layers: Int(message.layers), heads: Int(message.heads),
      grid: Int(message.grid), window: Int(message.window), costKernel: Int(message.cost_kernel),
      pooling: Int(message.pooling), classLength: Int(message.class_length),
      upsampledWidths: integers(message.upsampled_widths, message.n_upsampled_widths),
      widths: integers(message.widths, message.n_widths),
      guidanceWidths: integers(message.guidance_widths, message.n_guidance_widths))
  }
}

extension Architecture.ConvNeXt {
  fileprivate init(_ message: Sedge__ImageEncoder) throws(FormatError) {
    let head: Architecture.VisualHead
    switch (unsafe message.head, unsafe message.head_hidden_width) {
    case (SEDGE__VISUAL_HEAD__VISUAL_HEAD_LINEAR, 0): head = .linear
    case (SEDGE__VISUAL_HEAD__VISUAL_HEAD_MLP, let width): head = .mlp(hiddenWidth: Int(width))
    case (SEDGE__VISUAL_HEAD__VISUAL_HEAD_LINEAR, let width):
      throw FormatError(.malformed("the linear visual head has a hidden width of \(width), expected none"))
    case (let number, _):
      throw FormatError(.malformed("there is no visual head with the number \(number.rawValue)"))
    }
    unsafe self.init(
      depths: integers(message.depths, message.n_depths), widths: integers(message.widths, message.n_widths),
      head: head, embeddingWidth: Int(message.embedding_width), kernel: Int(message.kernel),
      normEpsilon: message.norm_epsilon)
  }
}

extension Architecture.TextEncoder {
  fileprivate init(_ message: Sedge__TextEncoder) {
    unsafe self.init(
      width: Int(message.width), heads: Int(message.heads), layers: Int(message.layers),
      contextLength: Int(message.context_length), vocabularySize: Int(message.vocabulary_size))
  }
}

extension Architecture.Decoder {
  fileprivate init(_ message: Sedge__Decoder) {
    unsafe self.init(
      promptCount: Int(message.prompt_count), hiddenWidth: Int(message.hidden_width),
      widths: integers(message.widths, message.n_widths),
      guidanceWidths: integers(message.guidance_widths, message.n_guidance_widths),
      heads: Int(message.heads), kernel: Int(message.kernel), costKernel: Int(message.cost_kernel),
      pooling: Int(message.pooling), hasRejectionHeads: message.has_rejection_heads != 0)
  }
}

private func integers(_ pointer: UnsafeMutablePointer<UInt32>?, _ count: Int) -> [Int] {
  unsafe UnsafeBufferPointer(start: pointer, count: count).map { Int($0) }
}

extension Preprocessing {
  fileprivate init(_ message: Sedge__Preprocessing) throws(FormatError) {
    unsafe self.init(
      pixelMean: Array(UnsafeBufferPointer(start: message.pixel_mean, count: message.n_pixel_mean)),
      pixelStandardDeviation: Array(
        UnsafeBufferPointer(
          start: message.pixel_standard_deviation, count: message.n_pixel_standard_deviation)),
      resolution: Int(message.resolution), topK: message.top_k == 0 ? nil : Int(message.top_k),
      resizing: try SchemaNumbers.resizings.value(of: message.resizing.rawValue),
      window: message.window == 0 ? nil : Int(message.window))
  }
}

extension FoldState {
  fileprivate init(_ message: Sedge__GraphForm) {
    unsafe self.init(
      pixelStatisticsFolded: message.pixel_statistics_folded != 0,
      attentionScaleFolded: message.attention_scale_folded != 0,
      classBlockSimplified: message.class_block_simplified != 0)
  }
}

extension FoldRecord {
  fileprivate init(_ message: Sedge__Fold) throws(FormatError) {
    let obstacle = unsafe try text(message.obstacle)
    unsafe self.init(
      kind: try SchemaNumbers.foldKinds.value(of: message.kind.rawValue), source: try text(message.source),
      targets: try list(message.targets, message.n_targets, text),
      obstacle: obstacle.isEmpty ? nil : obstacle,
      certificate: message.certificate.map { unsafe Certificate($0.pointee) })
  }
}

extension FoldRecord.Certificate {
  fileprivate init(_ message: Sedge__Certificate) {
    unsafe self.init(
      largestDifference: message.largest_difference, largestMagnitude: message.largest_magnitude,
      tolerance: message.tolerance)
  }
}

extension SedgeHeader.TokenizerRecord {
  fileprivate init(_ message: Sedge__Tokenizer) throws(FormatError) {
    unsafe self.init(
      merges: try Segment(required(message.merges, "the tokenizer's segment"), tensor: nil),
      contextLength: Int(message.context_length))
  }
}

extension SedgeHeader.ClassList {
  fileprivate init(_ message: Sedge__ClassList) throws(FormatError) {
    unsafe self.init(
      name: try text(message.name), classNames: try list(message.class_names, message.n_class_names, text),
      features: try text(message.features))
  }
}

extension SedgeHeader.SourceRecord {
  fileprivate init(_ message: Sedge__Source) throws(FormatError) {
    unsafe self.init(
      fileName: try text(message.file_name),
      sha256: Array(UnsafeBufferPointer(start: message.sha256.data, count: message.sha256.len)),
      byteCount: try integer(message.byte_count, "a source's byte count"),
      formatName: try text(message.format_name))
  }
}

extension SedgeHeader.Option {
  fileprivate init(_ message: Sedge__Option) throws(FormatError) {
    unsafe self.init(key: try text(message.key), value: try text(message.value))
  }
}

extension HyperparameterRecord {
  fileprivate init(_ message: Sedge__Hyperparameter) throws(FormatError) {
    let origin = unsafe try SchemaNumbers.hyperparameterOrigins.value(of: message.origin.rawValue)
    let detail = unsafe try text(message.detail)
    guard let origin = HyperparameterOrigin(name: origin, detail: detail) else {
      preconditionFailure("the table of origins has names of origins alone")
    }
    guard origin.detail != nil || detail.isEmpty else {
      throw FormatError(.malformed("a hyperparameter is given and has a place, expected none"))
    }
    unsafe self.init(name: try text(message.name), origin: origin)
  }
}

extension ProvenanceRecord {
  fileprivate init(_ message: Sedge__Provenance) throws(FormatError) {
    let (commit, kernels) = unsafe (try text(message.commit), try text(message.kernels))
    unsafe self.init(
      commit: commit.isEmpty ? nil : commit, kernels: kernels.isEmpty ? nil : kernels,
      inputs: try messages(message.inputs, message.n_inputs, Input.init))
  }
}

extension ProvenanceRecord.Input {
  fileprivate init(_ message: Sedge__Input) throws(FormatError) {
    let fileName = unsafe try text(message.file_name)
    unsafe self.init(
      option: try text(message.option), fileName: fileName.isEmpty ? nil : fileName,
      fileCount: message.file_count == 0 ? nil : Int(message.file_count),
      sha256: Array(UnsafeBufferPointer(start: message.sha256.data, count: message.sha256.len)))
  }
}

extension QuantizationRecord {
  fileprivate init(_ message: Sedge__Quantization) throws(FormatError) {
    unsafe self.init(
      requested: try text(message.wish),
      calibration: try message.calibration.map(\.pointee).map(Calibration.init),
      measuredQuality: try message.claim.map(\.pointee).map(MeasuredQuality.init))
  }
}

extension QuantizationRecord.Calibration {
  fileprivate init(_ message: Sedge__Calibration) throws(FormatError) {
    unsafe self.init(
      pictureCount: Int(message.picture_count), source: try text(message.source),
      isCompensated: message.compensated != 0)
  }
}

extension QuantizationRecord.MeasuredQuality {
  fileprivate init(_ message: Sedge__Claim) throws(FormatError) {
    unsafe self.init(
      pictureCount: Int(message.picture_count), source: try text(message.source),
      isHeldOut: message.held_out != 0, labelChange: message.label_change, scoreRMS: message.score_rms,
      scoreMaximum: message.score_max, classCount: Int(message.class_count))
  }
}
