// Decoding LZF, the compression that h5py adds to HDF5.

/// The format of LibLZF: runs of bytes as they are, and references to bytes that came before.
///
/// Source: LibLZF 3.6 (Marc Lehmann), `lzf_d.c`.
package enum LZF {
  /// Bytes that one stored byte stands for at most: a reference of 3 bytes copies up to 264.
  package static let maximumExpansion = 88

  /// Decodes `input`, filling `output` exactly.
  ///
  /// - Returns: Whether `input` is well-formed and stands for as many bytes as `output` has.
  /// - Complexity: Linear in the size of `output`.
  package static func decode(_ input: Span<UInt8>, into output: inout MutableSpan<UInt8>) -> Bool {
    var (position, end) = (0, 0)
    while position < input.count {
      let control = Int(input[position])
      position += 1
      if control < 32 {
        let count = control + 1
        guard count <= input.count - position, count <= output.count - end else { return false }
        for index in 0..<count { output[end + index] = input[position + index] }
        position += count
        end += count
      } else {
        var count = control >> 5 + 2
        if count == 9 {
          guard position < input.count else { return false }
          count += Int(input[position])
          position += 1
        }
        guard position < input.count else { return false }
        let distance = (control & 31) << 8 + Int(input[position]) + 1
        position += 1
        guard distance <= end, count <= output.count - end else { return false }
        // The bytes that are copied may be those that the copy makes.
        for index in end..<end + count { output[index] = output[index - distance] }
        end += count
      }
    }
    return end == output.count
  }
}
