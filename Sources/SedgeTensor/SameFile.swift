// What paths lead to.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Whether two paths name one existing file, directly or through links (`stat`).
public func isSameFile(_ path: String, _ other: String) -> Bool {
  var (status, otherStatus) = (stat(), stat())
  return unsafe stat(path, &status) == 0 && stat(other, &otherStatus) == 0
    && status.st_dev == otherStatus.st_dev && status.st_ino == otherStatus.st_ino
}

/// Whether a regular file is at a path, or a link to one (`stat`).
public func isRegularFile(_ path: String) -> Bool {
  var status = stat()
  return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
}

/// A path without links, dots and repeated slashes (`realpath`); as it is where nothing is there.
public func realPath(_ path: String) -> String {
  guard let resolved = unsafe realpath(path, nil) else { return path }
  defer { unsafe free(resolved) }
  return unsafe String(cString: resolved)
}
