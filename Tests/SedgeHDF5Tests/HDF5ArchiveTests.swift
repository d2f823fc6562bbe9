// HDF5 files made by h5py (Fixtures/make_hdf5.py), read as archives of tensors.

import SedgeHDF5
import SedgeTensor
import TestSupport
import Testing

/// Opens one of the fixtures.
private func archive(_ name: String) throws -> HDF5Archive {
  try HDF5Archive(path: fixture("hdf5/\(name).h5"))
}

extension TensorArchive {
  /// The tensor of a name.
  fileprivate func info(_ name: String) throws -> TensorInfo {
    try #require(tensors.first { $0.name == name }, "no tensor \(name)")
  }
}

/// The fixtures' rule: element i is i / 4 - 3.
private func expectedFloats(_ count: Int) -> [Float] { (0..<count).map { Float($0) / 4 - 3 } }

@Suite("HDF5")
struct HDF5ArchiveTests {
  @Test(
    "Every floating-point type reads as the numbers that were written",
    arguments: [
      ("float16_le", ElementType.float16), ("float16_be", .float16), ("float32_le", .float32),
      ("float32_be", .float32), ("float64_le", .float64), ("float64_be", .float64),
      ("bfloat16_uint16", .bfloat16), ("bfloat16_int16_be", .bfloat16), ("bfloat16_opaque", .bfloat16),
      ("bfloat16_fixed_attribute", .bfloat16), ("bfloat16_float_le", .bfloat16),
      ("bfloat16_float_be", .bfloat16),
    ])
  func readsFloats(_ name: String, _ elementType: ElementType) throws {
    let file = try archive("types")
    let info = try file.info(name)
    #expect(info.elementType == elementType)
    #expect(info.shape == [3, 4])
    #expect(try file.floats(info).values == expectedFloats(12))
  }

  @Test(
    "Every integer type reads as the numbers that were written, in either order of bytes",
    arguments: [ElementType.int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64], ["le", "be"])
  func readsIntegers(_ elementType: ElementType, _ order: String) throws {
    let file = try archive("types")
    let info = try file.info("\(elementType.rawValue)_\(order)")
    #expect(info.elementType == elementType)
    let first = elementType.rawValue.hasPrefix("u") ? 0 : -3
    #expect(try file.integers(info) == Array(first..<first + 12))
  }

  @Test("An attribute of another value leaves integers what they are")
  func ignoresOtherAttributes() throws {
    let file = try archive("types")
    #expect(try file.integers(file.info("uint16_other_attribute")) == Array(0..<12))
  }

