// Memory is asked for before it is needed.

import Foundation
import Sedge
import Synchronization
import TestSupport
import Testing

@Suite("Memory that steps ask for")
struct MemoryDemandTests {
  private static let classes = "grass; sky; red circle; sand"

  private static func options() throws -> ConversionOptions {
    var options = ConversionOptions()
    options.architecture.textHeads = 4
    options.resolution = 128
    options.templates = try PromptTemplates(jsonFile: fixture("shapes/templates.json"))
    return options
  }

  /// What `work` asks for, in bytes.
  private func demands(_ work: () throws -> Void) throws -> [Int] {
    final class Asked: Sendable { let bytes = Mutex<[Int]>([]) }
    let asked = Asked()
    let host = MemoryHost { bytes in
      asked.bytes.withLock { $0.append(bytes) }
      return true
    }
    try MemoryHost.$current.withValue(host, operation: work)
    return asked.bytes.withLock { $0 }
  }

  /// Whether `work` ends by a refusal where nothing is granted.
  private func isRefused(_ work: () throws -> Void) -> Bool {
    MemoryHost.$current.withValue(MemoryHost { _ in false }) {
      do {
        try work()
        return false
      } catch {
        return error is MemoryDemand
      }
    }
  }

  @Test("Each step is refused where there is no memory, and a conversion leaves no file")
  func refusals() throws {
    let (source, picture) = (fixture("shapes/sed_shapes.h5"), fixture("pictures/sky.png"))
    let folder = try TemporaryFolder()
    let model = try SedgeModel(path: SharedModel.path(source, try Self.options()))
    let names = try ClassList(literal: Self.classes)
    let (features, image) = (try model.textFeatures(of: names), try RGBImage(path: picture))
    let conversion = try Conversion(source: source, options: Self.options())
    #expect(isRefused { _ = try SedgeModel(path: model.path) })
    #expect(isRefused { _ = try model.textFeatures(of: names) })
    #expect(isRefused { _ = try Segmenter(model).segment(image, textFeatures: features) })
    #expect(isRefused { _ = try model.embedding(of: image) })
    #expect(isRefused { _ = try RGBImage(demandingMemoryFor: picture) })
    #expect(isRefused { _ = try conversion.estimate() })
    #expect(isRefused { try conversion.run(output: folder.file("model.sedge")) })
    #expect(
      isRefused {
        _ = try Verification(model: model.path).compare(sources: [source], pictures: [], classes: nil)
      })
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test("More classes, a larger picture and scores that are kept take more")
  func growth() throws {
    let model = try SedgeModel(path: SharedModel.path(fixture("shapes/sed_shapes.h5"), try Self.options()))
    let segmenter = Segmenter(model)
    let (few, many) = try (
      model.textFeatures(of: ClassList(literal: "sky")),
      model.textFeatures(of: ClassList(literal: Self.classes))
    )
    let small = RGBImage(width: 8, height: 8, pixels: [UInt8](repeating: 0, count: 192))
    let large = RGBImage(width: 80, height: 80, pixels: [UInt8](repeating: 0, count: 19_200))
    let segment = { (image: RGBImage, features: TextFeatures) in
      try demands { _ = try segmenter.segment(image, textFeatures: features) }[0]
    }
    #expect(try segment(small, few) < segment(small, many))
    #expect(try segment(small, many) < segment(large, many))
  }
}
