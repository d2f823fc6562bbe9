// What is said when a C library crashes on a damaged file.

import SedgeCheckpoint
import SedgeTensor
import Sedge
import SedgePlatform

/// Turns a crash while an HDF5 file is in use into an error about that file.
///
/// libhdf5 does not stand up to every damaged file: some make it read or free memory that is not its own. The damage
/// is done when the signal comes, so all that is left is to say so and to end with exit code 2.
enum CrashGuard {
  /// The line to print, prepared beforehand, for a signal handler may not allocate.
  nonisolated(unsafe) private static var message = unsafe UnsafeBufferPointer<CChar>(start: nil, count: 0)

  /// Watches over the use of files, those of them that are HDF5, for the rest of the process.
  static func watch(_ paths: [String]) {
    let paths = paths.filter { isHDF5(path: $0) }
    guard !paths.isEmpty else { return }
    let text =
      "sedge: \(paths.joined(separator: " or ")): is damaged: libhdf5 crashed on it; copy or download it again, or "
      + "rewrite it with h5repack\n"
    let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: text.utf8.count)
    _ = unsafe copy.initialize(from: text.utf8.map { CChar(bitPattern: $0) })
    unsafe message = UnsafeBufferPointer(copy)
    for number in [SIGSEGV, SIGBUS, SIGABRT, SIGFPE] {
      signal(number) { _ in
        UnfinishedFiles.removeAll()
        _ = unsafe write(STDERR_FILENO, CrashGuard.message.baseAddress, CrashGuard.message.count)
        _exit(2)
      }
    }
  }
}
