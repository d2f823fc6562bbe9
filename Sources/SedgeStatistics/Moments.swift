// One pass over some values: range, mean, variance, counts, a hash.

/// What one look at some values tells.
struct Moments: Sendable, Hashable {
  var nanCount = 0
  var infiniteCount = 0
  /// Finite values; all others are left out of the rest.
  var count = 0
  var minimum = Float.infinity
  var maximum = -Float.infinity
  var mean = 0.0
  /// The sum of the squared distances from the mean.
  var squares = 0.0
  var zeroCount = 0
  var float16OverflowCount = 0
  var float16UnderflowCount = 0
  /// A hash of the values in their order; zeros of either sign are equal.
  var hash: UInt64 = 0

  /// The least magnitude that float16 rounds to an infinity, as bits.
  private static let overflowBits = Float(65_520).bitPattern
  /// The largest magnitude that float16 rounds to zero, as bits.
  private static let underflowBits = Float(0x1p-25).bitPattern
  private static let infinityBits = Float.infinity.bitPattern

  init() {}

  /// Looks at values, eight at a time where all are finite and none is zero or nearly so.
  init(_ values: Span<Float>) {
    var sums = SIMD8<Double>.zero
    var (low, high) = (SIMD8<Float>(repeating: .infinity), SIMD8<Float>(repeating: -.infinity))
    var (least, largest) = (SIMD8<Int32>(repeating: .max), SIMD8<Int32>.zero)
    var hashes = SIMD8<UInt32>(0, 1, 2, 3, 4, 5, 6, 7)
    var index = 0
    while index + 8 <= values.count {
      let vector = values.eight(at: index)
      let magnitude = unsafe unsafeBitCast(vector, to: SIMD8<Int32>.self) & 0x7FFF_FFFF
      least.replace(with: magnitude, where: magnitude .< least)
      largest.replace(with: magnitude, where: magnitude .> largest)
      low.replace(with: vector, where: vector .< low)
      high.replace(with: vector, where: vector .> high)
      sums += SIMD8<Double>(vector)
      // The sum with zero makes -0 to 0. The steps are those of MurmurHash3 (Appleby, 2011) without its products.
      hashes ^= unsafe unsafeBitCast(vector + 0, to: SIMD8<UInt32>.self)
      hashes = hashes &<< 13 | hashes &>> 19
      hashes = hashes &+ hashes &<< 2 &+ 0xE654_6B64
      index += 8
    }
    guard largest.max() < Int32(bitPattern: Self.infinityBits) else {
      self.init(slowly: values)
      return
    }
    self.init()
    var sum = sums.sum()
    hash = Self.combined(hashes)
    (minimum, maximum) = (low.min(), high.max())
    if index > 0,
      least.min() <= Int32(bitPattern: Self.underflowBits)
        || largest.max() >= Int32(bitPattern: Self.overflowBits)
    {
      for each in 0..<index { countBeyondFloat16(values[each]) }
    }
    for rest in index..<values.count {
      guard values[rest].isFinite else {
        self = Moments(slowly: values)
        return
      }
      sum += Double(values[rest])
      take(values[rest])
    }
    count = values.count
    guard count > 0 else { return }
    mean = sum / Double(count)
    squares = Self.squares(values, mean: mean)
  }

  /// Looks at values of which some are not finite, one at a time.
  private init(slowly values: Span<Float>) {
    self.init()
    var sum = 0.0
    for index in values.indices {
      let value = values[index]
      guard value.isFinite else {
        if value.isNaN { nanCount += 1 } else { infiniteCount += 1 }
        hash = Self.combined(hash, UInt64(value.bitPattern))
        continue
      }
      count += 1
      sum += Double(value)
      take(value)
    }
    guard count > 0 else { return }
    mean = sum / Double(count)
    for index in values.indices where values[index].isFinite {
      let distance = Double(values[index]) - mean
      squares += distance * distance
    }
  }

  private mutating func take(_ value: Float) {
    minimum = min(minimum, value)
    maximum = max(maximum, value)
    hash = Self.combined(hash, UInt64((value + 0).bitPattern))
    countBeyondFloat16(value)
  }

  private mutating func countBeyondFloat16(_ value: Float) {
    let magnitude = value.magnitude.bitPattern
    if magnitude == 0 {
      zeroCount += 1
    } else if magnitude <= Self.underflowBits {
      float16UnderflowCount += 1
    } else if magnitude >= Self.overflowBits {
      float16OverflowCount += 1
    }
  }

  private static func squares(_ values: Span<Float>, mean: Double) -> Double {
    var sums = SIMD8<Double>.zero
    let center = SIMD8<Double>(repeating: mean)
    var index = 0
    while index + 8 <= values.count {
      let distance = SIMD8<Double>(values.eight(at: index)) - center
      sums += distance * distance
      index += 8
    }
    var sum = sums.sum()
    for rest in index..<values.count {
      let distance = Double(values[rest]) - mean
      sum += distance * distance
    }
    return sum
  }

  /// Appends what is known of the values behind these (Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for
  /// computing sample variances", 1979).
  mutating func append(_ other: Moments) {
    if other.count > 0 {
      let total = Double(count + other.count)
      let distance = other.mean - mean
      squares += other.squares + distance * distance * (Double(count) * Double(other.count) / total)
      mean += distance * (Double(other.count) / total)
    }
    count += other.count
    nanCount += other.nanCount
    infiniteCount += other.infiniteCount
    minimum = min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
    zeroCount += other.zeroCount
    float16OverflowCount += other.float16OverflowCount
    float16UnderflowCount += other.float16UnderflowCount
    hash = Self.combined(hash, other.hash)
  }

  /// Mixes two hashes; the order counts.
  static func combined(_ first: UInt64, _ second: UInt64) -> UInt64 {
    var hash = (first ^ second) &* 0x9E37_79B9_7F4A_7C15
    hash ^= hash >> 29
    return hash &* 0xBF58_476D_1CE4_E5B9 &+ 1
  }

  private static func combined(_ lanes: SIMD8<UInt32>) -> UInt64 {
    var hash: UInt64 = 0
    for lane in 0..<4 { hash = combined(hash, UInt64(lanes[lane]) << 32 | UInt64(lanes[lane + 4])) }
    return hash
  }
}

extension Span<Float> {
  /// Eight elements, all of which are there.
  @inline(__always)
  func eight(at index: Int) -> SIMD8<Float> {
    precondition(index >= 0 && index + 8 <= count)
    return unsafe bytes.unsafeLoadUnaligned(fromByteOffset: 4 * index, as: SIMD8<Float>.self)
  }
}
