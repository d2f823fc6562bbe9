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

  /// Reads all that a file of these bytes lists.
  private func read(_ bytes: [UInt8]) throws {
    try SafetensorsArchive(path: folder.write(bytes, to: "damaged.safetensors")).readAll()
  }

  @Test("Damage is an error or passes unseen, but never ends the program")
  func survivesDamage() throws {
    let whole = try bytes(of: fixture("safetensors/types.safetensors"))
    let rounds = 4000
    let refusals = refusals(of: whole, rounds: rounds, read: read)
    #expect(refusals > rounds / 2, "most damage to a header must be noticed")
    #expect(refusals < rounds, "damage to a payload alone cannot be")
  }
}
