// HDF5 files read by a process of their own: the same as in this process, whatever becomes of the other one.

import Dispatch
import SedgeHDF5
import SedgePlatform
import SedgeTensor
import Synchronization
import TestSupport
import Testing

/// What an archive or an error tells, and all payloads.
private struct Reading: Hashable {
  var tensors: [TensorInfo] = []
  var skipped: [SkippedObject] = []
  var notes: [String] = []
  var attributes: [StoredAttributes] = []
  var payloads: [[UInt8]] = []
  var errors: [FormatError] = []

  init(_ path: String, _ place: HDF5Reading.Place) throws {
    do {
      let archive = try HDF5Archive(path: path, place: place)
      (tensors, skipped, notes) = (archive.tensors, archive.skipped, archive.notes)
      attributes = archive.attributes
      for info in archive.tensors {
        do { payloads.append(try archive.bytes(info)) } catch {
          errors.append(try #require(error as? FormatError))
        }
      }
    } catch { errors.append(try #require(error as? FormatError)) }
  }
}

extension TensorArchive {
  /// One payload.
  fileprivate func bytes(_ info: TensorInfo) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0xA5, count: info.byteCount)
    var span = bytes.mutableSpan
    var raw = unsafe span.mutableBytes
    try read(info, into: &raw)
    return bytes
  }
}

/// The files that libhdf5 survives.
private let sound = [
  "attributes", "bands", "collision", "corrupt", "filters", "foreign", "latest", "layouts", "links", "lzf",
  "many_names", "matlab", "names", "not_closed", "skipped", "types", "unallocated", "unallocated_chunk",
  "unallocated_chunks", "unwritten", "userblock", "version_2", "virtual_of_itself",
]

/// A second of processor time, so that a test that takes all of it is short.
private var shortLimits: ReaderLimits {
  var limits = ReaderLimits()
  limits.baseSeconds = 1
  return limits
}

@Suite("The reader process of HDF5 files")
struct ReaderTests {
  @Test("A file is the same read by another process and in this one", arguments: sound)
  func isTransparent(_ name: String) throws {
    let path = fixture("hdf5/\(name).h5")
    let expected = try Reading(path, .thisProcess)
    #expect(try Reading(path, .separateProcess()) == expected)
  }

  @Test(
    "A tensor of several pieces is whole",
    arguments: [("chunked", 1500), ("chunked_last", 1100), ("filled", 1500)])
  func joinsPieces(_ name: String, _ rowCount: Int) throws {
    let archive = try HDF5Archive(path: fixture("hdf5/bands.h5"))
    let info = try #require(archive.tensors.first { $0.name == name })
    let expected = (0..<rowCount).flatMap { row in
      [Float](repeating: name == "filled" ? 2.5 : Float(row / 8), count: 1024)
    }
    #expect(try archive.floats(info).values == expected)
  }

  @Test("A crash of libhdf5 is one error")
  func survivesCrash() throws {
    let path = fixture("hdf5/crashes_libhdf5.h5")
    let error = try #require(throws: FormatError.self) { try HDF5Archive(path: path) }
    guard case .readerFailed(let how) = error.kind else { throw error }
    #expect(how.hasPrefix("libhdf5 crashed on it (SIG"))
    #expect(error.path == path)
  }

  @Test("A loop of libhdf5 in an attribute is one error")
  func endsLoop() throws {
    let path = fixture("hdf5/looping_attribute.h5")
    let error = try #require(throws: FormatError.self) { try HDF5Archive(path: path, limits: shortLimits) }
    #expect(
      error == FormatError(.readerFailed("libhdf5 took more than 1 s of processor time"), path: path))
  }

  @Test("A float that overflows the heap of libhdf5 is one error, and so is every read after it")
  func survivesOverflow() throws {
    let path = fixture("hdf5/wide_float.h5")
    let archive = try HDF5Archive(path: path, limits: shortLimits)
    let info = try #require(archive.tensors.first)
    let error = try #require(throws: FormatError.self) { try archive.floats(info) }
    guard case .readerFailed = error.kind else { throw error }
    #expect(error.path == path)
    #expect(error.tensor == "weight")
    #expect(throws: error) { try archive.floats(info) }
  }

