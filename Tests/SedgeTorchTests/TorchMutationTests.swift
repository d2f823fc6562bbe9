// PyTorch's files with random damage: each either reads or throws.

import SedgeTensor
import SedgeTorch
import TestSupport
import Testing

@Suite("Damaged PyTorch files")
struct TorchMutationTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Reads all that a file of these bytes lists.
  private func read(_ bytes: [UInt8]) throws {
    try TorchArchive(path: folder.write(bytes, to: "damaged.pth")).readAll()
  }

  @Test(
    "Damage is an error or passes unseen, but never ends the program",
    arguments: [
      "checkpoint", "types_deflated", "types_zip64", "views_deflated", "views_legacy", "protocol4_legacy",
    ])
  func survivesDamage(_ name: String) throws {
    let whole = try bytes(of: fixture("torch/\(name).pth"))
    let rounds = 1000
    let refusals = refusals(of: whole, rounds: rounds, read: read)
    #expect(refusals > rounds / 4, "most damage to a directory or a pickle must be noticed")
    #expect(refusals < rounds, "damage to a payload alone need not be")
  }

  @Test("Damage within a pickle never ends the program")
  func survivesDamagedPickle() throws {
    // Stored, so that the pickle is there to damage; its header and its name take the first bytes.
    let whole = try bytes(of: fixture("torch/views.pth"))
    let rounds = 2000
    let refusals = refusals(of: whole, damagedIn: 64..<1500, rounds: rounds, seed: 2, read: read)
    #expect(refusals > rounds / 2)
    #expect(refusals < rounds)
  }
}
