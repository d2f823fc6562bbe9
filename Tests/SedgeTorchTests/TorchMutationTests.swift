// PyTorch's files with random damage: each either reads or throws.

import SedgeTensor
import SedgeTorch
import TestSupport
import Testing

@Suite("Damaged PyTorch files")
struct TorchMutationTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Reads all that the file at `path` lists; whether that was without an error.
  private func reads(_ path: String) -> Bool {
    do {
      let archive = try TorchArchive(path: path)
      for info in archive.tensors {
        var bytes = [UInt8](repeating: 0, count: info.byteCount)
        var span = bytes.mutableSpan
        var raw = unsafe span.mutableBytes
        try archive.read(info, into: &raw)
      }
      return true
    } catch {
      return false
    }
  }

  @Test(
    "Damage is an error or passes unseen, but never ends the program",
    arguments: [
      "checkpoint", "types_deflated", "types_zip64", "views_deflated", "views_legacy", "protocol4_legacy",
    ])
  func survivesDamage(_ name: String) throws {
    let input = try InputFile(path: fixture("torch/\(name).pth"))
    let whole = try input.bytes(at: 0, count: input.byteCount)
    let rounds = 1000
    var generator = SeededGenerator(state: 1)
    var refusals = 0
    for _ in 0..<rounds {
      var bytes = whole
      generator.mutate(&bytes)
      if !reads(try folder.write(bytes, to: "damaged.pth")) { refusals += 1 }
    }
    #expect(refusals > rounds / 4, "most damage to a directory or a pickle must be noticed")
    #expect(refusals < rounds, "damage to a payload alone need not be")
  }

  @Test("Damage within a pickle never ends the program")
  func survivesDamagedPickle() throws {
    // Stored, so that the pickle is there to damage; its header and its name take the first bytes.
    let input = try InputFile(path: fixture("torch/views.pth"))
    let whole = try input.bytes(at: 0, count: input.byteCount)
    let rounds = 2000
    var generator = SeededGenerator(state: 2)
    var refusals = 0
    for _ in 0..<rounds {
      var pickle = Array(whole[64..<1500])
      generator.mutate(&pickle)
      if !reads(try folder.write(whole[..<64] + pickle + whole[1500...], to: "damaged.pth")) { refusals += 1 }
    }
    #expect(refusals > rounds / 2)
    #expect(refusals < rounds)
  }
}
