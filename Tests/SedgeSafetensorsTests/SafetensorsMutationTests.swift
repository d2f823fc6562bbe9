// safetensors files with random damage: each either reads or throws.

import Foundation
import SedgeSafetensors
import SedgeTensor
import TestSupport
import Testing

@Suite("Damaged safetensors files")
struct SafetensorsMutationTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Reads all that the file at `path` lists; whether that was without an error.
  private func reads(_ path: String) -> Bool {
    do {
      let archive = try SafetensorsArchive(path: path)
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

  @Test("Damage is an error or passes unseen, but never ends the program")
  func survivesDamage() throws {
    let input = try InputFile(path: fixture("safetensors/types.safetensors"))
    let whole = try input.bytes(at: 0, count: input.byteCount)
    let rounds = 4000
    var generator = SeededGenerator(state: 1)
    var refusals = 0
    for _ in 0..<rounds {
      var bytes = whole
      generator.mutate(&bytes)
      if !reads(try folder.write(bytes, to: "damaged.safetensors")) { refusals += 1 }
    }
    #expect(refusals > rounds / 2, "most damage to a header must be noticed")
    #expect(refusals < rounds, "damage to a payload alone cannot be")
  }
}
