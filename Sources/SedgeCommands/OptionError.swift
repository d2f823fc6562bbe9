// Options that do not fit the files or each other.

/// Options that cannot be followed, in the words of the command line.
package struct OptionError: Error, Hashable, CustomStringConvertible {
  /// The fault, and what to do.
  package var description: String

  /// Describes a fault.
  init(_ description: String) { self.description = description }
}
