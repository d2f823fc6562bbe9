// Text features that are kept for the next time: used where they are right, and nowhere else.

import SedgeText
import Dispatch
import Foundation
import Sedge
import SedgeContainer
import SedgeRunner
import SedgeSafetensors
import SedgeTensor
import Synchronization
import TestSupport
import Testing

@Suite("Text features that are kept")
struct TextCacheTests {
  private let folder: TemporaryFolder
  private let cachePath: String
  private let names = ["sky", "sand, beach", "red circle"]

  init() throws {
    folder = try TemporaryFolder()
    cachePath = folder.file("cache")
  }

  /// A model of the trained fixture.
  private func convert(
    _ name: String = "model.sedge", source: String = fixture("shapes/sed_shapes.h5"),
    _ change: (inout ConversionOptions) throws -> Void = { _ in }
  ) throws -> String {
    var options = ConversionOptions()
    options.architecture.textHeads = 4
    options.resolution = 256
    options.templates = try PromptTemplates(jsonFile: fixture("shapes/templates.json"))
    try change(&options)
    if source.hasPrefix(folder.path) {
      _ = try Conversion(source: source, options: options).run(output: folder.file(name))
    } else {
      try SharedModel.link(source, options, to: folder.file(name))
    }
    return folder.file(name)
  }

  /// The features by a model that is opened anew, and how many prompts it encoded.
  private func encode(_ names: [String], model: String, cache: String?) throws -> (
    features: Tensor, promptCount: Int, error: FormatError?
  ) {
    let model = try SedgeModel(path: model, textCachePath: cache)
    var promptCount = 0
    let (features, error) = try model.encodedFeatures(of: ClassList(names: names)) { done, _ in
      promptCount = done
    }
    return (features, promptCount, error)
  }

  @Test("The second time nothing is encoded and the features are the same bits")
  func second() throws {
    let model = try convert()
    let plain = try encode(names, model: model, cache: nil)
    #expect(plain.promptCount == 16)
    #expect(try folder.contents() == ["model.sedge"])
    let first = try encode(names, model: model, cache: cachePath)
    #expect((first.promptCount, first.error) == (16, nil))
    #expect(first.features == plain.features)
    let written = try Data(contentsOf: URL(fileURLWithPath: cachePath))
    let second = try encode(names, model: model, cache: cachePath)
    #expect((second.promptCount, second.error) == (0, nil))
    #expect(second.features == plain.features)
    #expect(try Data(contentsOf: URL(fileURLWithPath: cachePath)) == written)
    #expect(try folder.contents() == ["cache", "model.sedge"])
  }

  @Test("Of a new list only the unknown classes are encoded; the old ones stay")
  func merging() throws {
    let model = try convert()
    _ = try encode(names, model: model, cache: cachePath)
    let list = ["red circle", "grass", "sky", "Sky blue"]
    let mixed = try encode(list, model: model, cache: cachePath)
    #expect(mixed.promptCount == 8)
    #expect(try mixed.features == encode(list, model: model, cache: nil).features)
    let all = ["Sky blue", "sand, beach", "grass", "red circle", "sky"]
    let known = try encode(all, model: model, cache: cachePath)
    #expect(known.promptCount == 0)
    #expect(try known.features == encode(all, model: model, cache: nil).features)
  }

  @Test("The file has one tensor a class, the list of the last run first")
  func readable() throws {
    let model = try convert()
    _ = try encode(["sky", "sand"], model: model, cache: cachePath)
    _ = try encode(["grass", "sand"], model: model, cache: cachePath)
    let archive = try SafetensorsArchive(path: cachePath)
    #expect(archive.tensors.map(\.name) == ["class:grass", "class:sand", "class:sky"])
    #expect(archive.tensors.allSatisfy { $0.shape == [4, 64] && $0.elementType == .float32 })
  }

  @Test("Classes of other synonyms, case, blanks or bytes are other classes")
  func otherNames() throws {
    let model = try convert()
    _ = try encode(["sky, sea", "caf\u{E9}"], model: model, cache: cachePath)
    for name in ["sky", "sea, sky", "sky,sea", "Sky, sea", "sky, sea ", "cafe\u{301}"] {
      let promptCount = try encode([name], model: model, cache: cachePath).promptCount
      #expect(promptCount > 0, "\(name)")
      #expect(try encode([name], model: model, cache: cachePath).promptCount == 0, "\(name)")
    }
    #expect(try encode(["sky, sea"], model: model, cache: cachePath).promptCount == 0)
  }

  @Test("Names that are hard to write are kept too")
  func oddNames() throws {
    let model = try convert()
    let list = [
      "__metadata__", "format", "identity", "class:sky", "\"quoted\\\"", "tab\tand\nline", "\u{1}", "砂浜 🏖",
      String(repeating: "long ", count: 1000),
    ]
    let first = try encode(list, model: model, cache: cachePath)
    #expect(first.error == nil)
    let second = try encode(list, model: model, cache: cachePath)
    #expect(second.promptCount == 0)
    #expect(second.features == first.features)
  }

  @Test("A name that would not fit into the header is encoded each time, and the others are kept")
  func enormousName() throws {
    let model = try convert()
    let enormous = String(repeating: "\u{1}", count: 5_000_000) + "sky"
    let first = try encode([enormous, "sand"], model: model, cache: cachePath)
    #expect(first.error == nil)
    #expect(try encode(["sand"], model: model, cache: cachePath).promptCount == 0)
    let second = try encode([enormous, "sand"], model: model, cache: cachePath)
    #expect(second.promptCount == 4)
    #expect(second.features == first.features)
  }

  @Test("CLIP alone keeps the averages of its prompts")
  func clip() throws {
    let parts: Set<ModelPart> = [.image, .text]
    let model = try convert { $0.architecture.parts = parts }
    let first = try encode(names, model: model, cache: cachePath)
    #expect(first.features.shape == [3, 1, 64])
    let second = try encode(names, model: model, cache: cachePath)
    #expect(second.promptCount == 0)
    #expect(second.features == first.features)
    #expect(try second.features == encode(names, model: model, cache: nil).features)
  }

  // MARK: What features depend on

