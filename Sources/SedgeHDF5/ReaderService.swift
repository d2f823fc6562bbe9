// The reader: libhdf5 in a process that can do nothing but read one file and answer.

internal import CSedgeHDF5
internal import CSedgeSandbox
internal import SedgePlatform
internal import SedgeTensor

/// Answers the questions of the process that started this one, about the file that it passed on, until it has no more.
enum ReaderService {
  /// Serves, and ends this process.
  static func run() -> Never {
    let descriptor = Int32(SEDGE_READER_SOCKET)
    guard sedge_is_socket(descriptor) else {
      let text =
        "\(ReaderProgram.argument) is for programs that read HDF5 files, and not for the command line\n"
      _ = unsafe text.withCString { unsafe write(STDERR_FILENO, $0, text.utf8.count) }
      _exit(64)
    }
    // It ends when the other process has no more questions, or is no more.
    _ = try? serve(descriptor)
    _exit(0)
  }

  private static func serve(_ descriptor: Int32) throws {
    sedge_close_from(Int32(SEDGE_READER_FILE) + 1)
    sedge_end_with_socket(descriptor)
    let socket = ReaderSocket(descriptor)
    do throws(FormatError) {
      try HDF5Library.locked { HDF5Library.loadPlugins() }
    } catch {
      return try socket.send(.failure, error.message)
    }
    var greeting = MessageWriter()
    greeting.append(ReaderMessage.greeting)
    greeting.append(ReaderMessage.version)
    greeting.append(Int(sedge_address_byte_count()))
    greeting.append(Int(sedge_put_up_wall()))
    try socket.send(.hello, greeting.bytes)
    var file: HDF5File?
    while true {
      let message = try socket.receiveHead()
      let request = try socket.receive(message)
      do {
        try answer(message.kind, request, &file, socket)
      } catch let error as FormatError {
        try socket.send(.failure, error.message)
      }
    }
  }

  private static func answer(
    _ kind: ReaderMessage.Kind, _ request: [UInt8], _ file: inout HDF5File?, _ socket: borrowing ReaderSocket
  ) throws {
    var request = MessageReader(request)
    sedge_limit_own_processor(UInt64(try request.integer()))
    switch (kind, file) {
    case (.list, _):
      let opened = try HDF5File(
        descriptor: Int32(SEDGE_READER_FILE), byteCount: try request.integer())
      file = opened
      try socket.send(.contents, try opened.contents().message)
    case (.read, let file?):
      let dataSet = try HDF5DataSet(from: &request)
      let (first, end) = (try request.integer(), try request.integer())
      guard first >= 0, first < end, end <= dataSet.info.rowCount else {
        throw ReaderSocket.Fault.wrong("rows that are none")
      }
      try unsafe file.readBands(
        of: dataSet, rows: first..<end, headByteCount: ReaderMessage.headByteCount
      ) { band in
        let head = ReaderMessage.head(.piece, band.count - ReaderMessage.headByteCount)
        unsafe band.copyBytes(from: head)
        do { try unsafe socket.send(UnsafeRawBufferPointer(band)) } catch { _exit(0) }
      }
    case (.tryWall, _):
      var text = [UInt8](repeating: 0, count: 1 << 12)
      let count = unsafe text.withUnsafeMutableBytes { bytes in
        unsafe sedge_try_wall(bytes.assumingMemoryBound(to: CChar.self).baseAddress, bytes.count)
      }
      try socket.send(.text, Array(text.prefix(count)))
    default:
      throw ReaderSocket.Fault.wrong("a question that is none")
    }
  }
}
