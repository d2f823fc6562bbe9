// safetensors files with random damage: each either reads or throws.

import Foundation
import SedgeSafetensors
import SedgeTensor
import TestSupport
import Testing

/// Random numbers that are the same every time (SplitMix64).
private struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Overwrites one to four places with values that break formats most often.
  mutating func mutate(_ bytes: inout [UInt8]) {
    for _ in 0..<Int.random(in: 1...4, using: &self) {
      let place = Int.random(in: 0..<bytes.count, using: &self)
      switch Int.random(in: 0..<4, using: &self) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
      case 1: bytes[place] = .random(in: 0...255, using: &self)
      case 2: bytes[place] = [0, 0x7F, 0x80, 0xFF].randomElement(using: &self) ?? 0
      default:
        let value = UInt64.random(in: 0...UInt64(bytes.count) * 2, using: &self)
        for i in 0..<min(8, bytes.count - place) {
          bytes[place + i] = UInt8(truncatingIfNeeded: value >> (8 * i))
        }
      }
    }
  }
}

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

  @Test("Damage is an error or passes unseen, but never ends the program", .timeLimit(.minutes(20)))
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
