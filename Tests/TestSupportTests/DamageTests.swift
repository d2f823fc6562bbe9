// Random damage does damage, in its range alone, and the same every time.

import TestSupport
import Testing

@Suite("Random damage")
struct DamageTests {
  private struct Refusal: Error {}

  @Test("A seed always gives the same damage, another seed another")
  func seeds() {
    let damage = { (seed: UInt64) in
      var (bytes, generator) = ([UInt8](repeating: 7, count: 64), SeededGenerator(state: seed))
      generator.mutate(&bytes)
      return bytes
    }
    #expect(damage(1) == damage(1))
    #expect(damage(1) != damage(2))
  }

  @Test("Damage stays in its range and is counted where it is refused", arguments: [false, true])
  func range(shifts: Bool) {
    let whole = [UInt8](0..<100)
    var (changed, outside) = (0, 0)
    let count = refusals(of: whole, damagedIn: 10..<60, shifting: shifts, rounds: 200) { bytes in
      if Array(bytes.prefix(10)) != Array(whole.prefix(10)) { outside += 1 }
      if Array(bytes.suffix(40)) != Array(whole.suffix(40)) { outside += 1 }
      guard bytes != whole else { return }
      changed += 1
      throw Refusal()
    }
    #expect(count == changed)
    #expect(count > 190)
    #expect(outside == 0)
  }

  @Test("Damage may change the length only where that is asked for")
  func lengths() {
    let whole = [UInt8](0..<100)
    for shifts in [false, true] {
      var lengths: Set<Int> = []
      _ = refusals(of: whole, shifting: shifts, rounds: 100) { lengths.insert($0.count) }
      #expect((lengths == [100]) != shifts)
    }
  }

  @Test("Processor time counts work")
  func processorTime() {
    var sum = 0.0
    let seconds = processorSeconds { for i in 0..<300_000 { sum += Double(i).squareRoot() } }
    #expect(sum > 0)
    #expect(seconds > 0)
  }
}
