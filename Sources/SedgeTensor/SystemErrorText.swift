// The system's words for what went wrong.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The system's text for the last failed call (`strerror`).
func systemErrorText() -> String {
  unsafe String(cString: strerror(errno))
}
