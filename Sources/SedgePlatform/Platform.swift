// The C library of the platform, under one name on Linux and macOS.

#if canImport(Glibc)
  @_exported public import Glibc
#elseif canImport(Musl)
  @_exported public import Musl
#else
  @_exported public import Darwin
#endif

extension stat {
  /// When the file's bytes were last written.
  package var lastWritten: timespec {
    #if canImport(Darwin)
      st_mtimespec
    #else
      st_mtim
    #endif
  }
}

#if os(Linux)
  /// A descriptor for a place and not for its contents; glibc has it behind `_GNU_SOURCE`.
  package let O_PATH: Int32 = 0o1000_0000
#endif
