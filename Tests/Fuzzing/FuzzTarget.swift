// One reader that is fuzzed.

import Foundation
import TestSupport

/// A reader, what it is given, and where inputs begin.
///
/// Any error is right; a trap, a sanitizer's report, or a promise that ``require(_:_:)`` finds broken is not.
struct FuzzTarget: Sendable {
  /// The name on the command line and of the folder of inputs.
  var name: String
  /// The longest input.
  var maximumByteCount = 1 << 14
  /// Words of the format, for libFuzzer's dictionary.
  var words: [[UInt8]] = []
  /// Sound inputs, made from `Fixtures`.
  var seeds: @Sendable () throws -> [[UInt8]]
  /// Reads an input as a whole.
  var read: @Sendable ([UInt8]) throws -> Void

  /// All targets, by format.
  static let all =
    checkpoints + sedgeFiles + encodings + pictures + texts + evaluations + signatures + reports + options

  /// The longest processor time for one input, in seconds.
  private static let secondsLimit = 5.0

  /// Reads an input; of an error the text is made, too, which must not trap either.
  ///
  /// - Returns: The error's text; `nil` where the input was read.
  @discardableResult
  func run(_ bytes: [UInt8]) -> String? {
    var text: String?
    let seconds = processorSeconds {
      do { try read(bytes) } catch { text = "\(error)" }
    }
    require(seconds < Self.secondsLimit, "an input takes \(seconds) s")
    return text
  }

  /// How many damaged copies of a file are read.
  static let damagedCount = 20

  /// Reads a file's bytes and damaged copies of them; names the file before, so that a trap is known to be of it.
  func replay(path: String) throws {
    FileHandle.standardError.write(Data("\(path): ".utf8))
    let whole = try bytes(ofFile: path)
    FileHandle.standardError.write(Data("\(run(whole) ?? "read")\n".utf8))
    for seed in 0..<Self.damagedCount {
      var (copy, generator) = (whole, SeededGenerator(state: UInt64(seed)))
      generator.mutateOrShift(&copy)
      run(copy)
    }
  }

  /// Writes the seeds to files of a folder, and the dictionary beside it.
  func writeSeeds(to folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (index, bytes) in try seeds().enumerated() where bytes.count <= maximumByteCount {
      try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/seed\(index)"))
    }
    let lines = words.map { "\"" + $0.map { "\\x" + hexadecimal($0) }.joined() + "\"\n" }
    try Data(lines.joined().utf8).write(to: URL(fileURLWithPath: folder + ".dict"))
  }

  private func hexadecimal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }
}

/// Traps where a reader breaks a promise.
func require(_ isTrue: Bool, _ promise: @autoclosure () -> String) {
  if !isTrue { fatalError("broken promise: \(promise())") }
}

/// The bytes of texts.
func utf8(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }
