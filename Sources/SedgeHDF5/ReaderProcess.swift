// A process that reads an HDF5 file for this one.

internal import CSedgeSandbox
internal import SedgePlatform
internal import SedgeTensor
internal import Synchronization

/// Owns a reader: libhdf5 in a process that can do nothing but read one file and answer.
///
/// Nothing that it says is trusted. A reader that crashes, takes too much or says what cannot be is ended, and the file
/// counts as damaged from then on.
final class ReaderProcess: HDF5Source {
  private struct State: ~Copyable {
    let process: pid_t
    let socket: ReaderSocket
    /// Bytes of addresses that the reader may have.
    var byteLimit = 0
    /// Why the reader was ended.
    var failure: FormatError?
  }

  private let state: Mutex<State>
  private let fileByteCount: Int
  private let limits: ReaderLimits
  /// Bytes of addresses that the reader has before it reads.
  private let baseByteCount: Int
  /// The parts of the wall around the reader.
  let walls: UInt32

  /// Starts a reader of an open file, which gets a descriptor of its own.
  ///
  /// - Parameter program: The path of a program that serves as a reader.
  /// - Throws: ``FormatError`` without a path.
  init(program: String, _ input: InputFile, limits: ReaderLimits) throws(FormatError) {
    var sockets: [Int32] = [-1, -1]
    let error = unsafe sedge_socket_pair(&sockets)
    guard error == 0 else { throw Self.startError(program, error) }
    let socket = ReaderSocket(sockets[0], silentSeconds: limits.silentSeconds)
    let process = try Self.start(program, sockets[1], input.descriptor)
    let greeting: (baseByteCount: Int, walls: UInt32)
    do {
      greeting = try Self.greeting(socket)
    } catch {
      _ = sedge_end_reader(process)
      if let error = error as? FormatError { throw error }
      throw FormatError(
        .cannotRead(
          reason:
            "\(program) does not read HDF5 files for this program; put the sedge of the same version there"))
    }
    (baseByteCount, walls) = greeting
    fileByteCount = input.byteCount
    self.limits = limits
    state = Mutex(State(process: process, socket: socket))
  }

  deinit {
    state.withLock { if $0.failure == nil { _ = sedge_end_reader($0.process) } }
  }

  /// Starts a reader, and closes this process's copy of its socket.
  private static func start(_ program: String, _ socket: Int32, _ file: Int32) throws(FormatError) -> pid_t {
    defer { close(socket) }
    var process: pid_t = 0
    var status: Int32 = -1
    if program == ReaderProgram.own {
      // Once for all readers that are forked.
      try HDF5Library.load()
      status = unsafe sedge_fork_reader(socket, file, &process)
      if status == 0, process == 0 { ReaderService.run() }
    }
    if status == -1 {
      status = unsafe sedge_start_reader(program, ReaderProgram.argument, socket, file, &process)
    }
    guard status == 0 else { throw startError(program, status) }
    return process
  }

  private static func startError(_ program: String, _ number: Int32) -> FormatError {
    FormatError(
      .cannotRead(reason: "\(program) cannot be started: \(unsafe String(cString: strerror(number)))"))
  }

  /// Waits for the first message of a reader.
  ///
  /// - Throws: ``FormatError`` where it says that it cannot serve.
  private static func greeting(
    _ socket: borrowing ReaderSocket
  ) throws -> (baseByteCount: Int, walls: UInt32) {
    let message = try socket.receiveHead()
    if message.kind == .failure { throw try FormatError(message: socket.receive(message)) }
    guard message.kind == .hello else { throw ReaderSocket.Fault.wrong("no greeting") }
    var reader = MessageReader(try socket.receive(message))
    guard try reader.text() == ReaderMessage.greeting, try reader.integer() == ReaderMessage.version else {
      throw ReaderSocket.Fault.wrong("a greeting of another version")
    }
    let baseByteCount = try reader.integer()
    return (max(baseByteCount, 0), UInt32(truncatingIfNeeded: try reader.integer()))
  }

  func contents() throws(FormatError) -> HDF5Contents {
    var request = MessageWriter()
    request.append(limits.seconds(forWorkOn: fileByteCount))
    request.append(fileByteCount)
    let most = HDF5Contents.maximumByteCount(fileByteCount: fileByteCount)
    return try ask(.list, request, workOn: fileByteCount) { socket throws(ReaderSocket.Fault) in
      try socket.receiveAnswer(.contents, maximumByteCount: most) { bytes throws(FormatError) in
        try HDF5Contents(message: bytes, fileByteCount: fileByteCount)
      }
    }
  }

