// Numbers of few bits, and the frequencies made of them.

import SedgeQuantization
import SedgeTensor
import Testing

@Suite("A stream of bits")
struct BitStreams {
  @Test("gives back numbers of every length and code")
  func roundTrip() throws {
    var writer = BitWriter()
    let numbers = [0, 1, 2, 3, 7, 8, 100, 65_535, 65_536, 1 << 30]
    for number in numbers {
      writer.append(number, bits: 31)
      for order in 0...4 {
        writer.appendGolomb(number, order: order)
        writer.appendSigned(number, order: order)
        writer.appendSigned(-number, order: order)
      }
      writer.append(number % 2 == 1)
    }
    writer.append(0xFFFF_FFFF, bits: 32)
    let bytes = writer.finished()
    var reader = BitReader(bytes)
    for number in numbers {
      #expect(try reader.number(bits: 31) == number)
      for order in 0...4 {
        #expect(try reader.golomb(order: order) == number)
        #expect(try reader.signed(order: order) == number)
        #expect(try reader.signed(order: order) == -number)
      }
      #expect(try reader.flag() == (number % 2 == 1))
    }
    #expect(try reader.number(bits: 32) == 0xFFFF_FFFF)
    try reader.finish()
    #expect(reader.byteCount == bytes.count)
  }

  @Test("begins with the lowest bit; codes of small numbers are as the format has them")
  func layout() {
    var writer = BitWriter()
    writer.append(0b101, bits: 3)
    writer.appendGolomb(0)  // 0
    writer.appendGolomb(2)  // 1, 0, and the one bit 1
    writer.append(true)
    writer.appendSigned(-1, order: 1)  // 2: shifted to 4 = 100 in binary, so 1, 0, and the two bits 00
    #expect(writer.finished() == [0b1_101_0_101, 0b0000_0001])
  }

  @Test("refuses numbers that are too long, and reading past its end")
  func malformed() {
    var long = BitReader([UInt8](repeating: 0xFF, count: 8))
    let error = #expect(throws: FormatError.self) { try long.golomb() }
    #expect(error?.kind == .malformed("its parameters have a number too long"))
    var short = BitReader([0])
    let end = #expect(throws: FormatError.self) { try short.number(bits: 9) }
    #expect(end?.kind == .malformed("its parameters end after 1 bytes"))
    var filled = BitReader([0b10])
    let fill = #expect(throws: FormatError.self) {
      _ = try filled.flag()
      try filled.finish()
    }
    #expect(fill?.kind == .malformed("its parameters end with a bit that is not 0"))
  }
}

@Suite("A table of frequencies")
struct FrequencyTables {
  @Test("sums up to 4,096, every symbol at least 1, whatever its weights")
  func sums() {
    var numbers = Numbers(seed: 9)
    var cases = [
      [0], [47], [Int](repeating: 0, count: 256), [Int](repeating: 47, count: 256),
      [47] + [Int](repeating: 0, count: 255),
    ]
    for count in [2, 3, 17, 100, 255, 256] {
      for limit in [1, 12, 47] {
        cases.append((0..<count).map { _ in Int(abs(numbers.even()) * (Float(limit) + 0.99)) })
      }
    }
    for weights in cases {
      let frequencies = FrequencyTable(weights: weights).frequencies
      #expect(frequencies.reduce(0, +) == FrequencyTable.total, "\(weights)")
      #expect(frequencies.allSatisfy { $0 >= 1 } && frequencies.count == weights.count)
    }
  }

  @Test("gives the rest to the most frequent symbol, the first of equals")
  func rest() {
    #expect(FrequencyTable(weights: [0, 0, 0]).frequencies == [1366, 1365, 1365])
    // 91 of 91 + 64 and 64 of it are 2,404.7 and 1,691.3.
    #expect(FrequencyTable(weights: [0, 2]).frequencies == [1691, 2405])
    // What the ones take is taken off the largest.
    let steep = FrequencyTable(weights: [47] + [Int](repeating: 0, count: 99)).frequencies
    #expect(steep == [3997] + [Int](repeating: 1, count: 99))
  }

  @Test("is near the counted distribution, and decodes from its bits")
  func counts() throws {
    let counts = [1, 10, 100, 1000, 5000, 1000, 100, 0]
    let table = FrequencyTable(counts: counts)
    let total = Double(counts.reduce(0, +))
    for (count, frequency) in zip(counts, table.frequencies) where count >= 100 {
      let share = Double(count) / total * 4096
      #expect(abs(Double(frequency) / share - 1) < 0.15)
    }
    var writer = BitWriter()
    table.write(to: &writer)
    var reader = BitReader(writer.finished())
    #expect(try FrequencyTable(count: counts.count, from: &reader) == table)
  }
}
