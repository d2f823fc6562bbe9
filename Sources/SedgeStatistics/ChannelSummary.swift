// What is known of each channel of a tensor after one pass.

/// A channel, or a run of its elements.
struct ChannelRun: Sendable, Hashable {
  var minimum = Float.infinity
  var maximum = -Float.infinity
  var isFinite = true
  var hash: UInt64 = 0

  init() {}

  init(_ moments: Moments) {
    (minimum, maximum, hash) = (moments.minimum, moments.maximum, moments.hash)
    isFinite = moments.nanCount + moments.infiniteCount == 0
  }

  mutating func append(_ run: ChannelRun) {
    minimum = min(minimum, run.minimum)
    maximum = max(maximum, run.maximum)
    isFinite = isFinite && run.isFinite
    hash = Moments.combined(hash, run.hash)
  }

  var isConstant: Bool { isFinite && minimum == maximum }
  var magnitude: Float { max(maximum.magnitude, minimum.magnitude) }
}

/// The channels of a tensor.
struct ChannelSummary: Sendable {
  let layout: ChannelLayout
  private var channels: [ChannelRun]
  private var next = 0
  /// By channel, an earlier one of the same hash, in ascending order; known after ``findCandidates()``.
  private(set) var candidates: [TensorStatistics.Channels.Duplicate] = []
  private var duplicateCount = 0
  private var firstDuplicate: TensorStatistics.Channels.Duplicate?

  init(_ layout: ChannelLayout) {
    self.layout = layout
    channels = Array(repeating: ChannelRun(), count: layout.count)
  }

  /// Appends the runs that follow, in the order of the elements.
  mutating func append(_ runs: [ChannelRun]) {
    for run in runs {
      channels[next].append(run)
      next = next + 1 == layout.count ? 0 : next + 1
    }
  }

  /// Lists channels that may equal earlier ones.
  mutating func findCandidates() {
    var known: [UInt64: Int] = [:]
    for (index, channel) in channels.enumerated() where channel.isFinite && !channel.isConstant {
      if let original = known[channel.hash] {
        candidates.append(TensorStatistics.Channels.Duplicate(channel: index, original: original))
      } else {
        known[channel.hash] = index
      }
    }
  }

  /// Counts a candidate that was compared and is equal.
  mutating func confirm(_ candidate: TensorStatistics.Channels.Duplicate) {
    duplicateCount += 1
    if firstDuplicate == nil { firstDuplicate = candidate }
  }

  var result: TensorStatistics.Channels {
    let dead = channels.indices.filter { channels[$0].isConstant }
    let zeros = dead.count { channels[$0].maximum == 0 }
    return TensorStatistics.Channels(
      count: layout.count, zeroCount: zeros, constantCount: dead.count - zeros, firstDead: dead.first,
      duplicateCount: duplicateCount, firstDuplicate: firstDuplicate, largest: largest)
  }

  private var largest: TensorStatistics.Channels.Largest? {
    let counted = channels.indices.filter { channels[$0].isFinite && channels[$0].magnitude > 0 }
    guard counted.count > 1,
      let largest = counted.max(by: { channels[$0].magnitude < channels[$1].magnitude })
    else { return nil }
    let median = counted.map { channels[$0].magnitude }.sorted()[counted.count / 2]
    return TensorStatistics.Channels.Largest(
      channel: largest, ratio: Double(channels[largest].magnitude) / Double(median))
  }
}
