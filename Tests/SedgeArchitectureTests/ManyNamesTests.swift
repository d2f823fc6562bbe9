// Directories of many names that fit no model.

import SedgeArchitecture
import SedgeTensor
import TestSupport
import Testing

@Suite("Many names")
struct ManyNamesTests {
  @Test(
    "A hundred thousand names are judged in time that grows with their bytes alone",
    arguments: [
      "w#", "visual.trunk.stages.0.blocks.#.mlp.fc1.weight", "a#.lora_A.weight", "module.m#._orig_mod.w",
      "p#.visual.trunk.stem.0.weight",
    ])
  func linear(pattern: String) throws {
    let tensors = try (0..<100_000).map { index in
      try #require(
        TensorInfo(name: pattern.replacing("#", with: "\(index)"), elementType: .float32, shape: [1]))
    }
    var recognition: Recognition?
    let seconds = processorSeconds { recognition = Recognition(tensors) }
    #expect(recognition?.fits == false)
    // Comparing each with each would take minutes.
    #expect(seconds < 20)
  }

  @Test("An adapter among the layers that it adapts is told from one alone")
  func adapters() throws {
    let names = ["visual.trunk.stem.0.weight", "x.weight", "x.lora_A.weight"]
    let tensors = try names.map { try #require(TensorInfo(name: $0, elementType: .float32, shape: [1])) }
    #expect(Recognition(tensors).diagnosis?.contains("adapter") == true)
  }
}