  func read(
    _ dataSet: HDF5DataSet, rows: Range<Int>, into buffer: UnsafeMutableRawBufferPointer
  ) throws(FormatError) {
    let (sum, overflow) = dataSet.info.byteCount.addingReportingOverflow(dataSet.workingByteCount)
    let work = overflow ? Int.max : sum
    var request = MessageWriter()
    request.append(limits.seconds(forWorkOn: work))
    dataSet.write(to: &request)
    request.append(rows.lowerBound)
    request.append(rows.upperBound)
    try ask(.read, request, workOn: work) { socket throws(ReaderSocket.Fault) in
      try unsafe socket.receivePieces(into: buffer)
    }
  }

  /// What the wall refuses: the name of each attempt, and the number of the error, 0 where it succeeded.
  func tryWall() throws(FormatError) -> [String: Int] {
    var request = MessageWriter()
    request.append(limits.seconds(forWorkOn: 0))
    let text = try ask(.tryWall, request, workOn: 0) { socket throws(ReaderSocket.Fault) in
      try socket.receiveAnswer(.text, maximumByteCount: ReaderMessage.maximumByteCount) {
        bytes throws(FormatError) in String(decoding: bytes, as: UTF8.self)
      }
    }
    let attempts = text.split(separator: "\n").map { $0.split(separator: " ") }
    return [String: Int](
      attempts.map { (String($0.first ?? ""), Int($0.last ?? "") ?? 0) }, uniquingKeysWith: { $1 })
  }

  /// The number of the process.
  var processNumber: Int { state.withLock { Int($0.process) } }

  /// Sends a request and takes the answer.
  ///
  /// - Parameters:
  ///   - work: Bytes that the request is about.
  ///   - take: The answer; a failure is an error that the reader reports and survives.
  private func ask<Answer: Sendable>(
    _ kind: ReaderMessage.Kind, _ request: MessageWriter, workOn work: Int,
    _ take: (borrowing ReaderSocket) throws(ReaderSocket.Fault) -> Result<Answer, FormatError>
  ) throws(FormatError) -> Answer {
    let seconds = limits.seconds(forWorkOn: work)
    let byteCount = limits.byteCount(forWorkOn: work)
    let result = state.withLock { state -> Result<Answer, FormatError> in
      if let failure = state.failure { return .failure(failure) }
      do throws(ReaderSocket.Fault) {
        try allow(seconds, byteCount, &state)
        try state.socket.send(kind, request.bytes)
        return try take(state.socket).mapError { error in
          error.kind == HDF5Library.outOfMemory.kind
            ? FormatError(.readerFailed("libhdf5 took more than \(byteCount / 1_000_000) MB of memory"))
            : error
        }
      } catch {
        let failure = FormatError(FormatError.Kind(error, sedge_end_reader(state.process), seconds))
        state.failure = failure
        return .failure(failure)
      }
    }
    return try result.get()
  }

  /// Raises the reader's limits for a request.
  private func allow(_ seconds: Int, _ byteCount: Int, _ state: inout State) throws(ReaderSocket.Fault) {
    var error = sedge_limit_processor(state.process, UInt64(seconds))
    let (sum, overflow) = baseByteCount.addingReportingOverflow(byteCount)
    let byteLimit = overflow ? Int.max : sum
    // Memory that is free again may still be the reader's: what was allowed once stays allowed.
    if error == 0, baseByteCount > 0, byteLimit > state.byteLimit {
      error = sedge_limit_memory(state.process, UInt64(byteLimit))
      state.byteLimit = byteLimit
    }
    // A reader that has ended is found when it is to answer.
    guard error == 0 || error == ESRCH else { throw .unlimited }
  }
}

extension FormatError.Kind {
  /// What became of a reader.
  fileprivate init(_ fault: ReaderSocket.Fault, _ end: sedge_reader_end, _ seconds: Int) {
    self =
      switch fault {
      case .silent: .readerFailed("libhdf5 did not answer")
      case .wrong(let what): .readerFailed("libhdf5 gave a wrong answer: \(what)")
      case .unlimited: .cannotRead(reason: "the limits of the process that reads it cannot be set")
      case .closed:
        switch end.signal {
        case 0: .readerFailed("libhdf5 ended the process that reads it")
        case SIGXCPU: .readerFailed("libhdf5 took more than \(seconds) s of processor time")
        case SIGKILL: .cannotRead(reason: "the process that reads it was killed")
        default: .readerFailed("libhdf5 crashed on it (\(Self.name(ofSignal: end.signal)))")
        }
      }
  }

  private static func name(ofSignal number: Int32) -> String {
    switch number {
    case SIGSEGV: "SIGSEGV"
    case SIGBUS: "SIGBUS"
    case SIGABRT: "SIGABRT"
    case SIGILL: "SIGILL"
    case SIGTRAP: "SIGTRAP"
    case SIGFPE: "SIGFPE"
    default: "signal \(number)"
    }
  }
}
