// Benchmarks of the command line. No time is checked: machines are shared.

import TestSupport
import Testing

@Suite("bench")
struct BenchTests {
  private func report(_ options: [String]) throws -> [String: Any] {
    let outcome = try SedgeProgram.run(
      ["bench", Inputs.shared.file("f32.sedge"), "--json", "--repeats", "2"] + options)
    #expect(outcome.status == 0, "\(outcome.diagnostics)")
    #expect(outcome.diagnostics == "")
    let report = try outcome.json()
    #expect(keysNotInSnakeCase(report) == [])
    return report
  }

  @Test(
    "Its stages are the whole run, and their work is the model's", arguments: ["f32", "int8", "reference"])
  func stages(compute: String) throws {
    let report = try report(["--class-count", "5", "--compute", compute, "--threads", "2"])
    let total = try #require(report["total_seconds"] as? Double)
    let stages = try #require(report["stages"] as? [[String: Any]])
    let seconds = stages.compactMap { $0["seconds"] as? Double }
    #expect(seconds.count == stages.count && seconds.allSatisfy { $0 >= 0 })
    #expect(abs(seconds.reduce(0, +) - total) <= 1e-9)
    #expect((report["seconds"] as? [Double])?.count == 2)
    #expect(report["threads"] as? Int == 2)
    #expect(report["classes"] as? Int == 5)
    #expect(report["compute"] as? String == compute)
    #expect(try #require(report["peak_memory_bytes"] as? Int) > 1_000_000)
    #expect(try #require(report["peak_gflops"] as? Double) > 0)
    guard compute != "reference" else { return }
    let defined = try #require(report["gflop"] as? Double)
    let done = try #require(report["gflop_done"] as? Double)
    #expect(done < defined && defined < 2 * done)
    #expect(report["class_counts"] as? [Int] == [5, 5, 5, 5])
  }

  @Test("Early rejection is counted on a real input")
  func rejection() throws {
    let folder = try TemporaryFolder()
    let golden = folder.file("golden.safetensors")
    try StoredTensor.write(StoredTensor.all(in: fixture("shapes/sed_shapes.golden.h5")), to: golden)
    let all = try report(["--input", golden])
    let some = try report(["--input", golden, "--top-k", "1"])
    let counts = try #require(some["class_counts"] as? [Int])
    #expect(counts.count == 4 && counts[0] == all["classes"] as? Int)
    #expect(zip(counts, counts.dropFirst()).allSatisfy { $0 >= $1 } && counts[3] < counts[0])
    #expect(try #require(some["gflop_done"] as? Double) < #require(all["gflop_done"] as? Double))
    #expect(some["top_k"] as? Int == 1)
    #expect(try folder.contents() == ["golden.safetensors"])
  }

  @Test("The table names every stage once and ends with how much of the peak was reached")
  func table() throws {
    let outcome = try SedgeProgram.run([
      "bench", Inputs.shared.file("int8.sedge"), "--class-count", "3", "--repeats", "1",
    ])
    #expect(outcome.status == 0)
    for stage in ["image encoder", "cost map", "decoder 3, fusion", "labels", "image to labels"] {
      #expect(outcome.output.split(separator: "\n").count { $0.hasPrefix("\(stage)  ") } == 1)
    }
    #expect(outcome.output.contains(" measured in registers\n"))
  }

  static let refusals = [
    Refusal("bench {in}/absent.sedge"),
    Refusal("bench {in}/f32.sedge --input {in}/absent.safetensors"),
    Refusal("bench {in}/f32.sedge --input {fixtures}/clip/linear.safetensors"),
    Refusal("bench {in}/linear.sedge --input {fixtures}/preprocessing/sed_shapes.golden.safetensors"),
    Refusal("bench {in}/f32.sedge --class-count 0", status: 64),
    Refusal("bench {in}/f32.sedge --threads 0", status: 64),
  ]

  @Test("Impossible measurements are refused in the words of the snapshot")
  func refuses() throws { try Snapshot.benchRefusals.check(Self.refusals) }
}
