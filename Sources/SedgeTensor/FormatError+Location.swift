// Where a fault is, added to an error on its way out.

extension FormatError {
  /// Runs `body` and completes the error that it throws: a path, a tensor or an offset that the error has stays.
  package static func locating<Result: ~Copyable>(
    path: String? = nil, tensor: String? = nil, byteOffset: Int? = nil,
    _ body: () throws(FormatError) -> Result
  ) throws(FormatError) -> Result {
    do {
      return try body()
    } catch {
      throw FormatError(
        error.kind, path: error.path ?? path, tensor: error.tensor ?? tensor,
        byteOffset: error.byteOffset ?? byteOffset)
    }
  }
}