  @Test("Numbers, short lists and texts among the attributes of groups are listed, and nothing else")
  func attributes() throws {
    let attributes = try archive("attributes").attributes
    #expect(attributes.map(\.place) == ["attributes.h5"])
    #expect(
      attributes.first?.values == [
        "text_heads": "8", "norm_eps": "1e-06", "half": "0.1", "big_endian": "-3", "pooling": "[2, 2]",
        "mean": "[0.5, 0.25, 1e-09]", "name": "SED ✓", "fixed": "convnext", "one": "a", "model.heads": "4",
        "settings.resolution": "64",
      ])
    #expect(try archive("types").attributes == [])
  }

  @Test("Booleans, scalars and empty data sets are tensors")
  func readsSpecialShapes() throws {
    let file = try archive("types")
    #expect(try file.info("bool").elementType == .bool)
    #expect(try file.integers(file.info("bool")) == [1, 0, 1])
    #expect(try file.floats(file.info("scalar")) == Tensor(shape: [], values: [-3]))
    #expect(try file.floats(file.info("empty")) == Tensor(shape: [0, 4], values: []))
    #expect(file.skipped.isEmpty)
    #expect(file.tensors.count == 32)
  }

  @Test("Slashes and dots in the way to a data set give one kind of name")
  func namesTensors() throws {
    let file = try archive("names")
    #expect(
      file.tensors.map(\.name) == [
        "dotted.name.weight", "mixed.group.name.weight", "nested.name.weight", "plain", "ünïcode.重み",
      ])
    for info in file.tensors { #expect(try file.floats(info).values == expectedFloats(2)) }
  }

  @Test(
    "Every layout and filter of libhdf5 reads as what was written",
    arguments: [
      "contiguous", "compact", "chunked", "gzip", "gzip_shuffle", "fletcher32", "everything", "resizable",
      "szip",
    ])
  func readsLayouts(_ name: String) throws {
    let file = try archive("layouts")
    let tensor = try file.floats(file.info(name))
    #expect(tensor == Tensor(shape: [20, 30], values: expectedFloats(600)))
  }

  @Test("Integers packed into fewer bits read as what was written", arguments: ["scale_offset", "nbit"])
  func readsPackedIntegers(_ name: String) throws {
    let file = try archive("layouts")
    #expect(try file.integers(file.info(name)) == Array(-3..<597))
  }

  @Test("Files of the latest format read as those of the earliest")
  func readsLatestFormat() throws {
    let file = try archive("latest")
    #expect(file.tensors.count == 21)
    #expect(try file.floats(file.info("block.07.weight")).values == expectedFloats(6))
    #expect(try file.floats(file.info("gzip")).values == expectedFloats(600))
  }

  @Test("A superblock behind a user block is found")
  func readsBehindUserBlock() throws {
    let file = try archive("userblock")
    #expect(try file.floats(file.info("weight")).values == expectedFloats(6))
  }

  @Test("Each data set is listed once whatever the links, and cycles end")
  func followsLinksOnce() throws {
    let file = try archive("links")
    #expect(file.tensors.map(\.name) == ["group.weight"])
    let reasons = [String: String](uniqueKeysWithValues: file.skipped.map { ($0.name, $0.reason) })
    #expect(
      reasons == [
        "group.cycle": "another link to /", "hard": "another link to group/weight",
        "other": "another link to group", "soft": "a soft link", "dangling": "a soft link",
        "loop": "a soft link",
      ])
  }

  @Test("Data sets that are no tensors are passed over and told of")
  func tellsOfSkippedDataSets() throws {
    let file = try archive("skipped")
    #expect(file.tensors.map(\.name) == ["weight"])
    let reasons = [String: String](uniqueKeysWithValues: file.skipped.map { ($0.name, $0.reason) })
    #expect(
      reasons == [
        "text": "strings", "record": "compounds", "complex": "compounds", "reference": "references",
        "opaque": "opaque bytes", "choice": "an enumeration", "ragged": "sequences of varying length",
        "array": "arrays", "null": "no elements and no shape", "type": "a data type",
        "float8": "1-byte floating-point numbers of 4 exponent and 3 fraction bits",
      ])
  }

  @Test(
    "Files that reach outside themselves, or claim what they do not store, are refused",
    arguments: [
      (
        "collision", FormatError.Kind.malformed("the name stands for two data sets, a/b.c and a.b/c"), "a.b.c"
      ),
      (
        "external_link", .unsupported("an external link", advice: "copy all the data into one file"),
        "group.other"
      ),
      (
        "external_storage", .unsupported("external raw storage", advice: "copy all the data into one file"),
        "weight"
      ),
      ("virtual", .unsupported("a virtual data set", advice: "copy all the data into one file"), "weight"),
      (
        "unallocated",
        .malformed("4000000000000 bytes are claimed, but 0 are stored, which cannot hold them"), "weight"
      ),
      (
        "unallocated_chunks",
        .malformed("4398046511104 bytes are claimed, but 20 are stored, which cannot hold them"), "weight"
      ),
    ])
  func refusesDishonestFiles(_ name: String, _ kind: FormatError.Kind, _ tensor: String) throws {
    let error = try #require(throws: FormatError.self) { try archive(name) }
    #expect(error == FormatError(kind, path: fixture("hdf5/\(name).h5"), tensor: tensor))
  }

  @Test("A filter that libhdf5 lacks is named when the tensor is read, and leaves the others readable")
  func namesMissingFilters() throws {
    let file = try archive("lzf")
    #expect(file.tensors.map(\.name) == ["lzf", "plain"])
    #expect(try file.floats(file.info("plain")).values == expectedFloats(2))
    let error = try #require(throws: FormatError.self) { try file.floats(file.info("lzf")) }
    let kind = FormatError.Kind.unsupported(
      "the filter LZF (number 32000)",
      advice: "rewrite the file where that filter is installed: h5repack -f GZIP=4 OLD.h5 NEW.h5")
    #expect(error == FormatError(kind, path: file.path, tensor: "lzf"))
  }

  @Test("Damaged payloads are refused with libhdf5's own words")
  func refusesDamagedPayloads() throws {
    let file = try archive("corrupt")
    let error = try #require(throws: FormatError.self) { try file.floats(file.info("weight")) }
    let kind = FormatError.Kind.malformed("data error detected by Fletcher32 checksum")
    #expect(error == FormatError(kind, path: file.path, tensor: "weight"))
  }
}

