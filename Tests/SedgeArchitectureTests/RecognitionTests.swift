// Names and shapes to hyperparameters.

import SedgeArchitecture
import SedgeTensor
import Testing

@Suite("Recognition")
struct RecognitionTests {
  @Test(
    "A model calls for exactly the tensors that its checkpoint has",
    arguments: [
      ("sed_base", Architecture.sedBase), ("sed_large", .sedLarge), ("sed_nano", .nano),
      ("sed_shapes", .shapes),
    ])
  func tensors(name: String, architecture: Architecture) throws {
    let expected = architecture.checkpointTensors.map { Key(name: listedPrefix + $0.name, shape: $0.shape) }
    let found = try directory(name)
    #expect(Set(expected) == found.keys)
    #expect(expected.count == found.count)
  }

  @Test(
    "A model is recognized whatever stands before its names",
    arguments: [
      ("sed_base", Architecture.sedBase), ("sed_large", .sedLarge), ("sed_nano", .nano),
      ("sed_shapes", .shapes),
    ], ["", "module.", "module.sem_seg_head.predictor.", "some.other.transformer."])
  func prefixes(model: (name: String, architecture: Architecture), prefix: String) throws {
    let options = ArchitectureOptions(textHeads: model.architecture.text.heads)
    let recognition = Recognition(try directory(model.name, prefix: prefix), options: options)
    #expect(recognition.naming.prefix == prefix)
    #expect(recognition.architecture == model.architecture)
    #expect(recognition.problems == [])
    #expect(recognition.fits)
  }

  @Test("The published models have their names and need no options")
  func publishedModels() throws {
    #expect(Recognition(try directory("sed_base")).modelName == "SED-B")
    #expect(Recognition(try directory("sed_large")).modelName == "SED-L")
    #expect(Architecture.nano.name == "SED (depths 1,1,2,1, widths 16,32,48,64)")
  }

  @Test("Every hyperparameter is derived, or taken from the options")
  func everyHyperparameter() {
    let tensors = Architecture.odd.checkpointTensors.compactMap {
      TensorInfo(name: $0.name, elementType: .float16, shape: $0.shape)
    }
    let recognition = Recognition(
      tensors.reversed(), options: ArchitectureOptions(heads: 2, textHeads: 3, pooling: 2))
    #expect(recognition.architecture == .odd)
    #expect(recognition.problems == [])
  }

  @Test("One damaged tensor does not change the dimensions that the others tell")
  func majority() throws {
    for tensor in try directory("sed_nano") where tensor.shape.count == 4 && tensor.shape[0] > 1 {
      var tensors = try directory("sed_nano")
      let name = String(tensor.name.dropFirst(listedPrefix.count))
      guard name != "transformer.conv1.weight" else { continue }  // the only one that tells the cost kernel
      tensors.put(name, tensor.shape.map { $0 + 1 })
      let recognition = Recognition(tensors, options: ArchitectureOptions(textHeads: 2))
      #expect(recognition.architecture == .nano, "\(name)")
      #expect(recognition.problems.map(\.tensor) == [tensor.name])
    }
  }

  @Test("Model tensors are the checkpoint's with their dimensions in another order")
  func modelTensors() {
    for tensor in Architecture.odd.checkpointTensors {
      let model = tensor.modelTensor
      #expect(model.elementCount == tensor.shape.reduce(1, *))
      #expect(model.name == tensor.name && model.role == tensor.role && model.layout == tensor.layout)
      #expect(Set(tensor.axes).count == tensor.axes.count)
    }
  }
}
