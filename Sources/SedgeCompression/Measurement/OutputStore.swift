// The outputs of a source, kept in memory and on the disk.

import SedgeTensor

/// The output on one picture.
struct StoredOutput {
  var labels: [UInt16]
  var scores: [Float]

  var byteCount: Int { 2 * labels.count + 4 * scores.count }
}

/// Outputs in the order of their pictures, the first in memory, the next in a ``ScratchFile``, as far as there is room.
final class OutputStore {
  /// Where an output is.
  private enum Place {
    case memory(StoredOutput)
    case disk(byteOffset: Int, labelCount: Int, scoreCount: Int)
    case nowhere
  }

  private var places: [Place] = []
  private var freeMemory: Int
  private var freeDisk: Int?
  private var file: ScratchFile?

  /// - Parameters:
  ///   - memoryLimit: The limit of bytes in memory.
  ///   - diskLimit: The limit of bytes on the disk; `nil` for half of what is free.
  init(memoryLimit: Int, diskLimit: Int?) {
    (freeMemory, freeDisk) = (memoryLimit, diskLimit)
  }

  /// Keeps the output of the next picture, where there is room.
  func append(_ output: StoredOutput) {
    if case .memory? = places.last ?? .memory(output), output.byteCount <= freeMemory {
      freeMemory -= output.byteCount
      places.append(.memory(output))
    } else {
      places.append(placeOnDisk(output) ?? .nowhere)
    }
  }

  private func placeOnDisk(_ output: StoredOutput) -> Place? {
    if freeDisk == 0 { return nil }
    // A disk without room, or a folder that cannot be written, costs time only: outputs are computed again.
    guard let file = try? file ?? ScratchFile() else {
      freeDisk = 0
      return nil
    }
    self.file = file
    let free = freeDisk ?? file.freeByteCount / 2
    guard output.byteCount <= free, let start = try? append(output, to: file) else {
      freeDisk = 0
      return nil
    }
    freeDisk = free - output.byteCount
    return .disk(byteOffset: start, labelCount: output.labels.count, scoreCount: output.scores.count)
  }

  private func append(_ output: StoredOutput, to file: ScratchFile) throws(FormatError) -> Int {
    let start = try unsafe file.append(output.labels.span.bytes)
    _ = try unsafe file.append(output.scores.span.bytes)
    return start
  }

  /// The output of a picture; `nil` where it was not kept.
  ///
  /// - Throws: `FormatError` where the disk fails.
  func output(_ index: Int) throws(FormatError) -> StoredOutput? {
    switch places[index] {
    case .memory(let output): return output
    case .nowhere: return nil
    case .disk(let start, let labelCount, let scoreCount):
      guard let file else { return nil }
      var labels = [UInt16](repeating: 0, count: labelCount)
      var scores = [Float](repeating: 0, count: scoreCount)
      var labelSpan = labels.mutableSpan
      var labelBytes = unsafe labelSpan.mutableBytes
      try file.read(at: start, into: &labelBytes)
      var scoreSpan = scores.mutableSpan
      var scoreBytes = unsafe scoreSpan.mutableBytes
      try file.read(at: start + 2 * labelCount, into: &scoreBytes)
      return StoredOutput(labels: labels, scores: scores)
    }
  }
}
