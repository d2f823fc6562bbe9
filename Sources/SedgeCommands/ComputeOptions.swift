// Options of every command that runs a model.

public import ArgumentParser
package import SedgeRunner

/// How the forward pass computes.
struct ComputeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Arithmetic: f32; int8, faster and less exact, with int8 in the large products; reference, plain Swift, against which both are checked.",
      valueName: "kind"))
  var compute = Compute.Arithmetic.float32

  @Option(help: ArgumentHelp("Threads. (default: one for each processor)", valueName: "n"))
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads \(threads): expected a number from 1 to 1024")
    }
  }

  var computation: Compute { Compute(compute, threads: threads) }
}

extension Compute.Arithmetic: ExpressibleByArgument {}
