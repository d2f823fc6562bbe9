// Segmentation through the C interface, against the Swift library.

import CSedge
import Foundation
import Sedge
import TestSupport
import Testing

@Suite("Segmentation of the C interface")
struct SegmentationTests {
  private static let list = "grass; sky; sand; brick wall; red circle; green star; blue ring"
  private static let image = Result { try RGBImage(path: fixture("pictures/sky.png")) }

  /// What the Swift library computes.
  private static let expected = Result {
    try Segmenter(path: Shared.model.get()).segment(image.get(), classes: ClassList(literal: list))
  }

  /// Reads the values of a segmentation of a picture, with lines of `stride` bytes.
  private static func segment<Result>(
    _ bytes: [UInt8], layout: sedge_layout, stride: Int = 0, top_k: Int32 = 0,
    scores: sedge_scores = SEDGE_NO_SCORES,
    _ body: (sedge_segmentation_values) throws -> Result
  ) throws -> Result {
    try Shared.open(classes: list) { model, classes in
      try bytes.withUnsafeBufferPointer { pixels in
        let image = try image.get()
        var picture = sedge_picture(
          pixels: pixels.baseAddress, width: Int32(image.width), height: Int32(image.height), stride: stride,
          layout: Int32(layout.rawValue))
        var options = sedge_segment_options(
          struct_size: MemoryLayout<sedge_segment_options>.size, top_k: top_k, scores: Int32(scores.rawValue))
        var segmentation: OpaquePointer?
        try #require(
          sedge_segment(model, classes, &picture, &options, &segmentation) == SEDGE_OK, "\(Shared.errorText)")
        defer { sedge_segmentation_close(segmentation) }
        var values = sedge_segmentation_values()
        values.struct_size = MemoryLayout<sedge_segmentation_values>.size
        try #require(sedge_segmentation_read(segmentation, &values) == SEDGE_OK)
        return try body(values)
      }
    }
  }

  private static func array<Element>(_ pointer: UnsafePointer<Element>?, _ count: Int) -> [Element] {
    Array(UnsafeBufferPointer(start: pointer, count: count))
  }

  @Test("Labels, scores and kept classes are those of the Swift library")
  func equal() throws {
    let expected = try Self.expected.get()
    try Self.segment(Self.image.get().pixels, layout: SEDGE_RGB) { values in
      #expect(values.width == expected.width && values.height == expected.height)
      #expect(Self.array(values.labels, expected.labels.count) == expected.labels)
      #expect(Self.array(values.best_scores, expected.labels.count) == expected.bestScores)
      #expect(Self.array(values.kept_classes, values.kept_class_count).map(Int.init) == expected.classes)
      #expect(values.scores.values == nil && values.scores.dimension_count == 0)
    }
  }

  @Test("Every layout and stride of the same pixels gives the same labels", arguments: 0..<4, [0, 13])
  func layouts(layout: UInt32, padding: Int) throws {
    let image = try Self.image.get()
    let order = [[0, 1, 2], [2, 1, 0], [0, 1, 2, 3], [2, 1, 0, 3]][Int(layout)]
    var bytes: [UInt8] = []
    for y in 0..<image.height {
      for x in 0..<image.width {
        for sample in order {
          bytes.append(sample == 3 ? UInt8(x & 255) : image.pixels[3 * (y * image.width + x) + sample])
        }
      }
      bytes += [UInt8](repeating: 99, count: padding)
    }
    let stride = padding == 0 ? 0 : image.width * order.count + padding
    let expected = try Self.expected.get()
    try Self.segment(bytes, layout: sedge_layout(layout), stride: stride) { values in
      #expect(Self.array(values.labels, expected.labels.count) == expected.labels)
    }
  }

  @Test("A gray picture is one of equal samples")
  func gray() throws {
    let image = try Self.image.get()
    let gray = (0..<image.width * image.height).map { image.pixels[3 * $0] }
    let labels = try Self.segment(gray, layout: SEDGE_GRAY) { Self.array($0.labels, gray.count) }
    let same = try Self.segment(gray.flatMap { [$0, $0, $0] }, layout: SEDGE_RGB) {
      Self.array($0.labels, gray.count)
    }
    #expect(labels == same)
  }

  @Test("Scores of the picture have the labels as their largest, those of the network have the same classes")
  func scores() throws {
    let expected = try Self.expected.get()
    let pixelCount = expected.labels.count
    try Self.segment(Self.image.get().pixels, layout: SEDGE_RGB, top_k: -1, scores: SEDGE_PICTURE_SCORES) {
      values in
      let (classCount, height, width, _) = values.scores.dimensions
      #expect(values.scores.dimension_count == 3)
      #expect(classCount == 7 && height == expected.height && width == expected.width)
      let scores = Self.array(values.scores.values, classCount * pixelCount)
      let labels = Self.array(values.labels, pixelCount)
      for pixel in stride(from: 0, to: pixelCount, by: 97) {
        let column = (0..<classCount).map { scores[$0 * pixelCount + pixel] }
        #expect(column[Int(labels[pixel])] == column.max())
        #expect(column.max() == values.best_scores[pixel])
      }
    }
    try Self.segment(Self.image.get().pixels, layout: SEDGE_RGB, top_k: 2, scores: SEDGE_NETWORK_SCORES) {
      values in
      let (classCount, height, width, _) = values.scores.dimensions
      #expect(classCount == values.kept_class_count && height == 32 && width == 32)
      let scores = Self.array(values.scores.values, classCount * height * width)
      #expect(scores.allSatisfy { (0...1).contains($0) } && Set(scores).count > 100)
    }
  }

  @Test("A mistake of the program is an error, and no crash")
  func mistakes() throws {
    let image = try Self.image.get()
    try image.pixels.withUnsafeBufferPointer { pixels in
      let right = sedge_picture(
        pixels: pixels.baseAddress, width: Int32(image.width), height: Int32(image.height), stride: 0,
        layout: 0)
      try Shared.open(classes: Self.list) { model, classes in
        for change: (inout sedge_picture) -> Void in [
          { $0.pixels = nil }, { $0.width = 0 }, { $0.height = -1 }, { $0.layout = 17 }, { $0.stride = 5 },
          { $0.stride = .max },
        ] {
          var picture = right
          change(&picture)
          var segmentation: OpaquePointer?
          #expect(sedge_segment(model, classes, &picture, nil, &segmentation) == SEDGE_WRONG_ARGUMENT)
          #expect(segmentation == nil && Shared.errorText.contains("picture"))
        }
        var picture = right
        var segmentation: OpaquePointer?
        for (topK, scores): (Int32, Int32) in [(-2, 0), (0, 9)] {
          var options = sedge_segment_options(
            struct_size: MemoryLayout<sedge_segment_options>.size, top_k: topK, scores: scores)
          #expect(sedge_segment(model, classes, &picture, &options, &segmentation) == SEDGE_WRONG_ARGUMENT)
        }
        try Shared.open(classes: Self.list) { other, _ in
          #expect(sedge_segment(other, classes, &picture, nil, &segmentation) == SEDGE_WRONG_ARGUMENT)
          #expect(Shared.errorText.contains("another model"))
        }
        var probabilities = [Float](repeating: 0, count: 7)
        #expect(sedge_classify(model, classes, &picture, &probabilities, 7) == SEDGE_UNUSABLE_INPUT)
        #expect(sedge_classify(model, classes, &picture, &probabilities, 6) == SEDGE_WRONG_ARGUMENT)
      }
    }
  }

  @Test("Class names are encoded as those of a list, and keep their order")
  func classes() throws {
    try Shared.open(classes: Self.list) { model, classes in
      let names = (0..<sedge_classes_count(classes)).map { String(cString: sedge_classes_name(classes, $0)) }
      #expect(names.joined(separator: "; ") == Self.list)
      #expect(sedge_classes_name(classes, 7) == nil && sedge_classes_count(nil) == 0)
      var array = sedge_array()
      #expect(sedge_classes_features(classes, &array) == SEDGE_OK && array.dimension_count == 3)
      var encoded: OpaquePointer?
      let texts = names.map { strdup($0) }
      defer { for text in texts { free(text) } }
      let status = texts.map { UnsafePointer($0) }.withUnsafeBufferPointer {
        sedge_classes_encode(model, $0.baseAddress, $0.count, nil, &encoded)
      }
      #expect(status == SEDGE_OK)
      var same = sedge_array()
      #expect(sedge_classes_features(encoded, &same) == SEDGE_OK)
      let count = array.dimensions.0 * array.dimensions.1 * array.dimensions.2
      #expect(Self.array(array.values, count) == Self.array(same.values, count))
      sedge_classes_close(encoded)
      #expect(sedge_classes_encode(model, nil, 0, nil, &encoded) == SEDGE_WRONG_ARGUMENT)
      #expect(sedge_classes_open(model, "sky; sky", nil, &encoded) == SEDGE_UNUSABLE_INPUT)
    }
  }

  @Test("An embedding is a unit vector for each place, in the space of text features")
  func embedding() throws {
    try Shared.open(classes: Self.list) { model, classes in
      var file: OpaquePointer?
      #expect(sedge_picture_open(fixture("pictures/sky.png"), &file) == SEDGE_OK)
      defer { sedge_picture_close(file) }
      var picture = sedge_picture()
      #expect(sedge_picture_pixels(file, &picture) == SEDGE_OK)
      var embedding: OpaquePointer?
      #expect(sedge_embed(model, &picture, &embedding) == SEDGE_OK)
      defer { sedge_embedding_close(embedding) }
      var (array, features) = (sedge_array(), sedge_array())
      #expect(sedge_embedding_values(embedding, &array) == SEDGE_OK)
      #expect(sedge_classes_features(classes, &features) == SEDGE_OK)
      let (width, height, columns, _) = array.dimensions
      #expect(array.dimension_count == 3 && height == 4 && columns == 4 && width == features.dimensions.2)
      let values = Self.array(array.values, width * height * columns)
      for place in 0..<height * columns {
        let squares = (0..<width).map { Double(values[$0 * height * columns + place]) }.reduce(0) {
          $0 + $1 * $1
        }
        #expect(abs(squares - 1) < 1e-5)
      }
    }
  }
}