  @Test("The wall refuses everything but reading and answering")
  func wallStands() throws {
    let archive = try HDF5Archive(path: fixture("hdf5/types.h5"))
    #if os(Linux)
      #expect(archive.hasWholeWall)
      let attempts = try archive.tryWall()
      #expect(attempts.count > 15)
      for (attempt, error) in attempts { #expect(error == Int(EPERM), "\(attempt)") }
    #endif
    // It reads as before.
    let info = try #require(archive.tensors.first { $0.name == "float32_le" })
    #expect(try archive.floats(info).values.count == 12)
  }

  @Test("A reader that is killed is one error")
  func survivesKill() throws {
    let path = fixture("hdf5/types.h5")
    let archive = try HDF5Archive(path: path)
    let info = try #require(archive.tensors.first)
    _ = try archive.bytes(info)
    let process = try #require(archive.readerNumber)
    kill(pid_t(process), SIGKILL)
    let error = try #require(throws: FormatError.self) { try archive.bytes(info) }
    #expect(
      error
        == FormatError(
          .cannotRead(reason: "the process that reads it was killed"), path: path, tensor: info.name))
  }

  @Test("No reader is left when its archive is gone, however many there were at once")
  func leavesNoProcess() throws {
    let numbers = Mutex<[Int]>([])
    let failures = Mutex<[String]>([])
    concurrently(8) { index in
      do {
        let archives = try (0..<5).map { _ in try HDF5Archive(path: fixture("hdf5/layouts.h5")) }
        numbers.withLock { $0 += archives.compactMap(\.readerNumber) }
        for archive in archives { for info in archive.tensors { _ = try archive.bytes(info) } }
      } catch { failures.withLock { $0.append("\(error)") } }
    }
    #expect(failures.withLock { $0 } == [])
    let all = numbers.withLock { $0 }
    #expect(Set(all).count == 40)
    for number in all {
      #expect(kill(pid_t(number), 0) == -1)
      #expect(errno == ESRCH)
    }
  }

  @Test("An archive is read by several threads at once")
  func sharesArchive() throws {
    let path = fixture("hdf5/types.h5")
    let expected = try Reading(path, .thisProcess).payloads
    nonisolated(unsafe) let archive = try HDF5Archive(path: path)
    let results = Mutex<[[[UInt8]]]>([])
    concurrently(8) { _ in
      let payloads = unsafe archive.tensors.compactMap { try? unsafe archive.bytes($0) }
      results.withLock { $0.append(payloads) }
    }
    #expect(results.withLock { $0 } == [[[UInt8]]](repeating: expected, count: 8))
  }

  @Test("The file that was opened is read, even where another has taken its name")
  func keepsFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(try bytes(of: fixture("hdf5/layouts.h5")), to: "model.h5")
    let archive = try HDF5Archive(path: path)
    let expected = try Reading(path, .thisProcess)
    let other = try folder.write(try bytes(of: fixture("hdf5/types.h5")), to: "other.h5")
    #expect(unsafe rename(other, path) == 0)
    #expect(try archive.tensors.map { try archive.bytes($0) } == expected.payloads)
    #expect(throws: FormatError(.changedWhileRead, path: path)) { try archive.requireUnchanged() }
  }

  @Test("What the file lost since it was opened is an error and no zeros", arguments: [true, false])
  func countsBytes(_ isHere: Bool) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(try bytes(of: fixture("shapes/sed_shapes.h5")), to: "model.h5")
    let archive = try HDF5Archive(path: path, place: isHere ? .thisProcess : .separateProcess())
    #expect(unsafe truncate(path, 100_000) == 0)
    var lost = 0
    for info in archive.tensors {
      do { _ = try archive.bytes(info) } catch {
        guard case .truncated(let expected, let actual)? = (error as? FormatError)?.kind else { throw error }
        #expect(expected > 3_500_000)
        #expect((100_000..<expected).contains(actual))
        lost += 1
      }
    }
    #expect(lost > archive.tensors.count / 2)
  }

  @Test("No program to read with is an error that says what to do")
  func namesMissingProgram() throws {
    let path = fixture("hdf5/types.h5")
    for (program, words) in [("/nowhere/sedge", "No such file"), ("/bin/true", "does not read HDF5 files")] {
      let error = try #require(throws: FormatError.self) {
        try HDF5Archive(path: path, place: .separateProcess(program: program))
      }
      guard case .cannotRead(let reason) = error.kind else { throw error }
      #expect(reason.hasPrefix(program))
      #expect(reason.contains(words))
    }
  }
}

/// Runs a body on several threads at once, to the end.
private func concurrently(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  DispatchQueue.concurrentPerform(iterations: count, execute: body)
}