@Suite("Files that are not HDF5, or not all of it")
struct HDF5RefusalTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func bytes(_ name: String) throws -> [UInt8] {
    let input = try InputFile(path: fixture("hdf5/\(name).h5"))
    return try input.bytes(at: 0, count: input.byteCount)
  }

  @Test("An empty file is cut short")
  func refusesEmptyFile() throws {
    let path = try folder.write([], to: "empty.h5")
    let error = try #require(throws: FormatError.self) { try HDF5Archive(path: path) }
    #expect(error == FormatError(.truncated(expectedBytes: 8, actualBytes: 0), path: path))
  }

  @Test("A file without the signature is malformed")
  func refusesOtherFormats() throws {
    let path = try folder.write([UInt8](repeating: 7, count: 5000), to: "other.h5")
    let error = try #require(throws: FormatError.self) { try HDF5Archive(path: path) }
    let kind = FormatError.Kind.malformed("no HDF5 signature at byte 0, 512, 1024, 2048 and so on")
    #expect(error == FormatError(kind, path: path))
  }

  @Test("A directory and a missing file are told from a file")
  func refusesWhatIsNoFile() throws {
    let directory = try #require(throws: FormatError.self) { try HDF5Archive(path: folder.path) }
    #expect(directory == FormatError(.notAFile(found: "a directory"), path: folder.path))
    let missing = folder.file("missing.h5")
    let error = try #require(throws: FormatError.self) { try HDF5Archive(path: missing) }
    #expect(error == FormatError(.cannotRead(reason: "No such file or directory"), path: missing))
  }

  @Test("A file cut short says how long it should be", arguments: ["types", "latest", "userblock"])
  func refusesTruncatedFiles(_ name: String) throws {
    let whole = try bytes(name)
    for count in [whole.count - 1, whole.count / 2, 1500] {
      let path = try folder.write(Array(whole.prefix(count)), to: "short.h5")
      let error = try #require(throws: FormatError.self) { try HDF5Archive(path: path) }
      #expect(error == FormatError(.truncated(expectedBytes: whole.count, actualBytes: count), path: path))
    }
  }

  @Test("A file cut off inside its superblock is cut short")
  func refusesTruncatedSuperblock() throws {
    let path = try folder.write(Array(bytes("types").prefix(20)), to: "short.h5")
    let error = try #require(throws: FormatError.self) { try HDF5Archive(path: path) }
    #expect(error == FormatError(.truncated(expectedBytes: 48, actualBytes: 20), path: path))
  }

  @Test("The signature is recognized where a superblock may be, and nowhere else")
  func recognizesSignature() throws {
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    for place in [0, 512, 1024, 2048] {
      #expect(HDF5Archive.recognizes([UInt8](repeating: 0, count: place) + signature))
    }
    #expect(!HDF5Archive.recognizes([0] + signature))
    #expect(!HDF5Archive.recognizes(Array(signature.dropLast())))
    #expect(!HDF5Archive.recognizes([]))
  }
}
