// Several threads that share a model through the C interface; ThreadSanitizer runs this suite too (Scripts/test-threads.sh).

import CSedge
import Foundation
import Sedge
import Synchronization
import TestSupport
import Testing

@Suite("Threads of the C interface")
struct ThreadTests {
  private static let list = "grass; sky; sand; brick wall; red circle; green star; blue ring"

  /// The labels of a picture; empty after an error.
  private static func labels(_ image: RGBImage, _ model: OpaquePointer, _ classes: OpaquePointer) -> [Int32] {
    image.pixels.withUnsafeBufferPointer { pixels in
      var picture = sedge_picture(
        pixels: pixels.baseAddress, width: Int32(image.width), height: Int32(image.height), stride: 0,
        layout: Int32(SEDGE_RGB.rawValue))
      var segmentation: OpaquePointer?
      guard sedge_segment(model, classes, &picture, nil, &segmentation) == SEDGE_OK else { return [] }
      defer { sedge_segmentation_close(segmentation) }
      var values = sedge_segmentation_values()
      values.struct_size = MemoryLayout<sedge_segmentation_values>.size
      guard sedge_segmentation_read(segmentation, &values) == SEDGE_OK else { return [] }
      return Array(UnsafeBufferPointer(start: values.labels, count: image.width * image.height))
    }
  }

  /// Objects of the library, which any thread may use.
  private struct Objects: @unchecked Sendable {
    var model, classes, weights: OpaquePointer
  }

  /// The values of a tensor; empty after an error.
  private static func values(_ weights: OpaquePointer, _ index: Int) -> [Float] {
    var tensor = sedge_tensor()
    guard sedge_weights_describe(weights, index, &tensor) == SEDGE_OK else { return [] }
    let dimensions = [
      tensor.dimensions.0, tensor.dimensions.1, tensor.dimensions.2, tensor.dimensions.3,
    ]
    let count = dimensions.prefix(tensor.dimension_count).reduce(1, *)
    var values = [Float](repeating: 0, count: count)
    return sedge_weights_read(weights, index, &values, count) == SEDGE_OK ? values : []
  }

  @Test("Eight threads that share a model, classes and weights get what one gets, and each its own errors")
  func shared() throws {
    let images = try ["sky", "bricks", "sand"].map { try RGBImage(path: fixture("pictures/\($0).png")) }
    try Shared.open(classes: Self.list) { model, classes in
      let expected = images.map { Self.labels($0, model, classes) }
      try #require(expected.allSatisfy { !$0.isEmpty }, "\(Shared.errorText)")
      var opened: OpaquePointer?
      try #require(try sedge_weights_open(Shared.model.get(), nil, &opened) == SEDGE_OK)
      defer { sedge_weights_close(opened) }
      let objects = Objects(model: model, classes: classes, weights: try #require(opened))
      let expectedValues = (0..<3).map { Self.values(objects.weights, $0) }
      try #require(expectedValues.allSatisfy { !$0.isEmpty }, "\(Shared.errorText)")

      let faults = Mutex<[String]>([])
      DispatchQueue.concurrentPerform(iterations: 8) { thread in
        for round in 0..<3 {
          let index = (thread + round) % images.count
          if Self.labels(images[index], objects.model, objects.classes) != expected[index] {
            faults.withLock { $0.append("thread \(thread): other labels of picture \(index)") }
          }
          if Self.values(objects.weights, index) != expectedValues[index] {
            faults.withLock { $0.append("thread \(thread): other weights") }
          }
          var facts = sedge_model_facts()
          facts.struct_size = MemoryLayout<sedge_model_facts>.size
          if sedge_model_describe(objects.model, &facts) != SEDGE_OK || facts.resolution != 128 {
            faults.withLock { $0.append("thread \(thread): other facts") }
          }
          // A wrong index of this thread alone.
          if sedge_weights_describe(objects.weights, 1_000 + thread, nil) == SEDGE_OK
            || Shared.errorText.isEmpty
          {
            faults.withLock { $0.append("thread \(thread): no error") }
          }
        }
      }
      #expect(faults.withLock { $0 } == [])
    }
  }
}
