// Random damage to files, each of which must be read or refused.

package import SedgeTensor

/// Damages bytes at random, again and again, and counts what is refused; a crash ends the test.
///
/// - Parameters:
///   - whole: The sound bytes.
///   - range: The bytes to damage; all where `nil`.
///   - shifts: Whether bytes are also removed and doubled.
///   - rounds: How many damaged copies are tried.
///   - read: Reads a damaged copy as a whole.
/// - Returns: The number of copies that `read` refused.
package func refusals(
  of whole: [UInt8], damagedIn range: Range<Int>? = nil, shifting shifts: Bool = false,
  rounds: Int, seed: UInt64 = 1,
  read: ([UInt8]) throws -> Void
) -> Int {
  var generator = SeededGenerator(state: seed)
  var count = 0
  let range = range ?? 0..<whole.count
  for _ in 0..<rounds {
    var part = Array(whole[range])
    if shifts { generator.mutateOrShift(&part) } else { generator.mutate(&part) }
    do { try read(whole[..<range.lowerBound] + part + whole[range.upperBound...]) } catch { count += 1 }
  }
  return count
}

extension TensorArchive {
  /// Reads all bytes of tensors; those of the archive where `nil`.
  package func readAll(_ infos: [TensorInfo]? = nil) throws(FormatError) {
    for info in infos ?? tensors { _ = try bytes(of: info) }
  }
}
