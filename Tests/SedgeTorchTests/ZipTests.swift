// Zip archives that break the rules, and files of the older form that do.

import SedgeTensor
import SedgeTorch
import TestSupport
import Testing

/// An archive and what is wrong with it.
struct BadZip: CustomTestStringConvertible {
  var name: String
  var bytes: [UInt8]
  var kind: FormatError.Kind
  var testDescription: String { name }

  /// A good archive of one tensor, changed.
  init(_ kind: FormatError.Kind, _ change: (inout ZipArchive) -> Void) {
    var archive = small
    change(&archive)
    name = "\(kind)"
    bytes = archive.bytes
    self.kind = kind
  }

  init(_ what: String, _ change: (inout ZipArchive) -> Void) { self.init(.malformed(what), change) }
}

/// Sixteen floats: element i is i.
private let storage = (0..<16).flatMap { bytes(Float($0).bitPattern) }

/// A checkpoint of the one tensor `w`: records `archive/data.pkl` and `archive/data/0`.
private let small = checkpoint(
  Pickle.whole(
    Pickle.dictionary([("w", Pickle.tensor(Pickle.storage(count: 16), shape: [16], strides: [1]))])),
  storages: ["0": storage])

/// A raw deflate stream of one block that is stored as it is.
private func deflated(_ contents: [UInt8]) -> [UInt8] {
  [1] + bytes(UInt16(contents.count)) + bytes(~UInt16(contents.count)) + contents
}

