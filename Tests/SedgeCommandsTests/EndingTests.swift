// Runs that end before they are done, and what stays.

import Foundation
import TestSupport
import Testing

@Suite("Runs that end early")
struct EndingTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var conversion: [String] {
    ["convert", fixture("tiny/linear.h5"), "-o", folder.file("m.sedge")] + tinyOptions
  }

  @Test("A limit on the size of files is an error in words, and nothing is left")
  func fileSizeLimit() throws {
    let sedge = try SedgeProgram.path()
    // Shells count blocks of 512 or 1024 bytes; the file has some hundred thousand.
    let outcome = try SedgeProgram.shell("ulimit -f 20; exec \"$0\" \"$@\"", [sedge] + conversion)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("m.sedge: cannot be written: File too large"))
    #expect(try folder.contents() == [])
  }

  @Test("What a killed run left, the next removes")
  func leftover() throws {
    _ = try folder.write([1, 2, 3], to: ".m.sedge.sedge-partial")
    #expect(try SedgeProgram.run(conversion).status == 0)
    #expect(try folder.contents() == ["m.sedge"])
  }

  @Test("Two conversions to one output at once: one is done, the other done or told that the first writes it")
  func twoAtOnce() throws {
    let sedge = try SedgeProgram.path()
    let outcome = try SedgeProgram.shell(
      "\"$0\" \"$@\" --force & \"$0\" \"$@\" --force; first=$?; wait $!; echo $first $?", [sedge] + conversion
    )
    let statuses = try #require(outcome.output.split(separator: "\n").last).split(separator: " ").map(
      String.init)
    #expect(statuses.contains("0"))
    #expect(Set(statuses).isSubset(of: ["0", "2"]))
    if statuses.contains("2") { #expect(outcome.diagnostics.contains("another process is writing it")) }
    #expect(try folder.contents() == ["m.sedge"])
    #expect(try SedgeProgram.run(["inspect", folder.file("m.sedge")]).status == 0)
  }

  @Test("A link as output stays, and its target is replaced")
  func link() throws {
    let target = try folder.write([], to: "real.sedge")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("m.sedge"), withDestinationPath: "real.sedge")
    #expect(try SedgeProgram.run(conversion + ["--force"]).status == 0)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.file("m.sedge")) == "real.sedge")
    #expect(try SedgeProgram.run(["inspect", target]).status == 0)
  }

  @Test("Readers of standard output that leave end the run, and no file is left")
  func closedOutput() throws {
    let sedge = try SedgeProgram.path()
    let outcome = try SedgeProgram.shell(
      "\"$0\" \"$@\" --report | true; ls -A \"$(dirname \"$4\")\" >&2", [sedge] + conversion)
    let names = outcome.diagnostics.split(separator: "\n").filter { $0.contains("sedge-partial") }
    #expect(names == [])
  }
}
