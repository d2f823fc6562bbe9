// Options of every command that runs a model.

public import ArgumentParser
package import SedgeRunner

/// How the forward pass computes.
struct ComputeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Arithmetic: f32; bf16 and int8, less exact, with bfloat16 or int8 in the large products, and faster where the processor has instructions for them; reference, plain Swift, against which all are checked.",
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

  /// Prints a note where bfloat16 saves no time.
  func noteSpeed() throws {
    guard try computation.usesSlowBF16() else { return }
    printError(
      "note: bf16 is not faster than f32 on this processor with the kernels \(try computation.kernelSet())")
  }
}

extension Compute.Arithmetic: ExpressibleByArgument {}
