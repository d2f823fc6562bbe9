// Exit codes.

/// The exit codes of commands; those of the argument parser are its own.
enum CommandExit {
  /// The input cannot be used.
  static let inputUnusable: Int32 = 2
  /// Done, but some pictures or conversions failed.
  static let someInputsUnusable: Int32 = 3
  /// A bug in this program.
  static let bug: Int32 = 70
  /// The program that runs the command does not have the memory for it.
  static let outOfMemory: Int32 = 71
  /// Stopped by the program that runs the command, as if a signal had interrupted it.
  static let stopped: Int32 = 130
}
