// Opening models and describing them.

import CSedge
import Foundation
import Sedge
import TestSupport
import Testing

@Suite("Models of the C interface")
struct ModelTests {
  @Test("A model tells its facts, from a file and from memory")
  func facts() throws {
    let path = try Shared.model.get()
    let bytes = try Data(contentsOf: URL(filePath: path))
    for isFile in [true, false] {
      var model: OpaquePointer?
      let status =
        isFile
        ? sedge_model_open(path, nil, &model)
        : bytes.withUnsafeBytes { sedge_model_open_memory($0.baseAddress, $0.count, nil, &model) }
      try #require(status == SEDGE_OK, "\(Shared.errorText)")
      defer { sedge_model_close(model) }
      var facts = sedge_model_facts()
      facts.struct_size = MemoryLayout<sedge_model_facts>.size
      #expect(sedge_model_describe(model, &facts) == SEDGE_OK)
      let expected = try SedgeModel(path: path)
      #expect(String(cString: facts.name) == expected.name)
      #expect(facts.kind == Int32(SEDGE_SED.rawValue) && facts.resolution == 128)
      #expect(facts.has_text_encoder == 1 && facts.default_top_k == Int32(expected.defaultTopK ?? 0))
      #expect(facts.byte_count == UInt64(bytes.count))
      #expect(facts.class_list_count == 1 && String(cString: facts.class_lists[0]!) == "classes")
    }
  }

  @Test("A struct of an earlier version gets the members that it has, and no byte more")
  func earlierStruct() throws {
    try Shared.open { model, _ in
      var facts = sedge_model_facts()
      facts.resolution = -1
      facts.struct_size = MemoryLayout<sedge_model_facts>.offset(of: \.resolution)!
      #expect(sedge_model_describe(model, &facts) == SEDGE_OK)
      #expect(facts.name != nil && facts.resolution == -1)
      #expect(facts.struct_size == MemoryLayout<sedge_model_facts>.offset(of: \.resolution)!)
    }
  }

  @Test("A file that cannot be used is an error that names it, and no model")
  func unusable() throws {
    let folder = try TemporaryFolder()
    let whole = try Data(contentsOf: URL(filePath: Shared.model.get()))
    let cases: [(path: String, words: String)] = [
      (folder.file("missing.sedge"), "missing.sedge"),
      (fixture("shapes/sed_shapes.h5"), "checkpoint"),
      (try folder.write(Array(whole.prefix(whole.count / 2)), to: "half.sedge"), "half.sedge"),
      (try folder.write([UInt8](repeating: 7, count: 5000), to: "other.sedge"), "other.sedge"),
    ]
    for (path, words) in cases {
      var model: OpaquePointer? = OpaquePointer(bitPattern: 1)
      #expect(sedge_model_open(path, nil, &model) == SEDGE_UNUSABLE_INPUT)
      #expect(model == nil && Shared.errorText.contains(words), "\(Shared.errorText)")
    }
    var model: OpaquePointer?
    let half = whole.prefix(whole.count / 2)
    #expect(
      half.withUnsafeBytes { sedge_model_open_memory($0.baseAddress, $0.count, nil, &model) }
        == SEDGE_UNUSABLE_INPUT)
    #expect(model == nil && !Shared.errorText.contains("/dev/fd"), "\(Shared.errorText)")
  }

  @Test("A mistake of the program is an error, and no crash")
  func mistakes() throws {
    var model: OpaquePointer?
    #expect(sedge_model_open(nil, nil, &model) == SEDGE_WRONG_ARGUMENT)
    #expect(Shared.errorText == "path is NULL")
    #expect(sedge_model_open("x", nil, nil) == SEDGE_WRONG_ARGUMENT)
    let noText: [CChar] = [-1, 0]
    #expect(sedge_model_open(noText, nil, &model) == SEDGE_WRONG_ARGUMENT)
    #expect(sedge_model_open_memory(nil, 5, nil, &model) == SEDGE_WRONG_ARGUMENT)
    var options = sedge_model_options()
    #expect(sedge_model_open("x", &options, &model) == SEDGE_WRONG_ARGUMENT)
    #expect(Shared.errorText.contains("struct_size is 0"))
    options.struct_size = MemoryLayout<sedge_model_options>.size
    for change: (inout sedge_model_options) -> Void in [
      { $0.threads = -1 }, { $0.arithmetic = 9 }, { $0.resizing = -3 },
    ] {
      var wrong = options
      change(&wrong)
      #expect(try sedge_model_open(Shared.model.get(), &wrong, &model) == SEDGE_WRONG_ARGUMENT)
    }
    var facts = sedge_model_facts()
    #expect(sedge_model_describe(nil, &facts) == SEDGE_WRONG_ARGUMENT)
    sedge_model_close(nil)
    try Shared.open { model, classes in
      #expect(sedge_model_describe(model, &facts) == SEDGE_WRONG_ARGUMENT)
      facts.struct_size = MemoryLayout<sedge_model_facts>.size
      #expect(sedge_model_describe(classes, &facts) == SEDGE_WRONG_ARGUMENT)
      #expect(Shared.errorText == "model is an object of another type")
    }
  }

  @Test("The text of an error is that of the thread")
  func threads() async throws {
    var model: OpaquePointer?
    #expect(sedge_model_open(nil, nil, &model) == SEDGE_WRONG_ARGUMENT)
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        #expect(Shared.errorText.isEmpty)
        continuation.resume()
      }
    }
  }

  @Test("A picture that this process has no memory for is an error")
  func memory() throws {
    let path = try Shared.model.get()
    var model: OpaquePointer?
    try #require(sedge_model_open(path, nil, &model) == SEDGE_OK)
    defer { sedge_model_close(model) }
    var picture = sedge_picture()
    var byte: UInt8 = 0
    withUnsafePointer(to: &byte) { picture.pixels = $0 }
    (picture.width, picture.height) = (.max, 1_000_000_000)
    var embedding: OpaquePointer?
    #expect(sedge_embed(model, &picture, &embedding) == SEDGE_OUT_OF_MEMORY)
    #expect(Shared.errorText.contains("2147483647 x 1000000000 pixels"))
  }
}
