// Readers that say what cannot be: each is one error, and none is believed.

import Foundation
import SedgeHDF5
import SedgeTensor
import TestSupport
import Testing

/// Bytes of an integer as readers write it.
private func integer(_ value: Int) -> [UInt8] {
  (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
}

private func text(_ text: String) -> [UInt8] { integer(text.utf8.count) + Array(text.utf8) }

/// A message of a kind.
private func message(_ kind: Int, _ body: [UInt8]) -> [UInt8] { integer(kind) + integer(body.count) + body }

private let (hello, contents, piece, failure) = (4, 5, 6, 7)
private let greeting = message(hello, text("sedge-hdf5-reader") + integer(2) + integer(0) + integer(7))

/// A tensor of a listing.
private func tensor(_ name: [UInt8], _ type: String = "float32", _ shape: [Int] = [2]) -> [UInt8] {
  integer(name.count) + name + text(type) + integer(shape.count) + shape.flatMap(integer) + text("w")
    + integer(0)
}

/// A listing of tensors and of nothing else.
private func listing(_ tensors: [[UInt8]], _ rest: [UInt8] = []) -> [UInt8] {
  message(
    contents, integer(tensors.count) + tensors.flatMap(\.self) + integer(0) + integer(0) + integer(0) + rest)
}

private let name = Array("w".utf8)

private struct Lie: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var answers: [UInt8]
  var kind: FormatError.Kind

  /// Seconds after which it counts as silent, where it is to.
  var seconds: Int? { kind == .readerFailed("libhdf5 did not answer") ? 10 : nil }

  init(_ description: String, _ answers: [UInt8], _ clause: String) {
    (testDescription, self.answers) = (description, answers)
    kind = .readerFailed("libhdf5 gave a wrong answer: \(clause)")
  }

  init(_ description: String, _ answers: [UInt8], kind: FormatError.Kind) {
    (testDescription, self.answers, self.kind) = (description, answers, kind)
  }
}

private let lies = [
  Lie(
    "an announced size beyond any file", greeting + integer(contents) + integer(1 << 62),
    "a message of \(1 << 62) bytes, expected at most \(16 << 20 + 20640)"),
  Lie(
    "a number of tensors beyond the message", greeting + message(contents, integer(1 << 60) + integer(0)),
    "a message is cut short"),
  Lie("a negative number", greeting + message(contents, integer(-1)), "a message is cut short"),
  Lie("a name that is not UTF-8", greeting + listing([tensor([0xFF, 0xFE])]), "a text is not UTF-8"),
  Lie(
    "two tensors of one name", greeting + listing([tensor(name), tensor(name)]), "two tensors of one name, w"),
  Lie(
    "a type of no tensor", greeting + listing([tensor(name, "complex64")]),
    "a tensor of complex64 and shape 2"),
  Lie(
    "a negative dimension", greeting + listing([tensor(name, "float32", [-1])]),
    "a tensor of float32 and shape -1"),
  Lie(
    "a size beyond memory", greeting + listing([tensor(name, "float32", [1 << 62, 1 << 62])]),
    "a tensor of float32 and shape \(1 << 62)x\(1 << 62)"),
  Lie(
    "a tensor larger than the file can make it", greeting + listing([tensor(name, "float32", [1 << 30])]),
    "a tensor of \(1 << 32) bytes"),
  Lie("bytes behind a listing", greeting + listing([tensor(name)], [0]), "a message is too long"),
  Lie("a listing cut short", greeting + message(contents, integer(1) + integer(5)), "a message is cut short"),
  Lie("an answer to another question", greeting + message(8, []), "an answer to another question"),
  Lie("a message of no kind", greeting + message(99, []), "a message of no kind"),
  Lie(
    "an error of no kind", greeting + message(failure, integer(0) + integer(77) + integer(0) + integer(0)),
    "an error of no kind"),
  Lie("no answer", greeting, kind: .readerFailed("libhdf5 did not answer")),
]

private let lyingPayloads = [
  Lie("more bytes than the tensor has", message(piece, [UInt8](repeating: 1, count: 9)), "9 bytes of 8"),
  Lie("no bytes", message(piece, []), "0 bytes of 8"),
  Lie("too few bytes", message(piece, [1, 2, 3]), kind: .readerFailed("libhdf5 did not answer")),
  Lie("an announced size beyond any tensor", integer(piece) + integer(1 << 62), "\(1 << 62) bytes of 8"),
  Lie("another answer", message(contents, []), "0 bytes of 8"),
]

