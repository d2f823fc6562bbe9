// The bootstrap against the same computation in NumPy: Scripts/evaluation_oracle.py prints the values.

import SedgeEvaluation
import Testing

@Suite("Bootstrap")
struct BootstrapTests {
  @Test(
    "Weights are those of the definition, to the last bit",
    arguments: [
      (0, [2, 0, 0, 0, 3, 0, 1, 2, 1, 1]), (1, [1, 1, 2, 2, 1, 1, 0, 1, 0, 1]),
      (2, [2, 0, 1, 0, 1, 0, 1, 0, 2, 3]),
    ])
  func weights(resample: Int, expected: [Int]) {
    var weights = ResampleWeights(seed: 2021, resample: resample, pictureCount: 10)
    #expect((0..<10).map { _ in weights.next() } == expected)
  }

  @Test("Weights are multinomial: N draws in all, means, variances and covariances of theirs")
  func multinomial() {
    let (count, resamples) = (12, 20_000)
    var (sums, squares, products) = ([Int](repeating: 0, count: count), 0, 0)
    for resample in 0..<resamples {
      var weights = ResampleWeights(seed: 7, resample: resample, pictureCount: count)
      let drawn = (0..<count).map { _ in weights.next() }
      #expect(drawn.reduce(0, +) == count)
      for (index, weight) in drawn.enumerated() { sums[index] += weight }
      squares += drawn.reduce(0) { $0 + ($1 - 1) * ($1 - 1) }
      products += (drawn[0] - 1) * (drawn[count - 1] - 1)
    }
    // Five standard deviations of each mean.
    let n = Double(resamples)
    let means = sums.map { Double($0) / n }
    let (variance, covariance) = (Double(squares) / n / 12, Double(products) / n)
    let meanLimit = 5 * (11.0 / 12 / n).squareRoot()
    let varianceLimit = 5 * (2.5 / n / 12).squareRoot()
    let covarianceLimit = 5 * (1.1 / n).squareRoot()
    for mean in means { #expect(abs(mean - 1) < meanLimit) }
    #expect(abs(variance - 11.0 / 12) < varianceLimit)
    #expect(abs(covariance + 1.0 / 12) < covarianceLimit)
  }

  @Test(
    "Student's quantiles are those of tables",
    arguments: [
      (1, 12.706204736175), (2, 4.302652729749), (4, 2.776445105198), (5, 2.570581835636),
      (7, 2.364624251593), (19, 2.093024054408), (99, 1.984216951589),
    ])
  func student(degrees: Int, expected: Double) {
    #expect(abs(studentQuantile(degreesOfFreedom: degrees) - expected) < 1e-9)
  }

  @Test("Quantiles are NumPy's", arguments: [(0.0, 1.0), (0.025, 1.2), (0.5, 4.0), (0.9, 12.0), (1, 16)])
  func quantiles(share: Double, expected: Double) {
    #expect(abs(quantile(share, ofSorted: [1, 3, 4, 6, 16]) - expected) < 1e-12)
  }

  /// Eight pictures of three classes, of which the last is in six; and another model's labels of them.
  private func models() -> (first: [PictureCounts], second: [PictureCounts]) {
    var numbers = MadeNumbers(seed: 9)
    var made = (0..<8).map { picture in
      (0..<3).map { predicted in
        (0..<4).map { truth in
          let number = numbers.next()
          let count = number % 50 + (predicted == truth ? 200 + number % 300 : 0)
          return picture < 2 && truth == 2 ? 0 : count
        }
      }
    }
    func counts() -> [PictureCounts] {
      made.map { rows in
        picture(
          SparseConfusion(
            cells: (0..<12).filter { rows[$0 / 4][$0 % 4] > 0 }.map {
              .init(predicted: $0 / 4, truth: $0 % 4, count: rows[$0 / 4][$0 % 4])
            }))
      }
    }
    let first = counts()
    for picture in made.indices {
      let moved = numbers.next() % 60
      made[picture][0][0] -= moved
      made[picture][1][0] += moved
    }
    return (first, counts())
  }

  private func distribution(
    _ pictures: [PictureCounts], groups: [[Int]] = [], threadCount: Int? = nil
  ) throws -> BootstrapDistribution {
    let bootstrap = Bootstrap(
      classCount: 3, groups: groups, resampleCount: 200, seed: 2021, threadCount: threadCount)
    return try bootstrap.distribution { body in for picture in pictures { try body(picture) } }
  }

  /// The ends of intervals as NumPy computes them; sums of 200 numbers of 0...1 round by less than 1e-13.
  private func expect(_ interval: Interval?, _ low: Double, _ high: Double) {
    #expect(
      interval.map { abs($0.low - low) < 1e-11 && abs($0.high - high) < 1e-11 } == true, "\(interval as Any)")
  }

