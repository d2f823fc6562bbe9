// One part of an evaluation's pictures.

/// One of several equal parts of the pictures: picture `i` belongs to part `i % count`.
package struct Shard: Hashable, Sendable {
  /// The part, from 1.
  package let number: Int
  /// The number of parts.
  package let count: Int

  /// The largest number of parts.
  package static let maximumCount = 1_000_000

  /// All pictures.
  package static let whole = Shard(validNumber: 1, count: 1)

  private init(validNumber number: Int, count: Int) { (self.number, self.count) = (number, count) }

  /// Creates a part; `nil` where there is no such part.
  package init?(number: Int, count: Int) {
    guard (1...Self.maximumCount).contains(count), (1...count).contains(number) else { return nil }
    self.init(validNumber: number, count: count)
  }

  /// Reads `i/n`, counted from 1; `auto/n`, where a scheduler's environment has `i`; or `auto`, where it has both.
  ///
  /// Slurm's array tasks have `SLURM_ARRAY_TASK_ID`, with `SLURM_ARRAY_TASK_MIN` and `SLURM_ARRAY_TASK_COUNT`, at a step of
  /// 1; indexed jobs of Kubernetes have `JOB_COMPLETION_INDEX`, which begins with 0.
  package init?(_ text: String, environment: [String: String]) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard let first = parts.first, parts.count <= 2 else { return nil }
    let task = Self.task(environment)
    guard let number = first == "auto" ? task.number : parts.count == 2 ? Int(first) : nil,
      let count = parts.count == 2 ? Int(parts[1]) : task.count
    else { return nil }
    self.init(number: number, count: count)
  }

  /// What a scheduler's environment says.
  private static func task(_ environment: [String: String]) -> (number: Int?, count: Int?) {
    let value = { (name: String) in environment[name].flatMap(Int.init) }
    if let id = value("SLURM_ARRAY_TASK_ID") {
      return (id - (value("SLURM_ARRAY_TASK_MIN") ?? 0) + 1, value("SLURM_ARRAY_TASK_COUNT"))
    }
    return (value("JOB_COMPLETION_INDEX").map { $0 + 1 }, nil)
  }

  /// Whether a picture belongs to this part.
  package func contains(_ index: Int) -> Bool { index % count == number - 1 }
}

extension Shard: CustomStringConvertible {
  /// `2/7`.
  package var description: String { "\(number)/\(count)" }
}

extension Shard: Codable {
  /// Reads `2/7`.
  package init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let shard = Shard(text, environment: [:]) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "expected a part such as 2/7"))
    }
    self = shard
  }

  /// Writes `2/7`.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
