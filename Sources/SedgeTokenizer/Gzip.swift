// Unpacking gzip.

internal import CZlib
internal import SedgeTensor

/// The contents of one gzip stream (`inflate`), which must fill `bytes` to its end.
///
/// - Throws: ``FormatError`` where the stream is damaged, cut short, followed by something, or holds more than
///   `limit` bytes.
func inflatedGzip(_ bytes: [UInt8], atMost limit: Int) throws(FormatError) -> [UInt8] {
  var input = bytes
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  var output: [UInt8] = []
  var status = Z_OK
  let unread = unsafe input.withUnsafeMutableBufferPointer { input in
    unsafe chunk.withUnsafeMutableBufferPointer { chunk in
      var stream = unsafe z_stream()
      status = unsafe sedge_inflateInitGzip(&stream)
      guard status == Z_OK else { return 0 }
      defer { unsafe inflateEnd(&stream) }
      unsafe stream.next_in = input.baseAddress
      unsafe stream.avail_in = UInt32(clamping: input.count)
      while status == Z_OK, output.count <= limit {
        unsafe stream.next_out = chunk.baseAddress
        unsafe stream.avail_out = UInt32(chunk.count)
        status = unsafe inflate(&stream, Z_NO_FLUSH)
        unsafe output.append(contentsOf: chunk[..<(chunk.count - Int(stream.avail_out))])
      }
      return unsafe Int(stream.avail_in)
    }
  }
  guard output.count <= limit else {
    throw FormatError(.malformed("the gzip stream holds more than \(limit) bytes"))
  }
  switch status {
  case Z_STREAM_END where unread == 0: return output
  case Z_STREAM_END: throw FormatError(.malformed("\(unread) bytes follow the gzip stream"))
  case Z_BUF_ERROR: throw FormatError(.malformed("the gzip stream is cut short"))
  default: throw FormatError(.malformed("the gzip stream is damaged"))
  }
}