  @Test("Intervals of figures and of differences are NumPy's")
  func intervals() throws {
    let (first, second) = models()
    let one = try distribution(first)
    let other = try distribution(second)
    #expect(one.pictureCount == 8)
    expect(one.interval(of: .miou), 0.7489012910338575, 0.8391913356070744)
    expect(one.interval(of: .macc), 0.857907319771253, 0.9121735463335315)
    expect(one.interval(of: .fwiou), 0.7592286452814061, 0.8392268572993437)
    expect(one.interval(of: .pacc), 0.860811988677926, 0.9129341376268271)
    expect(one.classIntervals[2], 0.6245213152806575, 0.8360471677231083)
    #expect(one.interval(of: .boundaryIou) == nil)
    expect(other.differenceInterval(of: .miou, from: one), -0.04594794570968297, -0.015874245205546388)
    expect(other.differenceInterval(of: .pacc, from: one), -0.033652406981351295, -0.009181300248506767)
    let difference = try #require(other.differences(from: one)[.miou])
    #expect(abs(difference.difference - -0.03186421026298503) < 1e-12)
    #expect(difference.isDistinguishable)
  }

  @Test("The interval of changed labels is NumPy's")
  func labelChange() throws {
    let changed = [3, 0, 10, 5, 2, 40, 7, 1]
    let pixels = [100, 100, 200, 100, 100, 200, 100, 100]
    let bootstrap = Bootstrap(classCount: 9, resampleCount: 200, seed: 2021)
    let interval = try bootstrap.labelChangeInterval { body in
      for (changed, pixels) in zip(changed, pixels) {
        try body(LabelChange(pixels: pixels, changed: changed, toward: 0, away: 0))
      }
    }
    expect(interval, 0.00835185077910889, 0.1519726850337171)
  }

  @Test("The same bits with any number of threads")
  func threads() throws {
    let pictures = (0..<20).flatMap { _ in models().first }
    let one = try distribution(pictures, threadCount: 1)
    let many = try distribution(pictures)
    #expect(one.intervals == many.intervals)
    #expect(one.classIntervals == many.classIntervals)
  }

  @Test("The group of all classes has the intervals of the whole; a group's pictures are those that show it")
  func groups() throws {
    let pictures = models().first
    let found = try distribution(pictures, groups: [[2, 1, 0], [2]])
    #expect(found.intervals(group: 0) == found.intervals)
    #expect(found.interval(of: .miou, group: 1) == found.classIntervals[2])
    let few = try distribution(Array(pictures.prefix(6)), groups: [[2]])
    #expect(few.interval(of: .miou) != nil)
    #expect(few.interval(of: .miou, group: 0) == nil)
  }

  @Test("No interval of less than five pictures", arguments: [0, 1, 4])
  func few(count: Int) throws {
    let found = try distribution(Array(models().first.prefix(count)))
    #expect(found.intervals.isEmpty)
    #expect(found.classIntervals.allSatisfy { $0 == nil })
  }

  @Test("Equal models differ by exactly nothing")
  func equalModels() throws {
    let one = try distribution(models().first)
    #expect(one.differenceInterval(of: .miou, from: one) == Interval(low: 0, high: 0))
  }

  @Test("More pictures than jackknife groups give the width that fewer give, for the number")
  func manyPictures() throws {
    var numbers = MadeNumbers(seed: 4)
    let pictures = (0..<2500).map { _ in
      let right = 500 + numbers.next() % 400
      return picture(
        SparseConfusion(cells: [
          .init(predicted: 0, truth: 0, count: right), .init(predicted: 1, truth: 0, count: 1000 - right),
        ]))
    }
    let bootstrap = Bootstrap(classCount: 2, seed: 1)
    let found = try bootstrap.distribution { body in for picture in pictures { try body(picture) } }
    let interval = try #require(found.interval(of: .pacc))
    // The mean of 2,500 uniform numbers of 0.5...0.9: a deviation of 0.4 / sqrt(12 * 2500).
    let deviation = 0.4 / (12.0 * 2500).squareRoot()
    let width = interval.high - interval.low
    #expect(abs(width / (2 * 1.96 * deviation) - 1) < 0.1)
  }
}
