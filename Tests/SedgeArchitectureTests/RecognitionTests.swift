// Recognition of models and their hyperparameters by names and shapes.

import SedgeArchitecture
import SedgeTensor
import Testing

@Suite("Recognition")
struct RecognitionTests {
  @Test(
    "A model requires exactly the tensors of its checkpoint",
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
    "A model is recognized under any prefix",
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

  @Test("One damaged tensor does not change the dimensions that the others determine")
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

@Suite("Parts of a model")
struct PartsTests {
  private let tensors = (try? directory("sed_nano")) ?? []

  private func without(_ part: String) -> [TensorInfo] {
    tensors.filter { !$0.name.hasPrefix(listedPrefix + part) }
  }

  @Test("CLIP alone is recognized by OpenCLIP's names, with the text encoder at the top or under text.")
  func clip() throws {
    for textPrefix in ["", "text."] {
      let naming = SourceNaming(.openCLIP, prefix: "module.", textPrefix: textPrefix)
      let clip = tensors.compactMap { info -> TensorInfo? in
        let name = String(info.name.dropFirst(listedPrefix.count))
        return name.hasPrefix("clip_model.")
          ? TensorInfo(name: naming.fileName(name), elementType: .float32, shape: info.shape) : nil
      }
      let recognition = Recognition(clip)
      #expect(recognition.naming == naming)
      #expect(recognition.fits)
      #expect(recognition.modelName == "CLIP ConvNeXt (depths 1,1,2,1, widths 16,32,48,64)")
      #expect(recognition.architecture?.decoder == nil)
      #expect(recognition.architecture?.image == Architecture.nano.image)
    }
  }

  @Test("A decoder that is not requested is omitted and reported")
  func withoutDecoder() {
    let recognition = Recognition(tensors, options: ArchitectureOptions(parts: [.image, .text]))
    #expect(recognition.fits)
    #expect(recognition.architecture?.decoder == nil)
    #expect(
      recognition.omittedNames == tensors.map(\.name).filter { $0.hasPrefix("\(listedPrefix)transformer.") })
  }

  @Test("The heads for early rejection may all be missing, and may be omitted")
  func rejectionHeads() {
    var expected = Architecture.nano
    expected.decoder?.hasRejectionHeads = false
    let heads = tensors.map(\.name).filter {
      $0.contains(".head0.") || $0.contains(".head1.") || $0.contains(".head2.")
    }
    #expect(heads.count == 6)
    let options = ArchitectureOptions(textHeads: 2)
    let gone = Recognition(tensors.filter { !heads.contains($0.name) }, options: options)
    #expect(gone.fits && gone.architecture == expected && gone.omittedNames == [])
    let left = Recognition(
      tensors, options: ArchitectureOptions(textHeads: 2, parts: [.image, .text, .decoder]))
    #expect(left.fits && left.architecture == expected && left.omittedNames == heads)
    let some = Recognition(without("transformer.head1.bias"), options: options)
    #expect(some.architecture == .nano)
    #expect(some.problems.map(\.tensor) == ["\(listedPrefix)transformer.head1.bias"])
  }

  @Test("The logit scale may be missing")
  func logitScale() {
    #expect(Recognition(without("clip_model.logit_scale")).fits)
  }

  @Test("The published CLIPs have their names, resolutions and epsilons")
  func published() {
    let image = Architecture.ConvNeXt(
      depths: [3, 4, 30, 3], widths: [384, 768, 1536, 3072], head: .linear, embeddingWidth: 1024,
      normEpsilon: 1e-5)
    let xxlarge = Architecture(
      image: image, text: Architecture.TextEncoder(width: 1024, heads: 16, layers: 24), decoder: nil)
    #expect(xxlarge.name == "CLIP convnext_xxlarge")
    #expect(xxlarge.defaultResolution == 256)
    let tensors = xxlarge.checkpointTensors.compactMap {
      TensorInfo(
        name: SourceNaming(.openCLIP).fileName($0.name), elementType: .float32, shape: $0.shape)
    }
    #expect(Recognition(tensors).architecture == xxlarge)
    var base = Architecture.sedBase
    base.decoder = nil
    #expect(base.name == "CLIP convnext_base_w")
    var large = Architecture.sedLarge
    large.decoder = nil
    #expect(large.name == "CLIP convnext_large_d")
  }
}
