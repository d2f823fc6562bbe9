// The options of several conversions.

import ArgumentParser

/// A list of conversions, and the part of it that is done.
struct BatchOptions: ParsableArguments {
  @Option(
    name: .customLong("batch"),
    help: ArgumentHelp(
      "A list of conversions, each with its sources, its output and its options; one that fails does not stop the others.",
      valueName: "list.json"))
  var list: String?

  @Option(
    help: ArgumentHelp(
      "With --batch: converts part I of N; auto/N and auto take numbers from the environment of Slurm or Kubernetes.",
      valueName: "i/n"))
  var shard: String?

  func validate() throws {
    if shard != nil, list == nil { throw ValidationError("--shard goes with --batch.") }
  }
}
