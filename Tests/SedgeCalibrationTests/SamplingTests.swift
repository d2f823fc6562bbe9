import SedgeCalibration
import Testing

@Suite("Choice of input vectors")
struct SamplingTests {
  @Test("As many as asked for are chosen, one of each part", arguments: [1, 2, 7, 99, 100, 101, 5000])
  func parts(limit: Int) {
    let count = 1000
    let samples = Sampling(count: count, limit: limit, seed: 3).samples(in: 0..<count)
    #expect(samples.count == min(limit, count))
    for (part, sample) in samples.enumerated() where limit <= count {
      #expect((part * count / limit..<(part + 1) * count / limit).contains(sample))
    }
  }

  @Test("It does not matter how a run's vectors are divided among calls", arguments: [1, 3, 10, 333, 999])
  func division(size: Int) {
    let sampling = Sampling(count: 1000, limit: 123, seed: 1)
    let divided = stride(from: 0, to: 1000, by: size).flatMap {
      sampling.samples(in: $0..<min($0 + size, 1000))
    }
    #expect(divided == sampling.samples(in: 0..<1000))
  }

  @Test("Even and odd places are chosen alike, where parts have an even length")
  func phases() {
    let samples = Sampling(count: 92160, limit: 1024, seed: 0).samples(in: 0..<92160)
    let odd = samples.count { $0 % 2 == 1 }
    // Half of 1024, and four standard deviations of 16 around it.
    #expect((448...576).contains(odd))
  }

  @Test("Another image has other samples")
  func seeds() {
    let choices = (0..<2).map { Sampling(count: 1000, limit: 100, seed: $0).samples(in: 0..<1000) }
    #expect(choices[0] != choices[1])
  }
}
