// Prompts to embeddings: padding, other prompts and synonyms.

import SedgeArchitecture
import SedgeOperators
import SedgeRunner
import SedgeTensor
import Testing

@Suite("Text encoder")
struct TextEncoderTests {
  private let encoder: TextEncoder
  private let width = 24

  init() throws {
    encoder = try TextEncoder(tinyWeights(folding: true))
  }

  /// The embedding of one prompt.
  private func vector(_ prompt: [Int32], _ other: TextEncoder? = nil) -> [Float] {
    (other ?? encoder).features(of: [[[prompt]]]).values
  }

  private func words(_ ids: Int32...) -> [Int32] { [startToken] + ids + [endToken] }

  @Test("Tokens after the end token change nothing, bit for bit", arguments: [0, 1, 70])
  func padding(count: Int) {
    let prompt = words(5, 17, 200)
    #expect(vector(prompt + [Int32](repeating: 0, count: count)) == vector(prompt))
    #expect(vector(prompt + [Int32](repeating: 77, count: count)) == vector(prompt))
    #expect(vector(prompt + [Int32](repeating: endToken, count: count)) == vector(prompt))
  }

  @Test("Tokens before the end token change the embedding")
  func precedingWords() {
    let vectors = [words(5, 17), words(17, 5), words(5), words(5, 17, 17), words()].map { vector($0) }
    #expect(Set(vectors).count == vectors.count)
  }

  @Test("A prompt's embedding does not depend on the other prompts", arguments: computations)
  func neighbours(compute: Compute) throws {
    let encoder = try TextEncoder(tinyWeights(folding: true), compute: compute)
    // More than one batch, with lengths from 2 to 77.
    let prompts = (0..<140).map { prompt(wordCount: $0 * 7 % 76, seed: $0) }
    #expect(prompts.reduce(0) { $0 + $1.count } > TextEncoder.batchLength + 2 * 77)
    let all = encoder.features(of: prompts.map { [[$0]] })
    #expect(all.shape == [140, 1, width])
    for (index, prompt) in prompts.enumerated() {
      #expect(Array(all.values[index * width..<(index + 1) * width]) == vector(prompt, encoder))
    }
    let reversed = encoder.features(of: [prompts.reversed().map { [$0] }])
    #expect(reversed.shape == [1, 140, width])
    for index in prompts.indices {
      let (there, here) = ((139 - index) * width, index * width)
      #expect(Array(reversed.values[there..<there + width]) == Array(all.values[here..<here + width]))
    }
  }

  @Test("Prompts with shared prefixes have the embeddings of each prompt alone", arguments: computations)
  func sharedPrefixes(compute: Compute) throws {
    let encoder = try TextEncoder(tinyWeights(folding: true), compute: compute)
    let prompts = [
      words(5, 17, 200), words(5, 17, 201), words(5, 17), words(5), words(), words(5, 17, 200, 3),
      words(5, 17),
      words(6), [5, 17, 20], [5, 17, 20, 30], [5, 17], words(5, 17, 200),
    ]
    let together = encoder.features(of: prompts.map { [[$0]] })
    for (index, prompt) in prompts.enumerated() {
      #expect(Array(together.values[index * width..<(index + 1) * width]) == vector(prompt, encoder))
    }
  }

  @Test(
    "A class's features do not depend on the other classes, bit for bit", arguments: computations,
    [1, 2, 7, 120])
  func otherClasses(compute: Compute, count: Int) throws {
    let encoder = try TextEncoder(tinyWeights(folding: true), compute: compute)
    // Templates with words before and after the name, like CLIP's; names of one to three words, two synonyms each.
    let classes = (0..<Int32(count)).map { name -> [[[Int32]]] in
      (0..<Int32(6)).map { template -> [[Int32]] in
        [[name], [name / 2, 290, name % 3]].map { synonym in
          [startToken] + Array(270..<270 + template) + synonym + [280 + template % 2, endToken]
        }
      }
    }
    let size = 6 * width
    let all = encoder.features(of: classes)
    for index in classes.indices {
      let alone = encoder.features(of: [classes[index]]).values
      #expect(Array(all.values[index * size..<(index + 1) * size]) == alone)
    }
  }

  @Test(
    "Features are the same bits on any number of threads, and match the reference within rounding",
    arguments: computations.dropFirst(), [true, false])
  func threads(compute: Compute, folding: Bool) throws {
    let weights = try tinyWeights(folding: folding)
    let tokens = tokens(classes: 40, templates: 6)
    let expected = try TextEncoder(weights, compute: Compute(.reference)).features(of: tokens)
    let results = try [1, 2, 3, 5].map {
      try TextEncoder(weights, compute: compute.on(threads: $0)).features(of: tokens)
    }
    for other in results { #expect(other.values.map(\.bitPattern) == results[0].values.map(\.bitPattern)) }
    let deviation = Deviation(reference: expected.values, actual: results[0].values)
    // Some twenty layers, each of which rounds sums of up to 64 terms.
    #expect(deviation.largestRelativeToMagnitude <= 2e-6)
  }

  @Test("Embeddings have length 1")
  func unitLength() {
    let features = encoder.features(of: tokens(classes: 3, templates: 2))
    for row in 0..<6 {
      let squares = features.values[row * width..<(row + 1) * width].reduce(0.0) {
        $0 + Double($1) * Double($1)
      }
      // 24 squares of rounded numbers, each off by a roundoff of its own.
      #expect(abs(squares - 1) <= 4 * 0x1p-24)
    }
  }

  @Test("Synonyms are averaged for each template and normalized")
  func synonyms() {
    let groups = [[words(1, 2), words(3), words(4, 5, 6)], [words(9), words(10, 11), words(12)]]
    let features = encoder.features(of: [groups])
    #expect(features.shape == [1, 2, width])
    for (template, synonyms) in groups.enumerated() {
      let vectors = synonyms.map { vector($0).map(Double.init) }
      let mean = (0..<width).map { i in vectors.reduce(0) { $0 + $1[i] } / 3 }
      let length = mean.reduce(0) { $0 + $1 * $1 }.squareRoot()
      for i in 0..<width {
        #expect(abs(Double(features.values[template * width + i]) - mean[i] / length) <= 4 * 0x1p-24 / length)
      }
    }
    // The same word three times is that word.
    let same = encoder.features(of: [[[words(7), words(7), words(7)]]]).values
    for (a, b) in zip(same, vector(words(7))) { #expect(abs(a - b) <= 0x1p-22) }
  }

  @Test("Classes may have different numbers of synonyms")
  func raggedSynonyms() {
    let features = encoder.features(of: [[[words(1)]], [[words(2), words(3)]], [[words(4)]]])
    #expect(features.shape == [3, 1, width])
    #expect(Array(features.values[..<width]) == vector(words(1)))
    #expect(Array(features.values[(2 * width)...]) == vector(words(4)))
  }

  @Test("Progress ends with every distinct prompt")
  func progress() {
    var reports: [(Int, Int)] = []
    let classes = tokens(classes: 3, templates: 3)
    _ = encoder.features(of: classes + classes) { reports.append(($0, $1)) }
    #expect(reports.last.map { $0 == (9, 9) } == true)
    #expect(zip(reports, reports.dropFirst()).allSatisfy { $0.0 < $1.0 })
  }
}
