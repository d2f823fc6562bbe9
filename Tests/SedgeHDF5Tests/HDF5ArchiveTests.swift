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
      ("bfloat16_float_be", .bfloat16), ("float8_e4m3fn_float", .float8E4M3),
      ("float8_e4m3fn_u1", .float8E4M3),
      ("float8_e4m3fn_V1", .float8E4M3),
    ])
  func readsFloats(_ name: String, _ elementType: ElementType) throws {
    let file = try archive("types")
    let info = try file.info(name)
    #expect(info.elementType == elementType)
    #expect(info.shape == [3, 4])
    #expect(try file.floats(info).values == expectedFloats(12))
  }

  @Test(
    "8 bits of 5 exponent and 2 fraction bits read as the numbers that were written",
    arguments: ["float", "u1", "V1"])
  func readsE5M2(_ form: String) throws {
    let file = try archive("types")
    let info = try file.info("float8_e5m2_\(form)")
    #expect(info.elementType == .float8E5M2)
    #expect(try file.floats(info).values == (0..<12).map { Float($0) - 3 })
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
    #expect(file.tensors.count == 38)
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

  @Test("Every name of a data set is a tensor, by hard links and soft ones, and circles end")
  func followsLinks() throws {
    let file = try archive("links")
    let two = [
      "group.weight", "hard", "other.weight", "soft",
    ]
    let three = [
      "group.inner.weight", "group.relative", "other.inner.weight", "other.relative", "soft_group.weight",
      "soft_soft",
    ]
    #expect(Set(file.tensors.map(\.name)) == Set(two + three))
    for name in two { #expect(try file.floats(file.info(name)).values == expectedFloats(2), "\(name)") }
    for name in three { #expect(try file.floats(file.info(name)).values == expectedFloats(3), "\(name)") }
    let reasons = [String: String](uniqueKeysWithValues: file.skipped.map { ($0.name, $0.reason) })
    let nowhere = "it is a soft link that leads to nothing in this file"
    let outside = "it is a link into another file; copy all the data into one file"
    #expect(
      reasons == [
        "group.cycle": "another link to /", "other.cycle": "another link to /", "dangling": nowhere,
        "loop": nowhere, "through": nowhere, "outside": outside, "outside_group": outside,
      ])
  }

  @Test("More names than the file has room for are refused")
  func boundsNames() throws {
    let error = try #require(throws: FormatError.self) { try archive("many_names") }
    #expect(error.kind == .malformed("groups have more entries than the file has room for"))
  }

  @Test("Data in other files is skipped, and nothing is read there")
  func leavesOtherFiles() throws {
    let file = try archive("foreign")
    #expect(file.tensors.map(\.name) == ["weight"])
    #expect(
      file.skipped == [
        SkippedObject(
          name: "external", reason: "it is kept in another file; copy all the data into one file",
          isTensor: true),
        SkippedObject(
          name: "virtual",
          reason: "it is a virtual data set, made of others; copy all the data into one file",
          isTensor: true),
      ])
  }

  @Test("Data sets that are no tensors, or of an unsupported type, are listed as skipped")
  func tellsOfSkippedDataSets() throws {
    let file = try archive("skipped")
    #expect(file.tensors.map(\.name) == ["weight"])
    let reasons = [String: String](uniqueKeysWithValues: file.skipped.map { ($0.name, $0.reason) })
    let opaque =
      "-byte opaque values, as h5py stores bfloat16 and float8 of ml_dtypes; save it as float32, or name the type: its "
      + "attribute dtype = bfloat16, float8_e4m3fn or float8_e5m2"
    #expect(
      reasons == [
        "text": "strings", "record": "compounds", "reference": "references", "choice": "an enumeration",
        "null": "no elements and no shape", "type": "a data type", "iteration": "an integer beside the model",
        "epoch": "an integer beside the model",
        "complex": "it is of complex numbers; save the real part", "opaque": "it is of 3\(opaque)",
        "bfloat16": "it is of 2\(opaque)",
        "ragged": "it is of sequences of varying length; save it as one array",
        "array": "it is of arrays as elements; save it with their dimensions as its own",
        "long_double":
          "it is of 16-byte floating-point numbers of 15 exponent bits (bias 16383) and 64 fraction bits; save it as "
          + "float32",
        "float8_fnuz":
          "it is of 1-byte floating-point numbers of 4 exponent bits (bias 8) and 3 fraction bits; save it as float32",
      ])
    let tensors = file.skipped.filter(\.isTensor).map(\.name)
    #expect(tensors == ["array", "bfloat16", "complex", "float8_fnuz", "long_double", "opaque", "ragged"])
  }

  @Test("A name that stands for two data sets is refused")
  func refusesCollisions() throws {
    let error = try #require(throws: FormatError.self) { try archive("collision") }
    let kind = FormatError.Kind.malformed("the name stands for two data sets, a/b.c and a.b/c")
    #expect(error == FormatError(kind, path: fixture("hdf5/collision.h5"), tensor: "a.b.c"))
  }

  @Test(
    "What was never written reads as the fill value",
    arguments: [
      ("contiguous", 0), ("chunked", 0), ("gzip", 0), ("lzf", 0), ("fill", 0.5), ("fill_gzip", -1.25),
      ("fill_chunked", 3), ("never_filled", 0), ("never_filled_chunked", 0),
    ] as [(String, Float)])
  func readsUnwritten(_ name: String, _ value: Float) throws {
    let file = try archive("unwritten")
    let tensor = try file.floats(file.info(name))
    #expect(tensor == Tensor(shape: [20, 30], values: [Float](repeating: value, count: 600)))
  }

  @Test(
    "What was written in part reads as that and the fill value",
    arguments: [
      ("part", 0..<7, 0..<11, 9), ("part_gzip", 14..<20, 22..<30, 0), ("grown", 0..<7, 0..<30, 2),
    ] as [(String, Range<Int>, Range<Int>, Float)])
  func readsPartlyWritten(_ name: String, _ rows: Range<Int>, _ columns: Range<Int>, _ value: Float) throws {
    let file = try archive("unwritten")
    let written = expectedFloats(600)
    let expected = (0..<600).map { index in
      rows.contains(index / 30) && columns.contains(index % 30) ? written[index] : value
    }
    #expect(try file.floats(file.info(name)).values == expected)
  }

  @Test("What was not, or not wholly, written is noted")
  func notesUnwritten() throws {
    #expect(
      try archive("unwritten").notes == [
        "12 data sets have elements that were never written and read as the fill value: chunked, contiguous, fill and "
          + "others"
      ])
    #expect(try archive("layouts").notes.isEmpty)
  }

  @Test(
    "Sizes beyond the stored bytes are accepted up to a bound, and skipped beyond it",
    arguments: [
      ("unallocated", ["other"], ["weight": "0 of its 4000000000000 bytes"]),
      ("unallocated_chunks", [], ["weight": "20 of its 4398046511104 bytes"]),
      ("unallocated_chunk", [], ["weight": "0 of its 8 bytes"]),
      ("unallocated_sum", ["weight0", "weight1"], ["weight2": "0 of its 268435456 bytes"]),
    ])
  func boundsUnwritten(_ name: String, _ tensors: [String], _ skipped: [String: String]) throws {
    let file = try archive(name)
    #expect(file.tensors.map(\.name) == tensors)
    #expect(
      file.skipped
        == skipped.map {
          SkippedObject(
            name: $0.key,
            reason: "\($0.value) are stored, too few to take the others for its fill value; write all of it",
            isTensor: true)
        })
  }

  @Test("LZF reads as what was written, with and without other filters", arguments: ["lzf", "everything"])
  func readsLZF(_ name: String) throws {
    let file = try archive("lzf")
    #expect(try file.floats(file.info(name)) == Tensor(shape: [20, 30], values: expectedFloats(600)))
    #expect(file.skipped.isEmpty)
  }

  @Test("LZF reads runs, float64 and chunks that it does not shorten")
  func readsLZFSpecially() throws {
    let file = try archive("lzf")
    #expect(try file.floats(file.info("zeros")).values == [Float](repeating: 0, count: 10_000))
    #expect(try file.floats(file.info("float64")).values == expectedFloats(300))
    #expect(try file.floats(file.info("plain")).values == expectedFloats(2))
    #expect(try file.integers(file.info("incompressible")).count == 64)
  }

  @Test(
    "A filter that libhdf5 lacks is named, and leaves the others readable",
    arguments: [
      ("blosc", "Blosc (number 32001)"), ("zstandard", "Zstandard (number 32015)"),
      ("bzip2", "bzip2 (number 307)"),
      ("lz4", "LZ4 (number 32004)"), ("bitshuffle", "bitshuffle (number 32008)"),
      ("unknown", "without a name (number 300)"),
    ])
  func namesMissingFilters(_ name: String, _ filter: String) throws {
    let file = try archive("filters")
    #expect(
      file.skipped.first { $0.name == name }
        == SkippedObject(
          name: name,
          reason:
            "it is stored through the filter \(filter), which is not read; rewrite the file where that filter is "
            + "installed: h5repack -f GZIP=4 OLD.h5 NEW.h5", isTensor: true))
    #expect(try file.floats(file.info("left_out")).values == expectedFloats(20))
    #expect(try file.floats(file.info("unwritten")).values == [Float](repeating: 0, count: 20))
  }

  @Test(
    "Structures of a newer libhdf5 are listed as skipped where this one does not know them")
  func namesNewerParts() throws {
    let file = try archive("version_2")
    #expect(try file.floats(file.info("plain")).values == expectedFloats(2))
    if let info = file.tensors.first(where: { $0.name == "chunked" }) {
      #expect(try file.floats(info).values == expectedFloats(20))
    } else {
      let skipped = try #require(file.skipped.first { $0.name == "chunked" })
      #expect(skipped.isTensor)
      #expect(
        skipped.reason.contains("does not know how it is stored (bad version number for layout message)"))
      #expect(skipped.reason.hasSuffix("without libver: NEW.create_dataset(name, data=OLD[name][...])"))
    }
    #expect(file.skipped.contains { $0.name == "complex" && $0.isTensor })
  }

  @Test("MATLAB's files are noted")
  func notesMATLAB() throws {
    let file = try archive("matlab")
    #expect(file.notes == ["written by MATLAB, which stores dimensions in reverse order"])
    #expect(try file.floats(file.info("weight")).shape == [2, 3])
    #expect(try archive("userblock").notes.isEmpty)
  }

  @Test("A file that is being written, or was not closed, is named as such")
  func refusesOpenFiles() throws {
    let path = fixture("hdf5/not_closed.h5")
    let error = try #require(throws: FormatError.self) { try archive("not_closed") }
    let kind = FormatError.Kind.cannotRead(
      reason: "a program has it open for writing, or did not close it; close it there, or remove the mark: "
        + "h5clear -s \(path)")
    #expect(error == FormatError(kind, path: path))
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
    return try TestSupport.bytes(of: fixture("hdf5/\(name).h5"))
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

  @Test("A superblock of a newer version is named")
  func refusesNewerSuperblocks() throws {
    var bytes = try bytes("latest")
    bytes[8] = 4
    let path = try folder.write(bytes, to: "newer.h5")
    let error = try #require(throws: FormatError.self) { try HDF5Archive(path: path) }
    let kind = FormatError.Kind.unsupported(
      "version 4 of HDF5's superblock",
      advice:
        "write its arrays to a new file, in h5py without libver: NEW.create_dataset(name, data=OLD[name][...])"
    )
    #expect(error == FormatError(kind, path: path))
  }

  @Test("A directory and a missing file are distinguished from a file")
  func refusesWhatIsNoFile() throws {
    let directory = try #require(throws: FormatError.self) { try HDF5Archive(path: folder.path) }
    #expect(directory == FormatError(.notAFile(found: "a directory"), path: folder.path))
    let missing = folder.file("missing.h5")
    let error = try #require(throws: FormatError.self) { try HDF5Archive(path: missing) }
    #expect(error == FormatError(.cannotRead(reason: "No such file or directory"), path: missing))
  }

  @Test("A file cut short is an error with the expected length", arguments: ["types", "latest", "userblock"])
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
