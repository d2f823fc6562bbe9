// The memory and the time that a reader may take.

internal import SedgePlatform

/// What a reader may take for one request, by the bytes that the request is about: those of the file for its directory,
/// those of a payload and its chunks for a tensor.
package struct ReaderLimits: Sendable {
  /// All limits are multiplied by it.
  package var factor = 1
  /// Seconds of processor time of any request.
  package var baseSeconds = 3
  /// Seconds without an answer after which a reader counts as stuck, whatever it does.
  package var silentSeconds = 600

  /// Bytes of memory of any request, beside those that the program has at its start.
  private static let baseByteCount = 128 << 20
  /// Bytes for each of which a second more is allowed: less than a hundredth of what gzip decodes.
  private static let byteCountOfSecond = 16 << 20
  private static let maximumFactor = 1000

  /// The limits of a program, multiplied by `SEDGE_HDF5_LIMITS` where the environment has it: a number from 1 to 1000.
  package init() {
    if let text = unsafe getenv("SEDGE_HDF5_LIMITS"), let factor = Int(unsafe String(cString: text)),
      (1...Self.maximumFactor).contains(factor)
    {
      self.factor = factor
    }
  }

  /// Bytes of memory for work on so many bytes.
  func byteCount(forWorkOn byteCount: Int) -> Int {
    let (sum, overflow) = byteCount.addingReportingOverflow(Self.baseByteCount)
    return overflow ? Int.max : saturatingProduct([factor], sum)
  }

  /// Seconds of processor time for work on so many bytes.
  func seconds(forWorkOn byteCount: Int) -> Int {
    factor * (baseSeconds + byteCount / Self.byteCountOfSecond)
  }
}