@Suite("PyTorch's zip archives")
struct ZipTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let differs = "the header of the record archive/data/0 is not what the directory says"
  private static let npz =
    "an archive of NumPy's (.npz; save it anew: safetensors.numpy.save_file(dict(numpy.load(PATH)), \"model.safetensors\"))"
  private static let oneFile = "join it into one file"

  static let malformed: [BadZip] = [
    BadZip("the zip archive has no end: it is cut short, or something follows it; download or copy it again")
    { $0.after = [0] },
    BadZip("the zip directory does not lie in front of the end") { $0.beforeEnd = [0] },
    BadZip("the zip directory does not lie in front of the end") { $0.directoryOffset = 7 },
    BadZip("the zip directory does not lie in front of the end") { $0.directoryByteCount = .max - 1 },
    BadZip("the zip directory is longer than its 1 records") { $0.recordCount = 1 },
    BadZip("the zip directory is cut short") { $0.recordCount = 3 },
    BadZip("the zip archive lacks the end of 64 bits that it needs") { $0.directoryOffset = .max },
    BadZip("the zip archive lacks the end of 64 bits that it needs") { $0.recordCount = .max },
    BadZip(.unsupported("a zip archive of several disks", advice: oneFile)) { $0.disk = 1 },
    BadZip(.unsupported("a zip archive of several disks", advice: oneFile)) { $0.records[1].disk = 1 },
    BadZip(.unknownFormat(looksLike: "a zip archive without a PyTorch checkpoint in it")) {
      $0.records.removeFirst()
    },
    BadZip(.unknownFormat(looksLike: "a zip archive around a/model.pth (unpack it and give what is in it)")) {
      $0.records = [ZipRecord("a/model.pth", [1])]
    },
    BadZip(
      .unknownFormat(looksLike: "a zip archive around a.bin and 1 more (unpack it and give what is in it)")
    ) {
      $0.records = [ZipRecord("b.safetensors", [1]), ZipRecord("a.bin", [1]), ZipRecord("config.json", [1])]
    },
    BadZip(.unknownFormat(looksLike: npz)) {
      $0.records = [ZipRecord("w.npy", [1]), ZipRecord("b.npy", [1])]
    },
    BadZip("the zip archive holds 2 checkpoints") { $0.records.append(ZipRecord("other/data.pkl", [])) },
    BadZip("two records have the name archive/data/0") { $0.records.append($0.records[1]) },
    BadZip("the record archive/data/0 overlaps the one before") { $0.records[1].headerOffset = 0 },
    BadZip("the record archive/data/0 overlaps the one before") { $0.records[1].headerOffset = 40 },
    BadZip("the record archive/data/0 is not where the directory says") {
      $0.records[1].headerOffset = UInt32($0.records[0].local.count) + 1
    },
    BadZip("the record archive/data/0 reaches into the zip directory") {
      $0.records[1].headerOffset = .max - 1
    },
    BadZip("the record archive/data/0 reaches into the zip directory") {
      $0.records[1].storedByteCount = 65
      $0.records[1].byteCount = 65
    },
    BadZip("the record archive/data/0 is stored as 64 bytes, but has 63") { $0.records[1].byteCount = 63 },
    BadZip(differs) { $0.records[1].localByteCount = 63 },
    BadZip(differs) { $0.records[1].localStoredByteCount = 0 },
    BadZip(differs) { $0.records[1].localName = "archive/data/1" },
    BadZip(differs) { $0.records[1].localName = "archive/data/00" },
    BadZip(differs) { $0.records[1].localMethod = 8 },
    BadZip("a zip record lacks a size of 64 bits") { $0.records[1].byteCount = .max },
    BadZip("\(UInt64.max) is more bytes than files have") {
      $0.records[1].byteCount = .max
      $0.records[1].extra = bytes(UInt16(1)) + bytes(UInt16(8)) + bytes(UInt64.max)
    },
    BadZip("the zip directory is cut short") { $0.records[1].extra = bytes(UInt16(1)) + bytes(UInt16(9)) },
    BadZip(.unsupported("the encrypted zip record archive/data/0", advice: advice)) {
      $0.records[1].flags = 1
    },
    BadZip(.unsupported("compression method 12 of the zip record archive/data/0", advice: advice)) {
      $0.records[1].method = 12
    },
    BadZip("the record archive/data/0 claims 1073741824 bytes, more than 69 deflated ones can be") {
      $0.records[1].method = 8
      $0.records[1].contents = deflated(storage)
      $0.records[1].byteCount = 1 << 30
    },
    BadZip(.unsupported("a deflated pickle of 33554433 bytes", advice: advice)) {
      $0.records[0] = ZipRecord("archive/data.pkl", [UInt8](repeating: 0, count: 1 << 16))
      $0.records[0].method = 8
      $0.records[0].byteCount = 1 << 25 + 1
    },
    BadZip("the byte order is \"middle\", expected little or big") {
      $0.records.append(ZipRecord("archive/byteorder", Array("middle".utf8)))
    },
    BadZip("the record byteorder has 33 bytes") {
      $0.records.append(ZipRecord("archive/byteorder", [UInt8](repeating: 32, count: 33)))
    },
    BadZip(.newerVersion(found: 11, supported: 10)) {
      $0.records.append(ZipRecord("archive/version", Array("11\n".utf8)))
    },
    BadZip("the version is \"x\", expected a number") {
      $0.records.append(ZipRecord("archive/.data/version", Array("x\n".utf8)))
    },
    BadZip(.unsupported("a TorchScript program", advice: advice)) {
      $0.records.append(ZipRecord("archive/constants.pkl", []))
    },
    BadZip(.unsupported("a TorchScript program", advice: advice)) {
      $0.records.append(ZipRecord("archive/code/main.py", []))
    },
  ]

  @Test("An archive that breaks the rules is refused", arguments: malformed)
  func refuses(_ zip: BadZip) throws {
    let path = try folder.write(zip.bytes, to: "file.pth")
    let error = try #require(throws: FormatError.self) { try TorchArchive(path: path) }
    #expect(error.kind == zip.kind)
    #expect(error.path == path)
  }

  private static let notThere = "the zip archive's end of 64 bits is not where its locator says"

  /// Bytes of the end of 64 bits and its locator, counted from the end of the file, and what a change of them breaks.
  static let zip64Faults: [(place: Int, value: UInt8, kind: FormatError.Kind)] = [
    (98, 0, .malformed(notThere)),
    (94, 45, .malformed(notThere)),
    (34, 0, .malformed(notThere)),
    (29, 1, .malformed("the end of 64 bits of the zip archive is not in front of its locator")),
    (27, 0xFF, .malformed("18374686479671625145 is more bytes than files have")),
    (26, 2, .unsupported("a zip archive of several disks", advice: oneFile)),
    (82, 1, .unsupported("a zip archive of several disks", advice: oneFile)),
    (74, 99, .unsupported("a zip archive of several disks", advice: oneFile)),
    (50, 99, .malformed("the ends of the zip archive, old and of 64 bits, differ")),
    (12, 99, .malformed("the ends of the zip archive, old and of 64 bits, differ")),
  ]

  @Test("An end of 64 bits that breaks the rules is refused", arguments: zip64Faults)
  func refusesZip64(_ fault: (place: Int, value: UInt8, kind: FormatError.Kind)) throws {
    var bytes = try bytes(of: fixture("torch/small.pth"))
    #expect(bytes[bytes.count - 98] == UInt8(ascii: "P"), "the end of 64 bits begins here")
    bytes[bytes.count - fault.place] = fault.value
    let path = try folder.write(bytes, to: "file.pth")
    let error = try #require(throws: FormatError.self) { try TorchArchive(path: path) }
    #expect(error.kind == fault.kind)
  }

  @Test(
    "Comments, other records, and sizes behind the bytes are accepted",
    arguments: [
      BadZip("comment") { $0.comment = Array("PK\u{5}\u{6} and 18 more bytes of words".utf8) },
      BadZip("others") {
        $0.records += [
          ZipRecord("archive/", []), ZipRecord("archive/.data/serialization_id", Array("1".utf8)),
          ZipRecord("notes.txt", Array("words".utf8)), ZipRecord("archive/version", Array("3\n".utf8)),
          ZipRecord("archive/byteorder", Array("little".utf8)),
        ]
      },
      BadZip("no folder") { zip in for i in zip.records.indices { zip.records[i].name.removeFirst(8) } },
      BadZip("a folder more") { zip in
        for i in zip.records.indices { zip.records[i].name = "x/" + zip.records[i].name }
      },
      BadZip("the separators of Windows") { zip in
        for i in zip.records.indices { zip.records[i].name = zip.records[i].name.replacing("/", with: "\\") }
      },
      BadZip("macOS") {
        $0.records += [
          ZipRecord("archive/", []), ZipRecord("archive/data/", []), ZipRecord("archive/.DS_Store", [1]),
          ZipRecord("__MACOSX/archive/._data.pkl", [0, 5]), ZipRecord("__MACOSX/archive/data.pkl", [0, 5]),
        ]
      },
      BadZip("sizes behind") {
        $0.records[1].flags = 8
        $0.records[1].localByteCount = 0
        $0.records[1].localStoredByteCount = 0
      },
      BadZip("deflated") {
        $0.records[1].method = 8
        $0.records[1].contents = deflated(storage)
        $0.records[1].byteCount = 64
      },
    ])
  func reads(_ zip: BadZip) throws {
    let archive = try TorchArchive(path: folder.write(zip.bytes, to: "file.pth"))
    #expect(try archive.floats(archive.info("w")).values == (0..<16).map(Float.init))
  }

  @Test(
    "A deflated record must hold what it claims, no less and no more",
    arguments: [
      (deflated(Array(storage.dropLast())), "the deflated record is shorter than it claims"),
      (deflated(storage + [0]), "the deflated record is longer than it claims"),
      (Array(deflated(storage).dropLast()), "the deflated record is cut short"),
      ([0] + deflated(storage).dropFirst(), "the deflated record is cut short"),
      (deflated(storage) + [0], "1 bytes follow the end of the deflated record"),
      ([7] + deflated(storage), "the deflated record is damaged"), ([], "the deflated record is cut short"),
    ])
  func refusesDamagedDeflate(_ contents: [UInt8], _ what: String) throws {
    var zip = small
    zip.records[1] = ZipRecord("archive/data/0", contents)
    zip.records[1].method = 8
    zip.records[1].byteCount = contents.isEmpty ? 0 : 64
    let path = try folder.write(zip.bytes, to: "file.pth")
    if contents.isEmpty {
      let error = try #require(throws: FormatError.self) { try TorchArchive(path: path) }
      #expect(error.kind == .malformed("its storage 0 has 0 bytes, expected 64"))
      return
    }
    let archive = try TorchArchive(path: path)
    let error = try #require(throws: FormatError.self) { try archive.floats(archive.info("w")) }
    #expect(error == FormatError(.malformed(what), path: path, tensor: "w"))
  }

  @Test(
    "A file that is cut short anywhere is refused", arguments: ["small", "small_legacy", "protocol4_legacy"])
  func refusesTruncation(_ name: String) throws {
    let whole = try bytes(of: fixture("torch/\(name).pth"))
    for count in 0..<whole.count {
      let path = try folder.write(Array(whole.prefix(count)), to: "cut.pth")
      #expect(throws: FormatError.self, "\(count) bytes") { try TorchArchive(path: path) }
    }
  }

  /// What is wrong with a file of the older form, and a change that makes it so.
  private static let legacyFaults: [(kind: FormatError.Kind, change: @Sendable (inout [UInt8]) -> Void)] = [
    (.malformed("1 bytes follow the last storage"), { $0.append(0) }),
    (.truncated(expectedBytes: 382, actualBytes: 381), { $0.removeLast() }),
    (.malformed("the storage KEY has 7 elements, expected 6"), { $0[$0.count - 32] = 7 }),
    (
      .malformed("the storage KEY has -1 elements, expected 6"),
      { bytes in
        for i in 1...8 { bytes[bytes.count - 24 - i] = 0xFF }
      }
    ),
    (
      .malformed("the protocol number is 1000, expected 1001"),
      { bytes in
        // PROTO 2, BININT2 1001 behind the magic number's 15 bytes.
        bytes[18] = 0xE8
      }
    ),
  ]

  @Test("A file of the older form that breaks the rules is refused", arguments: legacyFaults.indices)
  func refusesLegacy(_ index: Int) throws {
    let (kind, change) = Self.legacyFaults[index]
    var bytes = try bytes(of: fixture("torch/small_legacy.pth"))
    change(&bytes)
    let path = try folder.write(bytes, to: "file.pth")
    let error = try #require(throws: FormatError.self) { try TorchArchive(path: path) }
    if case .malformed(let what) = error.kind, case .malformed(let expected) = kind {
      // The key is an address where the file was made.
      let words = what.split(separator: " ").map { $0.allSatisfy(\.isNumber) && $0.count > 6 ? "KEY" : $0 }
      #expect(words.joined(separator: " ") == expected)
    } else {
      #expect(error.kind == kind)
    }
  }
}