/// A program that says some bytes, whatever it is asked, and then what it does.
private func reader(saying answers: [UInt8], then end: String = "exec sleep 1000", in folder: TemporaryFolder)
  throws -> String
{
  let answers = try folder.write(answers, to: "answers")
  let text = try folder.write(Array("#!/bin/sh\ncat '\(answers)' >&0\n\(end)\n".utf8), to: "text")
  // Another process writes the program: one that this process starts at the same time for another test would have it open
  // for writing for a moment, and the system runs no such file.
  let copy = Process()
  copy.executableURL = URL(fileURLWithPath: "/bin/sh")
  copy.arguments = ["-c", "cp \"$0\" \"$1\" && chmod 755 \"$1\"", text, folder.file("reader")]
  try copy.run()
  copy.waitUntilExit()
  return folder.file("reader")
}

@Suite("Readers that lie")
struct LyingReaderTests {
  private let path = fixture("hdf5/types.h5")

  /// Opens the file; a program that is to be found silent has `seconds` to say what it has to say.
  private func archive(_ program: String, seconds: Int? = nil) throws -> HDF5Archive {
    var limits = ReaderLimits()
    if let seconds { limits.silentSeconds = seconds }
    return try HDF5Archive(path: path, place: .separateProcess(program: program), limits: limits)
  }

  @Test("A listing that cannot be is one error", arguments: lies)
  fileprivate func refuses(_ lie: Lie) throws {
    let folder = try TemporaryFolder()
    let program = try reader(saying: lie.answers, in: folder)
    let error = try #require(throws: FormatError.self) { try archive(program, seconds: lie.seconds) }
    #expect(error == FormatError(lie.kind, path: path))
  }

  @Test("A payload that cannot be is one error", arguments: lyingPayloads)
  fileprivate func refusesPayloads(_ lie: Lie) throws {
    let folder = try TemporaryFolder()
    let program = try reader(saying: greeting + listing([tensor(name)]) + lie.answers, in: folder)
    let archive = try archive(program, seconds: lie.seconds)
    let info = try #require(archive.tensors.first)
    let error = try #require(throws: FormatError.self) { try archive.floats(info) }
    #expect(error == FormatError(lie.kind, path: path, tensor: "w"))
  }

  @Test(
    "A program that ends, greets otherwise or says nothing is no reader",
    arguments: [
      ([], "exit 0"), (Array("usage: sedge".utf8) + [UInt8](repeating: 10, count: 64), "exit 64"),
      (message(hello, text("sedge-hdf5-reader") + integer(1) + integer(0) + integer(7)), "exec sleep 1000"),
      (message(hello, text("another")), "exec sleep 1000"), ([], "exec sleep 1000"),
    ] as [([UInt8], String)])
  func refusesPrograms(_ answers: [UInt8], _ end: String) throws {
    let folder = try TemporaryFolder()
    let program = try reader(saying: answers, then: end, in: folder)
    let error = try #require(throws: FormatError.self) { try archive(program, seconds: 5) }
    #expect(
      error
        == FormatError(
          .cannotRead(
            reason:
              "\(program) does not read HDF5 files for this program; put the sedge of the same version there"),
          path: path))
  }

  @Test(
    "A reader that ends in the middle is one error",
    arguments: [
      ("exit 3", FormatError.Kind.readerFailed("libhdf5 ended the process that reads it")),
      ("kill -BUS $$", .readerFailed("libhdf5 crashed on it (SIGBUS)")),
      ("kill -KILL $$", .cannotRead(reason: "the process that reads it was killed")),
    ])
  func survivesEnds(_ end: String, _ kind: FormatError.Kind) throws {
    let folder = try TemporaryFolder()
    let program = try reader(saying: greeting, then: end, in: folder)
    let error = try #require(throws: FormatError.self) { try archive(program) }
    #expect(error == FormatError(kind, path: path))
  }

  @Test("A listing is what was written, and no change of its bytes does harm")
  func understandsContents() throws {
    let info = try #require(TensorInfo(name: "a.weight", elementType: .bfloat16, shape: [3, 4]))
    let contents = HDF5Contents(
      dataSets: [HDF5DataSet(info: info, location: "a/weight", workingByteCount: 100)],
      skipped: [SkippedObject(name: "b", reason: "strings", isTensor: true)], unwritten: ["a.weight"],
      attributes: ["heads": "4"])
    let bytes = contents.message
    #expect(try HDF5Contents(message: bytes, fileByteCount: 1000) == contents)
    for count in 0..<bytes.count {
      #expect(throws: FormatError.self) {
        try HDF5Contents(message: Array(bytes.prefix(count)), fileByteCount: 1000)
      }
    }
    for index in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[index] ^= 1 << UInt8(bit)
        if let read = try? HDF5Contents(message: changed, fileByteCount: 1000) { #expect(read != contents) }
      }
    }
  }
}
