// The cache of text features of segment and classify.

import SedgeCheckpoint
import Foundation
import Sedge
import SedgeCheckpoint
import SedgeTensor
import TestSupport
import Testing

@Suite("Text feature cache")
struct TextCacheTests {
  /// A command and a model that it runs.
  struct Command: Sendable, CustomTestStringConvertible {
    var name: String
    var model: String
    var testDescription: String { name }
  }

  static let commands = [
    Command(name: "segment", model: "f32.sedge"), Command(name: "classify", model: "clip_f32.sedge"),
  ]

  private let folder: TemporaryFolder
  private let cache = "model.sedge.text.safetensors"

  init() throws { folder = try TemporaryFolder() }

  /// Runs the command on a copy of its model.
  private func run(_ command: Command, _ options: String...) throws -> SedgeProgram.Outcome {
    let model = folder.file("model.sedge")
    if !FileManager.default.fileExists(atPath: model) {
      try FileManager.default.copyItem(atPath: Inputs.shared.file(command.model), toPath: model)
    }
    let outcome = try SedgeProgram.run(
      [command.name, model, skyPicture, "--classes", "sky; sand; red circle"] + options)
    #expect(outcome.status == 0, "\(outcome.diagnostics)")
    return outcome
  }

  /// The number of the file, which is another one wherever it was written anew.
  private func fileNumber() throws -> UInt64 {
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.file(cache))
    return try #require(attributes[.systemFileNumber] as? UInt64)
  }

  @Test("The first run keeps them, the second uses them and prints the same", arguments: commands)
  func twice(command: Command) throws {
    let plain = try run(command, "--no-text-cache")
    #expect(try folder.contents() == ["model.sedge"])
    let first = try run(command)
    #expect(try folder.contents() == ["model.sedge", cache])
    let number = try fileNumber()
    let second = try run(command)
    #expect(try fileNumber() == number)
    for outcome in [first, second] {
      #expect((outcome.output, outcome.diagnostics) == (plain.output, ""))
    }
  }

  @Test("A dump contains computed features: the cache is not used", arguments: commands)
  func dump(command: Command) throws {
    _ = try run(command, "--dump", folder.file("dump"))
    #expect(try folder.contents() == ["dump", "model.sedge"])
  }

  @Test("A damaged file is written anew without a word", arguments: commands)
  func damaged(command: Command) throws {
    _ = try folder.write(Array("damaged".utf8), to: cache)
    let first = try run(command)
    #expect(first.diagnostics == "")
    #expect(try openArchive(path: folder.file(cache)).tensors.count == 3)
  }

  @Test("Where the cache cannot be written there is one note", arguments: commands)
  func unwritable(command: Command) throws {
    let plain = try run(command, "--no-text-cache")
    try FileManager.default.createDirectory(
      atPath: folder.file(cache), withIntermediateDirectories: false)
    let outcome = try run(command)
    #expect(outcome.output == plain.output)
    #expect(outcome.diagnostics.hasPrefix("note: ") && outcome.diagnostics.contains(folder.file(cache)))
    #expect(outcome.diagnostics.count { $0 == "\n" } == 1)
    #expect(try run(command, "--no-text-cache").diagnostics == "")
  }

  @Test("Several processes at once leave a sound file and print the same")
  func atOnce() async throws {
    let plain = try run(Self.commands[1], "--no-text-cache").output
    let outputs = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<4 { group.addTask { try run(Self.commands[1]).output } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(outputs == Array(repeating: plain, count: 4))
    #expect(try folder.contents() == ["model.sedge", cache])
    #expect(try openArchive(path: folder.file(cache)).tensors.count == 3)
  }

  @Test("The cache is refused as an output")
  func output() throws {
    _ = try run(Self.commands[0])
    let outcome = try SedgeProgram.run([
      "segment", folder.file("model.sedge"), skyPicture, "--classes", "sky; sand", "--labels",
      folder.file(cache),
    ])
    #expect(outcome.status == 64)
    #expect(outcome.diagnostics.hasPrefix("Error: --labels \(folder.file(cache)): the output is PNG, and "))
  }
}
