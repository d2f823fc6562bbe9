// Models.

public import CSedge
import Sedge
import SedgeContainer
import SedgeImages
import SedgeRunner
import SedgeTensor

/// `sedge_model`.
final class ModelHandle: Handle {
  let model: SedgeModel
  /// The file of a model that was in memory: its path leads to it while it is open.
  private let memory: MemoryFile?
  let name: FixedText
  private let classListNames: [FixedText]
  let classLists: FixedArray<UnsafePointer<CChar>?>

  init(path: String, _ options: sedge_model_options) throws {
    memory = nil
    model = try Self.open(path, options)
    (name, classListNames, classLists) = Self.texts(of: model)
  }

  init(_ memory: MemoryFile, _ options: sedge_model_options) throws {
    self.memory = memory
    do { model = try Self.open(memory.path, options) } catch { throw Self.named(error) }
    (name, classListNames, classLists) = Self.texts(of: model)
  }

  private static func open(_ path: String, _ options: sedge_model_options) throws -> SedgeModel {
    let cache = try options.text_cache.map { try text($0, "options->text_cache") }
    let compute = try Compute(options)
    return try SedgeModel(
      path: path, compute: compute, textCachePath: cache, resizing: try ImageResizing(options))
  }

  /// An error about the file of a model in memory, whose path means nothing to a caller.
  private static func named(_ error: any Error) -> any Error {
    let name = "the model in memory"
    switch error {
    case let error as MemoryDemand: return MemoryDemand(byteCount: error.byteCount, purpose: name)
    case var error as FormatError:
      error.path = name
      return error
    case var error as UsageError:
      error.path = name
      return error
    case var error as ContractError:
      error.path = name
      return error
    default: return error
    }
  }

  private static func texts(
    of model: SedgeModel
  ) -> (FixedText, [FixedText], FixedArray<UnsafePointer<CChar>?>) {
    let lists = model.classListNames.map(FixedText.init)
    return (FixedText(model.name), lists, FixedArray(lists.map { $0.pointer }))
  }

  /// What `sedge_model_describe` says.
  var facts: sedge_model_facts {
    sedge_model_facts(
      struct_size: MemoryLayout<sedge_model_facts>.size, name: name.pointer,
      kind: model.kind.code,
      resolution: Int32(clamping: model.resolution), default_top_k: Int32(clamping: model.defaultTopK ?? 0),
      has_text_encoder: model.hasTextEncoder ? 1 : 0,
      embedding_width: Int32(clamping: model.file.architecture.image.embeddingWidth),
      class_lists: classLists.pointer, class_list_count: classLists.count,
      byte_count: UInt64(model.file.byteCount))
  }
}

extension SedgeModel.Kind {
  /// A `sedge_kind`.
  fileprivate var code: Int32 {
    switch self {
    case .sed: Int32(SEDGE_SED.rawValue)
    case .clip: Int32(SEDGE_CLIP.rawValue)
    case .catSeg: Int32(SEDGE_CAT_SEG.rawValue)
    }
  }
}

extension Compute {
  /// The arithmetic and the threads of options.
  fileprivate init(_ options: sedge_model_options) throws(CallError) {
    guard (0...4096).contains(options.threads) else {
      throw .argument("options->threads is \(options.threads): expected 0 to 4096")
    }
    let arithmetics: [UInt32: Arithmetic] = [
      SEDGE_FLOAT32.rawValue: .float32, SEDGE_INT8.rawValue: .int8, SEDGE_REFERENCE.rawValue: .reference,
      SEDGE_BFLOAT16.rawValue: .bf16,
    ]
    guard let arithmetic = arithmetics[UInt32(bitPattern: options.arithmetic)] else {
      throw .argument("options->arithmetic is \(options.arithmetic), which is no sedge_arithmetic")
    }
    self.init(arithmetic, threads: options.threads == 0 ? nil : Int(options.threads))
  }
}

extension ImageResizing {
  /// The resizing of options; `nil` for the file's.
  fileprivate init?(_ options: sedge_model_options) throws(CallError) {
    switch UInt32(bitPattern: options.resizing) {
    case SEDGE_RESIZING_OF_FILE.rawValue: return nil
    case SEDGE_RESIZING_SED.rawValue: self = .sed
    case SEDGE_RESIZING_SQUARE.rawValue: self = .square
    case SEDGE_RESIZING_WINDOWS.rawValue: self = .windows
    case SEDGE_RESIZING_CAT_SEG.rawValue: self = .catSeg
    default: throw .argument("options->resizing is \(options.resizing), which is no sedge_resizing")
    }
  }
}

private func modelOptions(_ pointer: UnsafePointer<sedge_model_options>?) throws -> sedge_model_options {
  try options(
    pointer,
    defaults: sedge_model_options(struct_size: 0, threads: 0, arithmetic: 0, resizing: 0, text_cache: nil),
    "options")
}

/// As `sedge.h` says.
@c @implementation
public func sedge_model_open(
  _ path: UnsafePointer<CChar>?, _ options: UnsafePointer<sedge_model_options>?,
  _ model: UnsafeMutablePointer<OpaquePointer?>?
) -> sedge_status {
  make(model, "model") {
    try ModelHandle(path: try text(path, "path"), try modelOptions(options))
  }
}

/// As `sedge.h` says.
@c @implementation
public func sedge_model_open_memory(
  _ bytes: UnsafeRawPointer?, _ byteCount: Int, _ options: UnsafePointer<sedge_model_options>?,
  _ model: UnsafeMutablePointer<OpaquePointer?>?
) -> sedge_status {
  make(model, "model") {
    let bytes = UnsafeRawBufferPointer(start: try required(bytes, "bytes"), count: byteCount)
    return try ModelHandle(try MemoryFile(bytes), try modelOptions(options))
  }
}

/// As `sedge.h` says.
@c @implementation
public func sedge_model_close(_ model: OpaquePointer?) { Handle.release(model) }

/// As `sedge.h` says.
@c @implementation
public func sedge_model_describe(
  _ model: OpaquePointer?, _ facts: UnsafeMutablePointer<sedge_model_facts>?
) -> sedge_status {
  call { try fill(facts, with: ModelHandle.object(model, "model").facts, "facts") }
}
