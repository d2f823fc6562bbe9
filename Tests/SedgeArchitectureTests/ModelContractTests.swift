// Tensor tables of stored models, checked against architecture and folds.

import SedgeArchitecture
import SedgeTensor
import Testing

@Suite("Contract of a stored model")
struct ModelContractTests {
  private let whole = Architecture.nano.modelTensors
  private let certificate = FoldRecord.Certificate(largestDifference: 0, largestMagnitude: 1, tolerance: 1)
  private let finalNorm = FoldRecord(
    kind: .norm, source: "clip_model.ln_final", targets: ["clip_model.text_projection"], obstacle: nil,
    certificate: nil)

  private func problems(
    _ tensors: [ModelTensor], folds: [FoldRecord] = [], hasTextEncoder: Bool = true
  ) -> [ContractProblem] {
    Architecture.nano.problems(inModel: tensors, folds: folds, hasTextEncoder: hasTextEncoder)
  }

  private func bias(_ name: String, _ width: Int) -> ModelTensor {
    ModelTensor(name: name, role: .bias, layout: .plain, shape: [width])
  }

  @Test("A model with all its tensors fits, in any order")
  func fits() {
    #expect(problems(whole) == [])
    #expect(problems(whole.reversed()) == [])
  }

  @Test("A model without text encoder must have no tensor of it")
  func withoutText() {
    let image = whole.filter { ModelPart(ofTensor: $0.name) != .text }
    #expect(image.count < whole.count)
    #expect(problems(image, hasTextEncoder: false) == [])
    let text = whole.filter { ModelPart(ofTensor: $0.name) == .text }
    #expect(
      problems(whole, hasTextEncoder: false)
        == text.map { ContractProblem(tensor: $0.name, kind: .unexpected(found: $0.shape)) })
    #expect(
      problems(image) == text.map { ContractProblem(tensor: $0.name, kind: .missing(expected: $0.shape)) })
  }

  @Test("The tensors that a fold absorbed are forbidden, and the bias that it adds is allowed")
  func absorbed() {
    let left = whole.filter { !$0.name.hasPrefix("clip_model.ln_final.") }
    let made = bias("clip_model.text_projection.bias", 32)
    #expect(problems(left, folds: [finalNorm]) == [])
    #expect(problems(left + [made], folds: [finalNorm]) == [])
    #expect(
      problems(whole, folds: [finalNorm])
        == ["weight", "bias"].map {
          ContractProblem(tensor: "clip_model.ln_final.\($0)", kind: .unexpected(found: [32]))
        })
    let wide = bias("clip_model.text_projection.bias", 33)
    #expect(
      problems(left + [wide], folds: [finalNorm]) == [
        ContractProblem(tensor: wide.name, kind: .unexpected(found: [33]))
      ])
  }

  @Test("A fold that was not applied changes nothing")
  func refused() {
    var fold = finalNorm
    fold.obstacle = "rounding"
    #expect(fold.absorbedTensors == [])
    #expect(problems(whole, folds: [fold]) == [])
    let made = bias("clip_model.text_projection.bias", 32)
    #expect(
      problems(whole + [made], folds: [fold]) == [
        ContractProblem(tensor: made.name, kind: .unexpected(found: [32]))
      ])
  }

  @Test("Every wrong tensor is named", arguments: [0, 1, 2, 3])
  func wrong(index: Int) {
    var tensors = whole
    let tensor = tensors[0]
    let expected: ContractProblem.Kind
    switch index {
    case 0:
      tensors.remove(at: 0)
      expected = .missing(expected: [16, 4, 4, 3])
    case 1:
      tensors[0].shape = [16, 3, 4, 4]
      expected = .wrongShape(expected: [16, 4, 4, 3], found: [16, 3, 4, 4])
    case 2:
      tensors[0].role = .linear
      expected = .impossible("expected convolution in ohwi, found linear in ohwi")
    default:
      tensors[0].layout = .plain
      expected = .impossible("expected convolution in ohwi, found convolution in plain")
    }
    #expect(tensor.name == "clip_model.visual.trunk.stem.0.weight")
    #expect(problems(tensors) == [ContractProblem(tensor: tensor.name, kind: expected)])
  }

  @Test("A tensor of no model is unexpected")
  func stranger() {
    let stranger = bias("x.bias", 3)
    #expect(
      problems(whole + [stranger]) == [ContractProblem(tensor: "x.bias", kind: .unexpected(found: [3]))])
  }

  @Test(
    "A certificate holds within a finite tolerance",
    arguments: [
      (0, 0, true), (1, 1, true), (1, 0.5, false), (.infinity, 1, false), (.infinity, .infinity, false),
      (1, .infinity, false), (1, .nan, false), (.nan, 1, false),
    ] as [(Float, Float, Bool)])
  func certificates(difference: Float, tolerance: Float, holds: Bool) {
    let certificate = FoldRecord.Certificate(
      largestDifference: difference, largestMagnitude: 1, tolerance: tolerance)
    #expect(certificate.holds == holds)
  }

  @Test("The absorbed tensors of a fold follow from its kind")
  func kinds() {
    let absorbed = FoldRecord.Kind.allCases.map { kind in
      FoldRecord(kind: kind, source: "a", targets: [], obstacle: nil, certificate: certificate)
        .absorbedTensors
    }
    #expect(absorbed == [["a.weight", "a.bias"], ["a"], [], [], [], []])
  }
}
