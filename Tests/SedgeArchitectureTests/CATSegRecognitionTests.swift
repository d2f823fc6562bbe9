// Recognition of CAT-Seg's released checkpoints by names and shapes.

import SedgeArchitecture
import SedgeTensor
import TestSupport
import Testing

@Suite("Recognition of CAT-Seg")
struct CATSegRecognitionTests {
  @Test(
    "The released checkpoints are recognized by their tensors, and every tensor fits",
    arguments: [
      ("catseg_base", Architecture.catSegBase, "CAT-Seg-B", 384),
      ("catseg_large", .catSegLarge, "CAT-Seg-L", 336),
    ] as [(String, Architecture, String, Int)])
  func released(list: String, architecture: Architecture, name: String, resolution: Int) throws {
    let recognition = Recognition(try directory(list))
    #expect(recognition.problems.isEmpty, "\(recognition.problems)")
    #expect(recognition.architecture == architecture)
    #expect(recognition.modelName == name)
    #expect(recognition.architecture?.defaultResolution == resolution)
    #expect(
      recognition.unrelatedNames.count == 2
        && recognition.unrelatedNames.allSatisfy { $0.hasSuffix("attn_mask") })
    for hyperparameter in [Hyperparameter.heads, .pooling, .classLength, .textHeads, .imageHeads] {
      #expect(architecture.defaultOrigin(of: hyperparameter) == .derived(from: name))
    }
  }

  @Test("A missing part of the queries, keys and values is told by its own name")
  func missingPart() throws {
    let part = "\(listedPrefix)clip_model.visual.transformer.resblocks.3.attn.k_proj_weight"
    let tensors = try directory("catseg_base").filter { $0.name != part }
    let recognition = Recognition(tensors)
    #expect(recognition.problems.map(\.tensor) == [part])
    #expect(recognition.problems.map(\.kind) == [.missing(expected: [768, 768])])
  }

  @Test("Windows that the mask contradicts are told")
  func mask() throws {
    let mask = "\(listedPrefix)transformer.layers.0.swin_block.block_2.attn_mask"
    let tensors = try directory("catseg_base").map { info in
      info.name == mask
        ? try #require(TensorInfo(name: mask, elementType: .float32, shape: [3, 144, 144])) : info
    }
    #expect(Recognition(tensors).problems.map(\.tensor) == [mask])
  }

  @Test("CLIP comes out of CAT-Seg where the decoder is omitted")
  func clipAlone() throws {
    var options = ArchitectureOptions()
    options.parts = [.image, .text]
    let recognition = Recognition(try directory("catseg_base"), options: options)
    #expect(recognition.fits && recognition.modelName == "CLIP ViT-B-16")
    #expect(recognition.omittedNames.contains("upsample1.weight"))
  }
}
