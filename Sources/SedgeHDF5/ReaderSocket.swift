// One end of the connection between a reader and the process that it reads for.

internal import CSedgeSandbox
internal import SedgePlatform
internal import SedgeTensor

/// Owns one end of a pair of sockets.
struct ReaderSocket: ~Copyable {
  /// What ends a conversation.
  enum Fault: Error, Hashable {
    /// The other end is closed.
    case closed
    /// Nothing came for too long.
    case silent
    /// What came is not what was to come.
    case wrong(String)
    /// The limits of the other end's process cannot be set.
    case unlimited
  }

  private let descriptor: Int32
  /// Seconds without a byte after which the other end counts as stuck; `nil` for ever.
  private let silentSeconds: Int?

  /// Takes over a descriptor.
  init(_ descriptor: Int32, silentSeconds: Int? = nil) {
    self.descriptor = descriptor
    self.silentSeconds = silentSeconds
  }

  deinit { close(descriptor) }

  /// Sends all bytes (`send`).
  func send(_ bytes: UnsafeRawBufferPointer) throws(Fault) {
    var done = 0
    while done < bytes.count, let base = bytes.baseAddress {
      let count = unsafe sedge_send(descriptor, base + done, bytes.count - done)
      if count > 0 {
        done += count
      } else if errno != EINTR {
        throw .closed
      }
    }
  }

  /// Sends a message.
  func send(_ kind: ReaderMessage.Kind, _ body: [UInt8] = []) throws(Fault) {
    let bytes = ReaderMessage.bytes(kind, body)
    let result = unsafe bytes.withUnsafeBytes { buffer in
      Result { () throws(Fault) in try unsafe send(buffer) }
    }
    try result.get()
  }

  /// Fills a buffer (`recv`).
  func receive(into buffer: UnsafeMutableRawBufferPointer) throws(Fault) {
    var done = 0
    while done < buffer.count, let base = buffer.baseAddress {
      try waitForBytes()
      let count = unsafe recv(descriptor, base + done, buffer.count - done, 0)
      if count > 0 {
        done += count
      } else if count == 0 || errno != EINTR {
        throw .closed
      }
    }
  }

  /// Waits until something comes (`poll`).
  ///
  /// It waits a second at a time: one that passes while both processes are stopped counts as one, however long it was.
  private func waitForBytes() throws(Fault) {
    guard let silentSeconds else { return }
    var silence = 0
    while silence < silentSeconds {
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let count = unsafe poll(&request, 1, 1000)
      if count > 0 { return }
      if count == 0 { silence += 1 } else if errno != EINTR { throw .closed }
    }
    throw .silent
  }

  /// Receives the head of a message.
  func receiveHead() throws(Fault) -> ReaderMessage {
    let head = try receive(byteCount: ReaderMessage.headByteCount)
    guard let message = ReaderMessage(head: head) else { throw .wrong("a message of no kind") }
    return message
  }

  /// Receives a message of one kind, and no more bytes than `maximumByteCount`.
  func receive(
    _ message: ReaderMessage, maximumByteCount: Int = ReaderMessage.maximumByteCount
  ) throws(Fault) -> [UInt8] {
    guard message.byteCount <= maximumByteCount else {
      throw .wrong("a message of \(message.byteCount) bytes, expected at most \(maximumByteCount)")
    }
    return try receive(byteCount: message.byteCount)
  }

  /// Receives an answer of one kind, or a failure.
  ///
  /// - Parameter read: Understands the answer.
  func receiveAnswer<Answer>(
    _ kind: ReaderMessage.Kind, maximumByteCount: Int, _ read: ([UInt8]) throws(FormatError) -> Answer
  ) throws(Fault) -> Result<Answer, FormatError> {
    let message = try receiveHead()
    if message.kind == .failure { return .failure(try receiveFailure(message)) }
    guard message.kind == kind else { throw .wrong("an answer to another question") }
    let bytes = try receive(message, maximumByteCount: maximumByteCount)
    do {
      return .success(try read(bytes))
    } catch {
      throw .wrong(error.clause)
    }
  }

  /// Fills a buffer with the pieces of a payload.
  func receivePieces(into buffer: UnsafeMutableRawBufferPointer) throws(Fault) -> Result<Void, FormatError> {
    var done = 0
    while done < buffer.count {
      let message = try receiveHead()
      if message.kind == .failure { return .failure(try receiveFailure(message)) }
      guard message.kind == .piece, message.byteCount > 0, message.byteCount <= buffer.count - done else {
        throw .wrong("\(message.byteCount) bytes of \(buffer.count - done)")
      }
      let end = done + message.byteCount
      try unsafe receive(into: UnsafeMutableRawBufferPointer(rebasing: buffer[done..<end]))
      done = end
    }
    return .success(())
  }

  private func receiveFailure(_ message: ReaderMessage) throws(Fault) -> FormatError {
    let bytes = try receive(message)
    do {
      return try FormatError(message: bytes)
    } catch {
      throw .wrong(error.clause)
    }
  }

  /// Receives bytes; memory is taken for those that come, and not for those that are announced.
  private func receive(byteCount: Int) throws(Fault) -> [UInt8] {
    let pieceByteCount = 1 << 20
    var bytes: [UInt8] = []
    while bytes.count < byteCount {
      let count = min(byteCount - bytes.count, pieceByteCount)
      var fault: Fault?
      let piece = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
        do throws(Fault) {
          try unsafe receive(into: UnsafeMutableRawBufferPointer(buffer))
          initializedCount = count
        } catch { fault = error }
      }
      if let fault { throw fault }
      bytes += piece
    }
    return bytes
  }
}

extension FormatError {
  /// What is wrong with a message.
  fileprivate var clause: String {
    if case .malformed(let what) = kind { what } else { description }
  }
}
