// Directories damaged at random: each is accepted or refused, none crashes.

import SedgeArchitecture
import SedgeTensor
import TestSupport
import Testing

@Suite("Random damage")
struct MutationTests {
  private static let extents = [0, 1, 2, 3, 16, 32, 1 << 20, (1 << 20) + 1, 1 << 31, 1 << 40, 1 << 60]
  private static let words = [
    "0", "1", "7", "999", "18446744073709551616", "-1", "", "weight", "bias", "trunk",
  ]

  /// A damaged copy of a tensor.
  private func mutated(_ tensor: TensorInfo, _ generator: inout SeededGenerator) -> TensorInfo? {
    var (name, shape, type) = (tensor.name, tensor.shape, tensor.elementType)
    switch Int.random(in: 0..<6, using: &generator) {
    case 0:
      guard !shape.isEmpty else { return nil }
      shape[Int.random(in: shape.indices, using: &generator)] =
        Self.extents.randomElement(using: &generator) ?? 1
    case 1: shape.reverse()
    case 2: shape.append(Self.extents.randomElement(using: &generator) ?? 1)
    case 3: shape = Array(shape.dropFirst())
    case 4: type = ElementType.allCases.randomElement(using: &generator) ?? .int8
    default:
      var parts = name.split(separator: ".").map(String.init)
      parts[Int.random(in: parts.indices, using: &generator)] =
        Self.words.randomElement(using: &generator) ?? ""
      name = parts.joined(separator: ".")
    }
    return TensorInfo(name: name, elementType: type, shape: shape)
  }

  @Test("A damaged directory fits only if every tensor is as required", arguments: 0..<8)
  func directories(seed: Int) throws {
    let original = try directory("sed_nano")
    var generator = SeededGenerator(state: UInt64(seed))
    for _ in 0..<15 {
      var tensors: [String: TensorInfo] = [:]
      for tensor in original { tensors[tensor.name] = tensor }
      for _ in 0..<Int.random(in: 1...12, using: &generator) {
        guard let victim = original.randomElement(using: &generator) else { continue }
        if Bool.random(using: &generator) { tensors[victim.name] = nil }
        if let other = mutated(victim, &generator) { tensors[other.name] = other }
      }
      let damaged = tensors.values.sorted { $0.name < $1.name }
      let recognition = Recognition(damaged, options: ArchitectureOptions(textHeads: 2))
      // Dimensions of 1 do not count, nor what stands beside the model.
      let plain = { (shape: [Int]) in shape.filter { $0 != 1 } }
      let beside = Set(recognition.unrelatedNames)
      let ofModel = damaged.filter { !beside.contains($0.name) }
      let expected = recognition.architecture.map { architecture in
        Set(
          architecture.checkpointTensors.map {
            Key(name: recognition.naming.prefix + $0.name, shape: plain($0.shape))
          })
      }
      let found = Set(ofModel.map { Key(name: $0.name, shape: plain($0.shape)) })
      let scale = Key(name: recognition.naming.prefix + "clip_model.logit_scale", shape: [])
      let isSound =
        expected.map { found == $0 || found.union([scale]) == $0 } ?? false
        && ofModel.allSatisfy(\.elementType.isFloatingPoint)
      #expect(
        damaged.filter { beside.contains($0.name) }.allSatisfy { info in
          info.elementCount == 1 || !info.elementType.isFloatingPoint
        })
      #expect(recognition.fits == isSound)
      #expect(recognition.problems.isEmpty == isSound)
      #expect(recognition.problems.allSatisfy { !$0.description.contains("\n") })
    }
  }

  @Test("A damaged tensor table fits only if every tensor is as required", arguments: 0..<4)
  func tables(seed: Int) {
    let original = Architecture.nano.modelTensors
    var generator = SeededGenerator(state: UInt64(100 + seed))
    for _ in 0..<15 {
      var tensors = original
      for _ in 0..<Int.random(in: 0...3, using: &generator) {
        let index = Int.random(in: tensors.indices, using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: tensors.remove(at: index)
        case 1: tensors[index].shape.append(Self.extents.randomElement(using: &generator) ?? 1)
        case 2: tensors[index].role = TensorRole.allCases.randomElement(using: &generator) ?? .bias
        case 3: tensors[index].layout = TensorLayout.allCases.randomElement(using: &generator) ?? .oi
        default: tensors[index].name += Self.words.randomElement(using: &generator) ?? ""
        }
      }
      let problems = Architecture.nano.problems(inModel: tensors, folds: [], hasTextEncoder: true)
      #expect(problems.isEmpty == (Set(tensors) == Set(original)))
    }
  }
}
