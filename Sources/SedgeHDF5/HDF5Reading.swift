// Where HDF5 files are read: in a process of their own, unless a program asks for its own.

package import SedgeTensor
internal import Synchronization

/// The process in which libhdf5 reads files.
///
/// libhdf5 is not safe on files made for an attack, so it runs in a process with limits that can do nothing but read the
/// one file: what becomes of that process is one `FormatError` here. The process runs a program that serves as a reader.
/// `sedge` does. A program that imports this library does after one line, which is to come before all others:
///
///     HDF5Reading.serveIfAsked()
///
/// Without it, `sedge` is used, beside the program or on `PATH`.
public enum HDF5Reading {
  /// A place for libhdf5.
  public enum Place: Hashable, Sendable {
    /// A process for each open file; of the program at a path, or of this one or `sedge`.
    case separateProcess(program: String? = nil)
    /// This process: a file that crashes libhdf5 ends it, and one made for an attack can take it over.
    case thisProcess
  }

  private struct State {
    var place = Place.separateProcess()
    var isServing = false
  }

  private static let state = Mutex(State())

  /// Sets the place for the files that are opened from now on.
  public static func use(_ place: Place) {
    state.withLock { $0.place = place }
  }

  /// Serves as a reader, and does not return, where this process was started as one; to be called before anything else.
  ///
  /// From then on this program's own executable is the reader of its HDF5 files.
  public static func serveIfAsked() {
    state.withLock { $0.isServing = true }
    if CommandLine.arguments.dropFirst().first == ReaderProgram.argument { ReaderService.run() }
  }

  /// The path of `sedge` beside this program or on `PATH`.
  package static func installedProgram() throws(FormatError) -> String { try ReaderProgram.installedPath() }

  static var place: Place { state.withLock { $0.place } }
  static var isServing: Bool { state.withLock { $0.isServing } }
}
