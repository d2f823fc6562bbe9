// SEDGE_KERNELS: followed or refused, never ignored.

import SedgeOperators
import TestSupport
import Testing

@Suite("SEDGE_KERNELS")
struct KernelSetCommandTests {
  @Test("Every kernel set of this machine computes, and the report names it", arguments: KernelSet.available)
  func followed(name: String) throws {
    let outcome = try SedgeProgram.run(
      ["bench", Inputs.shared.file("f32.sedge"), "--json", "--repeats", "1", "--class-count", "1"],
      environment: ["SEDGE_KERNELS": name])
    #expect(outcome.status == 0, "\(outcome.diagnostics)")
    #expect(try outcome.json()["kernels"] as? String == name)
  }

  @Test(
    "Every command refuses an unknown set in one line with the available ones",
    arguments: [
      "inspect", "convert", "verify", "segment", "classify", "export", "diff", "sweep", "bench", "estimate",
      "gate",
    ])
  func refused(command: String) throws {
    let file = "model.sedge"
    let arguments = [
      "inspect": [file], "convert": [file, "-o", "/nowhere.sedge"], "verify": [file, "--golden", file],
      "segment": [file, skyPicture, "--classes", "sky"], "classify": [file, skyPicture, "--classes", "sky"],
      "export": [file, "-o", "/nowhere.safetensors"], "diff": [file, file],
      "sweep": [file, "--images", "/nowhere", "--classes", "sky"], "bench": [file],
      "estimate": [file, "--bits", "4"], "gate": [file, "--baseline", file, "--allow", "miou=0%"],
    ]
    let outcome = try SedgeProgram.run(
      [command] + (arguments[command] ?? []), environment: ["SEDGE_KERNELS": "avx3"])
    #expect(outcome.status == 64)
    #expect(outcome.output == "")
    let sets = KernelSet.available.joined(separator: ", ")
    #expect(outcome.diagnostics.hasPrefix("sedge: SEDGE_KERNELS=avx3: "))
    #expect(outcome.diagnostics.contains(sets))
    #expect(outcome.diagnostics.count { $0 == "\n" } == 1)
  }

  @Test("Help is printed for any value")
  func help() throws {
    let outcome = try SedgeProgram.run(["--help"], environment: ["SEDGE_KERNELS": "avx3"])
    #expect(outcome.status == 0)
    #expect(outcome.output.replacing("\n", with: " ").contains(KernelSet.available.joined(separator: ", ")))
  }
}
