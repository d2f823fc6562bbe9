// SED's published preprocessing, compared with Pillow and PyTorch.

import Foundation
import SedgeArchitecture
import SedgeRunner
import SedgeTensor
import TestSupport
import Testing

/// What `Fixtures/make_preprocessing.py` recorded of one size.
struct PublishedPicture: Sendable, CustomTestStringConvertible {
  var line: Int
  var height: Int
  var width: Int
  var newHeight: Int
  var newWidth: Int
  /// FNV-1a of the resized bytes.
  var checksum: UInt64
  /// The mean of the encoder's input.
  var mean: Double
  /// Values of the encoder's input at ``places``.
  var samples: [Double]

  static let resolution = 768
  static let sampleCount = 5

  var testDescription: String { "\(height) x \(width)" }

  /// The indices of the samples.
  var places: [Int] {
    (0..<Self.sampleCount).map {
      (line * Self.sampleCount + $0) * 2_654_435_761 % (Self.resolution * Self.resolution * 3)
    }
  }

  init?(line: Int, _ text: Substring) {
    let fields = text.split(separator: "\t")
    let sizes = fields.prefix(4).compactMap { Int($0) }
    let values = fields.dropFirst(5).compactMap { Double($0) }
    guard sizes.count == 4, values.count == 1 + Self.sampleCount, let checksum = UInt64(fields[4], radix: 16)
    else { return nil }
    self.line = line
    (height, width, newHeight, newWidth) = (sizes[0], sizes[1], sizes[2], sizes[3])
    self.checksum = checksum
    (mean, samples) = (values[0], Array(values.dropFirst()))
  }

  static func all() throws -> [PublishedPicture] {
    try String(contentsOfFile: fixture("preprocessing/sed.tsv"), encoding: .utf8).split(separator: "\n")
      .enumerated().compactMap { PublishedPicture(line: $0.offset, $0.element) }
  }
}

@Suite("SED's published preprocessing")
struct PublishedPreprocessingTests {
  @Test("The list has every size")
  func complete() throws {
    #expect(try PublishedPicture.all().count == 68)
  }

  @Test("The first step gives the bytes of Pillow", arguments: try PublishedPicture.all())
  func bytes(picture: PublishedPicture) throws {
    let size = try #require(
      ImageResizing.sed.intermediateSize(height: picture.height, width: picture.width))
    #expect(size == (picture.newHeight, picture.newWidth))
    let resized = PillowResampler(.bilinear).resized(
      noise(height: picture.height, width: picture.width), height: picture.height, width: picture.width,
      to: size.height, by: size.width)
    #expect(resized.count == size.height * size.width * 3)
    #expect(fnv1a(resized) == picture.checksum)
  }

  @Test("The encoder's input is that of PyTorch, within 1e-6", arguments: try PublishedPicture.all())
  func input(picture: PublishedPicture) {
    let preprocessing = Preprocessing(resolution: PublishedPicture.resolution, resizing: .sed)
    let input = preprocessing.input(
      of: noise(height: picture.height, width: picture.width), height: picture.height, width: picture.width,
      isNormalized: true)
    #expect(input.shape == [1, 768, 768, 3])
    let mean = input.values.reduce(0.0) { $0 + Double($1) } / Double(input.count)
    #expect(abs(mean - picture.mean) <= 1e-6)
    for (place, sample) in zip(picture.places, picture.samples) {
      #expect(abs(Double(input.values[place]) - sample) <= 1e-6, "value \(place)")
    }
  }

  @Test("A side that would vanish keeps one pixel", arguments: [(1, 6000), (6000, 1)])
  func longest(height: Int, width: Int) throws {
    let size = try #require(ImageResizing.sed.intermediateSize(height: height, width: width))
    #expect(size == (height == 1 ? 1 : 2560, width == 1 ? 1 : 2560))
  }

  @Test("Direct resizing has no first step")
  func direct() {
    #expect(ImageResizing.square.intermediateSize(height: 375, width: 500) == nil)
  }

  @Test("Folded pixel statistics change the input by rounding only")
  func folded() throws {
    let pixels = noise(height: 33, width: 70)
    let inputs = try [true, false].map { folding in
      let weights = try tinyWeights(folding: folding)
      let model = try SegmentationModel(
        weights: weights, preprocessing: Preprocessing(resolution: 64, resizing: .sed))
      let taps = Taps()
      _ = try model.segment(
        pixels: pixels, height: 33, width: 70,
        textFeatures: TextEncoder(weights).features(of: tokens(classes: 2, templates: 3)), topK: nil,
        taps: taps)
      return try #require(taps["input"]).values
    }
    // Values of 0...255 are rounded at each of three interpolations, and divided by 66 or more.
    let limit: Float = 3 * 0x1p-24 * 255 / 66 + 2 * 0x1p-24 * 3
    #expect(inputs[0].count == 64 * 64 * 3)
    #expect(zip(inputs[0], inputs[1]).allSatisfy { abs($0 - $1) <= limit })
    #expect(inputs[0] != inputs[1], "the two are expected to be computed in two ways")
  }

  @Test("A prepared image is segmented as its pixels are")
  func prepared() throws {
    let weights = try tinyWeights(folding: true)
    let model = try model(weights)
    let text = try TextEncoder(weights).features(of: tokens(classes: 3, templates: 3))
    let pixels = picture(height: 20, width: 30)
    let direct = model.segment(pixels: pixels, height: 20, width: 30, textFeatures: text, topK: 1)
    let image = model.prepare(pixels: pixels, height: 20, width: 30)
    let result = model.segment(image, textFeatures: text, topK: 1)
    #expect((result.labels, result.bestScores) == (direct.labels, direct.bestScores))
    #expect((result.height, result.width) == (20, 30))
  }
}
