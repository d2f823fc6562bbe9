// The built program, run as a user runs it.

import Foundation
import TestSupport
import Testing

/// `sedge`, which the build puts beside the test bundle.
enum SedgeProgram {
  /// The result of a run.
  struct Outcome {
    var status: Int32
    var output: String
    var diagnostics: String

    /// The text on standard error without notes and assumptions.
    var errors: String {
      diagnostics.split(separator: "\n", omittingEmptySubsequences: false).filter {
        !$0.hasPrefix("note: ") && !$0.hasPrefix("assumed: ")
      }
      .joined(separator: "\n")
    }

    /// The one JSON object of `--json`.
    func json() throws -> [String: Any] {
      let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
      guard let object = value as? [String: Any] else { throw CocoaError(.coderInvalidValue) }
      return object
    }
  }

  /// The processor time after which a run counts as hung and is ended, in seconds: no test's run takes a hundredth of it.
  private static let secondsLimit = 3600

  /// Runs the program to its end, with files behind its output so that it never waits for a reader.
  ///
  /// What `--json` prints must be as the schema says.
  ///
  /// - Parameters:
  ///   - input: The bytes of standard input.
  ///   - outputPath: What takes standard output instead of ``Outcome/output``.
  ///   - environment: Variables beside those of this process.
  static func run(
    _ arguments: [String], input: [UInt8] = [], outputPath: String? = nil, environment: [String: String] = [:]
  ) throws -> Outcome {
    let outcome = try shell(
      "exec \"$0\" \"$@\"", [try path()] + arguments, input: input, outputPath: outputPath,
      environment: environment)
    if arguments.prefix(while: { $0 != "--" }).contains("--json"), !outcome.output.isEmpty {
      for report in try ReportSchema.reports(in: outcome.output) {
        let faults = try ReportSchema.faults(in: report)
        #expect(faults.isEmpty, "\(arguments): not as Schemas/report.schema.json says: \(faults.prefix(5))")
      }
    }
    return outcome
  }

  /// The program's path.
  static func path() throws -> String { try executable().path }

  /// Runs a line of the shell to its end, otherwise as ``run(_:input:outputPath:environment:)``.
  ///
  /// - Parameter arguments: `$0`, `$1` and so on.
  static func shell(
    _ line: String, _ arguments: [String], input: [UInt8] = [], outputPath: String? = nil,
    environment: [String: String] = [:]
  ) throws -> Outcome {
    let folder = try TemporaryFolder()
    let (output, diagnostics) = (try folder.write([], to: "out"), try folder.write([], to: "err"))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "ulimit -t \(secondsLimit); " + line] + arguments
    // No line is broken where a test does not ask for it: where lines end depends on paths and on digits of numbers.
    process.environment = ProcessInfo.processInfo.environment.merging(["COLUMNS": "10000"]) { $1 }
      .merging(environment) { $1 }
    process.standardInput = FileHandle(forReadingAtPath: try folder.write(input, to: "in"))
    process.standardOutput = FileHandle(forWritingAtPath: outputPath ?? output)
    process.standardError = FileHandle(forWritingAtPath: diagnostics)
    try process.run()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
      output: try String(contentsOfFile: output, encoding: .utf8),
      diagnostics: try String(contentsOfFile: diagnostics, encoding: .utf8))
  }

  /// Starts the program and sends it a signal as soon as a file appears in a folder.
  ///
  /// - Returns: Whether such a file appeared before the program ended, and the status with which a shell sees it end:
  ///   128 and the signal's number for a program that a signal ended.
  static func interrupt(
    _ arguments: [String], with signal: Int32, whenWritingIn folder: TemporaryFolder
  ) throws -> (hasAppeared: Bool, status: Int32) {
    let process = Process()
    process.executableURL = try executable()
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    var hasAppeared = false
    var isRunning = true
    // Once more behind its end, which may come between two looks.
    while isRunning, !hasAppeared {
      isRunning = process.isRunning
      hasAppeared = try !folder.contents().isEmpty
    }
    if isRunning { kill(process.processIdentifier, signal) }
    process.waitUntilExit()
    return (
      hasAppeared, process.terminationStatus + (process.terminationReason == .uncaughtSignal ? 128 : 0)
    )
  }

  private static func executable() throws -> URL {
    for argument in ProcessInfo.processInfo.arguments + [Bundle.main.bundlePath] {
      var folder = URL(fileURLWithPath: argument)
      for _ in 0..<5 {
        folder.deleteLastPathComponent()
        let candidate = folder.appendingPathComponent("sedge")
        let values = try? candidate.resourceValues(forKeys: [.isRegularFileKey])
        if values?.isRegularFile == true { return candidate }
      }
    }
    throw CocoaError(.fileNoSuchFile)
  }
}

/// The arguments that say of the trained fixture what its shapes do not.
let shapesOptions = [
  "--text-heads", "4", "--resolution", "256", "--templates", fixture("shapes/templates.json"),
]
/// What is said of the tiny fixtures, whose vocabulary no tokenizer knows.
let tinyOptions = ["--text-heads", "2", "--resolution", "64", "--allow-no-class-names"]
/// What convert says of the trained fixture with these options.
let shapesAssumptions = """
  assumed: heads 4 (as in SED-B and SED-L); a wrong number changes results and no shape shows it; set --heads or verify --golden
  assumed: pooling 1 (as in the published evaluation); a wrong number changes results and no shape shows it; set --pooling or verify --golden
  assumed: norm epsilon 1e-06 (as in timm's ConvNeXts); a wrong number changes results and no shape shows it; set --norm-eps or verify --golden

  """
/// The trained fixture.
let shapesCheckpoint = fixture("shapes/sed_shapes.h5")
/// A drawing of shapes on sky.
let skyPicture = fixture("pictures/sky.png")