  /// A model that another's features are wrong for, or right.
  struct OtherModel: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var change: @Sendable (inout ConversionOptions) throws -> Void
  }

  static let others = [
    OtherModel(testDescription: "other text heads") { $0.architecture.textHeads = 8 },
    OtherModel(testDescription: "unfolded") { $0.folding = false },
    OtherModel(testDescription: "float16") { $0.quantization = .f16 },
    OtherModel(testDescription: "int8") { $0.quantization = .int8 },
    OtherModel(testDescription: "CLIP alone") { $0.architecture.parts = [.image, .text] },
    OtherModel(testDescription: "another template") {
      $0.templates = try PromptTemplates(["a {}", "a drawing of the {}.", "b {}", "c {}"])
    },
    OtherModel(testDescription: "templates in another order") {
      $0.templates = PromptTemplates(reversing: $0.templates)
    },
  ]

  @Test("Features of another model are encoded anew, and replace the others", arguments: others)
  func otherModel(other: OtherModel) throws {
    let (model, otherModel) = (try convert(), try convert("other.sedge", other.change))
    _ = try encode(names, model: model, cache: cachePath)
    let anew = try encode(names, model: otherModel, cache: cachePath)
    #expect(anew.promptCount == 16)
    #expect(try anew.features == encode(names, model: otherModel, cache: nil).features)
    #expect(try encode(names, model: otherModel, cache: cachePath).promptCount == 0)
    #expect(try encode(names, model: model, cache: cachePath).promptCount == 16)
  }

  @Test(
    "One weight of the text encoder makes another model",
    arguments: ["clip_model.ln_final.bias", "clip_model.token_embedding.weight", "attn.in_proj_weight"])
  func otherWeights(name: String) throws {
    var tensors = try StoredTensor.all(in: fixture("shapes/sed_shapes.h5"))
    tensors.edit(name) { $0.set($0.floats[7] + 0.001, at: 7) }
    try StoredTensor.write(tensors, to: folder.file("other.safetensors"))
    _ = try encode(names, model: convert(), cache: cachePath)
    let other = try convert("other.sedge", source: folder.file("other.safetensors"))
    #expect(try encode(names, model: other, cache: cachePath).promptCount == 16)
  }

  static let irrelevant = [
    OtherModel(testDescription: "another resolution") { $0.resolution = 128 },
    OtherModel(testDescription: "other pixel statistics") { $0.pixelMean = [1, 2, 3] },
    OtherModel(testDescription: "without rejection heads") {
      $0.architecture.parts = [.image, .text, .decoder]
    },
    OtherModel(testDescription: "with a class list of its own") {
      $0.classLists = [(name: "two", classes: try ClassList(literal: "water; grass"))]
    },
  ]

  @Test("Features stay in use where only settings change that they do not depend on", arguments: irrelevant)
  func sameText(other: OtherModel) throws {
    _ = try encode(names, model: convert(), cache: cachePath)
    #expect(try encode(names, model: convert("other.sedge", other.change), cache: cachePath).promptCount == 0)
  }

  @Test("Features by another arithmetic are not used")
  func otherArithmetic() throws {
    let model = try convert()
    let features = try encode(names, model: model, cache: cachePath).features
    let file = try SedgeFile(path: model)
    let classes = try ClassList(names: names).classes
    let found = { (name: String) in
      TextFeatureCache(path: cachePath, model: file, arithmetic: name).features(of: classes)
    }
    #expect(found(try Compute().textArithmetic()).compactMap(\.self).flatMap(\.values) == features.values)
    for arithmetic in [Compute.Arithmetic.int8, .bf16, .reference] {
      #expect(try found(Compute(arithmetic).textArithmetic()).allSatisfy { $0 == nil })
    }
  }

  @Test("A class list that is stored in the model is neither read from the cache nor kept there")
  func storedList() throws {
    let model = try convert {
      $0.classLists = [(name: "two", classes: try ClassList(literal: "water; grass"))]
    }
    #expect(try encode(["grass", "water"], model: model, cache: cachePath).promptCount == 0)
    #expect(try folder.contents() == ["model.sedge"])
  }

  // MARK: Damage

  /// What has become of a file.
  struct Damage: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// Changes the tensors, by name, and the metadata.
    var edit: @Sendable (inout [String: Tensor], inout [String: String]) -> Void
  }

  static let sky = "class:sky"
  /// Each makes the features of "sky" unfit for use.
  static let damages = [
    Damage(testDescription: "without the class") { tensors, _ in tensors[sky] = nil },
    Damage(testDescription: "without its checksum") { _, metadata in metadata[sky] = nil },
    Damage(testDescription: "with another checksum") { _, metadata in metadata[sky] = "1" },
    Damage(testDescription: "one bit off") { tensors, _ in tensors[sky]?.values[5].negateLastBit() },
    Damage(testDescription: "of another shape") { tensors, _ in tensors[sky]?.shape = [64, 4] },
    Damage(testDescription: "too short a vector, and its checksum") { tensors, metadata in
      tensors[sky]?.values[70] *= 0.9
      metadata[sky] = text(tensors[sky]?.values ?? [])
    },
    Damage(testDescription: "no number, and its checksum") { tensors, metadata in
      tensors[sky]?.values[255] = .nan
      metadata[sky] = text(tensors[sky]?.values ?? [])
    },
    Damage(testDescription: "an infinity, and its checksum") { tensors, metadata in
      tensors[sky]?.values[0] = .infinity
      metadata[sky] = text(tensors[sky]?.values ?? [])
    },
    Damage(testDescription: "all zeros, and their checksum") { tensors, metadata in
      tensors[sky]?.values = [Float](repeating: 0, count: 256)
      metadata[sky] = text(tensors[sky]?.values ?? [])
    },
  ]

  private static func text(_ values: [Float]) -> String {
    unsafe String(checksum(values.span.bytes), radix: 16)
  }

  /// Writes the cache again with something changed.
  private func rewrite(
    _ edit: (inout [String: Tensor], inout [String: String]) -> Void
  ) throws {
    let archive = try SafetensorsArchive(path: cachePath)
    var tensors: [String: Tensor] = [:]
    for info in archive.tensors { tensors[info.name] = try archive.floats(info) }
    var metadata = archive.metadata
    edit(&tensors, &metadata)
    let infos = tensors.compactMap { TensorInfo(name: $0.key, elementType: .float32, shape: $0.value.shape) }
    let writer = try SafetensorsWriter(path: cachePath, tensors: infos, metadata: metadata)
    for (name, tensor) in tensors { unsafe try writer.write(tensor.values.span.bytes, of: name) }
    try writer.finish()
  }

  @Test("A class that is damaged is encoded anew, the others are not", arguments: damages)
  func damagedClass(damage: Damage) throws {
    let model = try convert()
    let right = try encode(["sky", "grass"], model: model, cache: cachePath).features
    try rewrite(damage.edit)
    let anew = try encode(["sky", "grass"], model: model, cache: cachePath)
    #expect((anew.promptCount, anew.error) == (4, nil))
    #expect(anew.features == right)
    #expect(try encode(["sky", "grass"], model: model, cache: cachePath).promptCount == 0)
  }

  @Test("Another identity makes all classes unknown", arguments: ["identity", "format"])
  func otherMetadata(key: String) throws {
    let model = try convert()
    _ = try encode(names, model: model, cache: cachePath)
    try rewrite { $1[key] = ($1[key] ?? "") + "0" }
    #expect(try encode(names, model: model, cache: cachePath).promptCount == 16)
  }

  @Test(
    "A file that is damaged anywhere gives right features or none, and is written anew", arguments: 0..<20)
  func damagedFile(seed: UInt64) throws {
    let model = try convert()
    let right = try encode(names, model: model, cache: cachePath).features
    let whole = Array(try Data(contentsOf: URL(fileURLWithPath: cachePath)))
    var generator = SeededGenerator(state: seed)
    var damaged = whole
    switch seed {
    case 0: damaged = []
    case 1: damaged = Array("not safetensors at all".utf8)
    case 2...6: damaged = Array(whole.prefix(.random(in: 0..<whole.count, using: &generator)))
    default: generator.mutate(&damaged)
    }
    _ = try folder.write(damaged, to: "cache")
    for _ in 0..<2 {
      let anew = try encode(names, model: model, cache: cachePath)
      #expect((anew.features, anew.error) == (right, nil))
    }
    #expect(try encode(names, model: model, cache: cachePath).promptCount == 0)
  }

  // MARK: Writing

  @Test(
    "Where the file cannot be written, the features are right and the error names the reason",
    arguments: ["folder", "missing/cache", "tensors.safetensors"])
  func unwritable(name: String) throws {
    let model = try convert()
    try FileManager.default.createDirectory(
      atPath: folder.file("folder"), withIntermediateDirectories: true)
    try StoredTensor.write(
      StoredTensor.all(in: fixture("tiny/linear.h5")), to: folder.file("tensors.safetensors"))
    let before = try folder.contents()
    let kind: FormatError.Kind =
      switch name {
      case "folder": .notAFile(found: "a directory")
      case "missing/cache": .cannotWrite(reason: "No such file or directory")
      default: .cannotWrite(reason: "another kind of file is in this place")
      }
    let outcome = try encode(names, model: model, cache: folder.file(name))
    #expect(outcome.error == FormatError(kind, path: folder.file(name)))
    #expect(try outcome.features == encode(names, model: model, cache: nil).features)
    #expect(try folder.contents() == before)
  }

  @Test("In a folder that is read-only, features are right and nothing is kept", .enabled(if: geteuid() != 0))
  func readOnlyFolder() throws {
    let model = try convert()
    try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.path)
    defer { try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path) }
    let outcome = try encode(names, model: model, cache: cachePath)
    #expect(outcome.error == FormatError(.cannotWrite(reason: "Permission denied"), path: cachePath))
    #expect(try outcome.features == encode(names, model: model, cache: nil).features)
  }

  @Test("Beyond its limit the file loses the classes that were written longest ago")
  func limit() throws {
    // A class takes 4 x 64 x 4 = 1,024 bytes and not more than 600 in the header.
    let cache = TextFeatureCache(path: cachePath, identity: "a", shape: [4, 64], byteLimit: 3 * 1624)
    var vectors = Tensor(zeros: [4, 64])
    for row in 0..<4 { vectors.values[row * 65] = 1 }
    let keep = { (names: [String]) in
      try cache.keep(ClassList(names: names).classes.map { ($0, vectors) })
    }
    let kept = { () in try SafetensorsArchive(path: cachePath).tensors.map { String($0.name.dropFirst(6)) } }
    try keep(["a", "b"])
    try keep(["c"])
    #expect(try kept() == ["c", "a", "b"])
    try keep(["d", "b"])
    #expect(try kept() == ["d", "b", "c"])
    try keep(["e", "f", "g", "h"])
    #expect(try kept() == ["e", "f", "g"])
    let found = try cache.features(of: ClassList(names: ["e", "a", "g"]).classes)
    #expect(found == [vectors, nil, vectors])
    let other = TextFeatureCache(path: cachePath, identity: "b", shape: [4, 64])
    try other.keep([(ClassList(names: ["a"]).classes[0], vectors)])
    #expect(try kept() == ["a"])
  }

  @Test("Many that read and write at once get right features and leave a sound file")
  func atOnce() throws {
    let model = try convert()
    let all = ["sky", "sand", "grass", "water", "red circle", "blue star"]
    let right = try encode(all, model: model, cache: nil).features
    let faults = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: 12) { index in
      do {
        let places = [index % 6, (index + 1) % 6, (index + 3) % 6]
        let features = try encode(places.map { all[$0] }, model: model, cache: cachePath).features
        for (row, place) in places.enumerated()
        where features.values[row * 256..<(row + 1) * 256] != right.values[place * 256..<(place + 1) * 256] {
          faults.withLock { $0.append("\(all[place]) is wrong") }
        }
      } catch {
        faults.withLock { $0.append("\(error)") }
      }
    }
    #expect(faults.withLock { $0 } == [])
    #expect(try folder.contents() == ["cache", "model.sedge"])
    #expect(try !SafetensorsArchive(path: cachePath).tensors.isEmpty)
    #expect(try encode(all, model: model, cache: cachePath).features == right)
  }
}

extension Float {
  fileprivate mutating func negateLastBit() { self = Float(bitPattern: bitPattern ^ 1) }
}

extension PromptTemplates {
  fileprivate init?(reversing templates: PromptTemplates?) {
    guard let reversed = try? PromptTemplates((templates?.templates ?? []).reversed()) else { return nil }
    self = reversed
  }
}
