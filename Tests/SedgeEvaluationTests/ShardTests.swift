// Parts of an evaluation, as given and as a scheduler's environment has them.

import SedgeEvaluation
import Testing

@Suite("Parts of an evaluation")
struct ShardTests {
  @Test(
    "Parts are read",
    arguments: [
      ("2/7", [:], "2/7"), ("1/1", [:], "1/1"), ("0/3", [:], nil), ("4/3", [:], nil), ("3", [:], nil),
      ("1/2/3", [:], nil), ("/3", [:], nil), ("auto/4", [:], nil), ("auto", [:], nil), ("-1/2", [:], nil),
      ("auto/4", ["JOB_COMPLETION_INDEX": "0"], "1/4"), ("auto/4", ["JOB_COMPLETION_INDEX": "4"], nil),
      ("auto", ["JOB_COMPLETION_INDEX": "0"], nil),
      ("auto/4", ["SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_MIN": "0"], "4/4"),
      (
        "auto",
        ["SLURM_ARRAY_TASK_ID": "2", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_COUNT": "5"], "2/5"
      ),
    ] as [(String, [String: String], String?)])
  func reads(text: String, environment: [String: String], expected: String?) {
    #expect(Shard(text, environment: environment)?.description == expected)
  }

  @Test("Each picture belongs to one part")
  func divides() throws {
    let shards = try (1...7).map { try #require(Shard(number: $0, count: 7)) }
    for index in 0..<50 { #expect(shards.count { $0.contains(index) } == 1) }
  }
}
