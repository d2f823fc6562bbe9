// Sources that change while they are converted.

import Foundation
import Sedge
import SedgeTensor
import TestSupport
import Testing

@Suite("A source that changes")
struct ChangingSourceTests {
  /// What becomes of a source in the middle of a conversion.
  enum Change: String, CaseIterable, Sendable {
    case cut, rewritten, replaced

    func apply(to path: String) throws {
      switch self {
      case .cut:
        let half = off_t(try bytes(of: path).count / 2)
        #expect(unsafe truncate(path, half) == 0)
      case .rewritten:
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.seek(toOffset: UInt64(bytes(of: path).count / 2))
        try file.write(contentsOf: Data(repeating: 0, count: 1000))
        try file.close()
      case .replaced:
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try Data(bytes(of: path)).write(to: URL(fileURLWithPath: folder + "/other"))
        #expect(unsafe rename(folder + "/other", path) == 0)
      }
    }
  }

  /// A conversion's steps at which the source changes.
  static let stages = ["opened", "checking", "folding", "writing"]
  static let cases = Change.allCases.flatMap { change in stages.map { (change, $0) } }

  private static func name(of step: WorkProgress) -> String? {
    switch step {
    case .checking: "checking"
    case .folding: "folding"
    case .writing: "writing"
    default: nil
    }
  }

  @Test("ends the conversion with an error and no file", arguments: ["h5", "safetensors"], cases)
  func conversion(ending: String, change: (Change, String)) throws {
    let (sources, outputs) = (try TemporaryFolder(), try TemporaryFolder())
    let source = try sources.write(try Self.checkpoint(ending), to: "linear.\(ending)")
    // Any write from now on has another time.
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1e9)], ofItemAtPath: source)
    var options = ConversionOptions()
    options.architecture.textHeads = 2
    options.resolution = 64
    options.allowsNoClassNames = true
    options.quantization = .int8
    let conversion = try Conversion(source: source, options: options)
    var isChanged = change.1 == "opened"
    if isChanged { try change.0.apply(to: source) }
    let error = try #require(throws: FormatError.self) {
      try conversion.run(output: outputs.file("m.sedge")) { step in
        guard !isChanged, Self.name(of: step) == change.1 else { return }
        isChanged = true
        try change.0.apply(to: source)
      }
    }
    #expect(isChanged)
    #expect(error.path == source)
    #expect(try outputs.contents() == [])
  }

  /// A checkpoint as a file of a format.
  private static func checkpoint(_ ending: String) throws -> [UInt8] {
    let original = fixture("tiny/linear.h5")
    if ending == "h5" { return try bytes(of: original) }
    let folder = try TemporaryFolder()
    var options = ConversionOptions()
    options.architecture.textHeads = 2
    options.resolution = 64
    options.allowsNoClassNames = true
    options.folding = false
    try Conversion(source: original, options: options).run(output: folder.file("m.sedge"))
    _ = try ModelExport(model: folder.file("m.sedge")).run(output: folder.file("m.safetensors"))
    return try bytes(of: folder.file("m.safetensors"))
  }
}
