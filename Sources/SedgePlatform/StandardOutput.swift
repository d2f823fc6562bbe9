// What became of standard output.

// `stdout` is a variable that nothing here changes.
#if canImport(Glibc)
  @unsafe @preconcurrency internal import Glibc
#elseif canImport(Musl)
  @unsafe @preconcurrency internal import Musl
#else
  @unsafe @preconcurrency internal import Darwin
#endif

/// Writes what is left of standard output; `false` where that, or any write before, failed (`fflush`, `ferror`).
package func flushStandardOutput() -> Bool {
  unsafe fflush(nil) == 0 && ferror(stdout) == 0
}
