// Intervals of 95 % contain the truth in 95 % of trials.

import Dispatch
import Foundation
import SedgeEvaluation
import Synchronization
import TestSupport
import Testing

@Suite("Coverage of intervals")
struct CoverageTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let classCount: Int
    /// The share of pictures that show the rarest class; the most frequent one is in 90 %.
    let rarest: Double
    let pictureCount: Int
    var testDescription: String { "\(classCount) classes, \(pictureCount) pictures" }
  }

  static let cases = [
    Case(classCount: 5, rarest: 0.2, pictureCount: 20), Case(classCount: 10, rarest: 0.06, pictureCount: 50),
    Case(classCount: 20, rarest: 0.05, pictureCount: 100),
  ]

  @Test("95 % intervals contain the truth in 93 to 97 % of 1,000 trials", arguments: cases)
  func coverage(_ item: Case) throws {
    // The truth is known: the figures of all pictures that trials are drawn from.
    let population = Population(item, pictureCount: 20_000)
    let truth = population.models.map { SegmentationFigures(population.totals($0, 0..<20_000)) }
    let names = ["mIoU", "mACC", "fwIoU", "pACC", "difference of mIoU", "difference of pACC"]
    let hits = Mutex([Int](repeating: 0, count: names.count))
    let trials = 1000
    DispatchQueue.concurrentPerform(iterations: trials) { trial in
      var generator = SeededGenerator(state: UInt64(trial) + 1)
      let drawn = (0..<item.pictureCount).map { _ in Int.random(in: 0..<20_000, using: &generator) }
      // 250 resamples instead of 2,000 for time: their quantiles are less exact, by less than 1 % of trials.
      let bootstrap = Bootstrap(
        classCount: item.classCount, resampleCount: 250, seed: UInt64(trial), threadCount: 1)
      let found = population.models.compactMap { model in
        try? bootstrap.distribution { body in for picture in drawn { try body(model[picture]) } }
      }
      guard found.count == 2 else { return }
      func contains(_ interval: Interval?, _ value: Double?) -> Bool {
        guard let interval, let value else { return false }
        return interval.low <= value && value <= interval.high
      }
      let figures: [Figure] = [.miou, .macc, .fwiou, .pacc]
      var contained = figures.map { contains(found[0].interval(of: $0), truth[0][$0]) }
      contained += [Figure.miou, .pacc].map { figure in
        let difference = truth[1][figure].flatMap { value in truth[0][figure].map { value - $0 } }
        return contains(found[1].differenceInterval(of: figure, from: found[0]), difference)
      }
      hits.withLock { hits in for index in contained.indices where contained[index] { hits[index] += 1 } }
    }
    for (name, count) in zip(names, hits.withLock { $0 }) {
      #expect((930...970).contains(count), "\(name): \(count)")
    }
  }
}

/// Pictures of made labels, by two models whose mistakes go together.
///
/// A picture shows some classes, the frequent ones more often, with areas of any size; it is harder or easier as a whole, and each
/// class in it besides; pixels of a class are confused with a few others.
private struct Population {
  let models: [[PictureCounts]]
  private let classCount: Int

  init(_ item: CoverageTests.Case, pictureCount: Int) {
    classCount = item.classCount
    var made = Maker(item)
    var models: [[PictureCounts]] = [[], []]
    for _ in 0..<pictureCount {
      for (model, picture) in made.picture().enumerated() { models[model].append(picture) }
    }
    self.models = models
  }

  func totals(_ model: [PictureCounts], _ pictures: Range<Int>) -> ClassTotals {
    var totals = ClassTotals(classCount: classCount)
    for picture in pictures { totals.add(model[picture]) }
    return totals
  }
}

private struct Maker {
  private let item: CoverageTests.Case
  private var generator = SeededGenerator(state: 11)
  private var sizes: [Double] = []
  private var accuracies: [Double] = []
  private var shifts: [Double] = []
  private var confusable: [[Int]] = []

  init(_ item: CoverageTests.Case) {
    self.item = item
    for label in 0..<item.classCount {
      sizes.append(exp(0.6 * normal()))
      accuracies.append(Double.random(in: 0.35...0.92, using: &generator))
      shifts.append(0.15 * normal())
      confusable.append(
        (1...3).map { _ in
          (label + Int.random(in: 1..<item.classCount, using: &generator)) % item.classCount
        })
    }
  }

  /// A number of the normal distribution (Irwin and Hall: twelve uniform ones).
  private mutating func normal() -> Double {
    (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &generator) }
  }

  mutating func picture() -> [PictureCounts] {
    let last = Double(max(item.classCount - 1, 1))
    var shown = (0..<item.classCount).filter { label in
      let presence = 0.9 * pow(item.rarest / 0.9, Double(label) / last)
      return Double.random(in: 0..<1, using: &generator) < presence
    }
    if shown.isEmpty { shown = [0] }
    let areas = shown.map { sizes[$0] * exp(normal()) }
    let whole = areas.reduce(0, +)
    let hardness = 0.6 * normal()
    var counts: [[[Int]: Int]] = [[:], [:]]
    for (label, area) in zip(shown, areas) {
      let pixels = Int(200_000 * area / whole)
      let score = log(accuracies[label] / (1 - accuracies[label])) + hardness + normal()
      let taken = confusable[label][Int.random(in: 0..<3, using: &generator)]
      for (model, shift) in [0, shifts[label] + 0.25 * normal()].enumerated() {
        let right = Int(Double(pixels) / (1 + exp(-(score + shift))))
        counts[model][[label, label], default: 0] += right
        counts[model][[taken, label], default: 0] += pixels - right
      }
    }
    return counts.map { counts in
      PictureCounts(
        confusion: SparseConfusion(
          cells: counts.filter { $0.value > 0 }.map {
            .init(predicted: $0.key[0], truth: $0.key[1], count: $0.value)
          }), boundaries: [])
    }
  }
}
