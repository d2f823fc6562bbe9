// Files that are no checkpoints, named by their bytes.

import Foundation
import SedgeCheckpoint
import SedgeTensor
import TestSupport
import Testing

/// Bytes, and what is said of a file of them.
struct ForeignFile: CustomTestStringConvertible, Sendable {
  var bytes: [UInt8]
  var words: String
  var testDescription: String { words }

  init(_ bytes: [UInt8], _ words: String) { (self.bytes, self.words) = (bytes, words) }

  init(_ text: String, _ words: String) { self.init(Array(text.utf8), words) }

  /// Bytes at an offset, zeros before and behind.
  init(at offset: Int, _ bytes: [UInt8], first: UInt8 = 0x1C, _ words: String) {
    self.init(
      [first] + [UInt8](repeating: 0, count: offset - 1) + bytes + [UInt8](repeating: 0, count: 64), words)
  }

  /// A picture in ISO's container.
  init(brand: String, _ words: String) {
    self.init([0, 0, 0, 0x18] + Array("ftyp\(brand)".utf8) + [0, 0, 0, 0] + Array("mif1".utf8), words)
  }

  static let texts = [
    ForeignFile(
      "version https://git-lfs.github.com/spec/v1\noid sha256:0d71028bf8b6\nsize 19332096\n",
      "is a Git LFS pointer to a file of 19332096 bytes; get the file itself with git lfs pull"),
    ForeignFile(
      "<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title></head></html>",
      "is a web page (\"Google Drive - Virus scan warning\"); confirm the download in a browser, or use gdown"
    ),
    ForeignFile(
      "\n <html><head><title>Sign in</title></head><body>Log in</body></html>",
      "is a web page (\"Sign in\"); log in where it comes from, then download or copy it again"),
    ForeignFile(
      "\u{FEFF}<!doctype HTML>\n<p>x</p>",
      "is a web page; download the file itself and not the page about it"),
    ForeignFile(
      "{\"error\":\"Access to model is restricted.\"}",
      "is a server's answer (\"Access to model is restricted.\") and not the file; log in or ask for access where it comes from, then download or copy it again"
    ),
    ForeignFile(
      "<?xml version='1.0' encoding='UTF-8'?><Error><Code>AccessDenied</Code></Error>",
      "is a server's answer (\"AccessDenied\") and not the file; log in or ask for access where it comes from, then download or copy it again"
    ),
    ForeignFile(
      "<?xml version=\"1.0\"?>\n<net name=\"torch_jit\" version=\"11\">",
      "is the graph of an OpenVINO model; its weights are in the .bin file beside it; use the .onnx file that it was made from"
    ),
    ForeignFile("404: Not Found", "is a server's answer (\"404: Not Found\"); download or copy it again"),
    ForeignFile("Just words", "is text, which begins \"Just words\", which is not read"),
    ForeignFile("{\"architectures\": [\"X\"]}", "is a model's configuration; give the file with its weights"),
    ForeignFile(
      "{\"irVersion\":\"8\",\"graph\":{}}",
      "is ONNX as JSON; save it as binary: onnx.save(google.protobuf.json_format.Parse(text, onnx.ModelProto()), PATH)"
    ),
    ForeignFile(
      "ir_version: 8\nproducer_name: \"pytorch\"\ngraph {\n",
      "is ONNX as text; save it as binary: onnx.save(google.protobuf.text_format.Parse(text, onnx.ModelProto()), PATH)"
    ),
    ForeignFile(String(repeating: "words and words. ", count: 300), "is text, which is not read"),
  ]

  static let packed = [
    ForeignFile([0x1F, 0x8B, 8, 0], "is compressed with gzip; unpack it with gunzip or tar -xzf"),
    ForeignFile("BZh91AY&SY", "is compressed with bzip2; unpack it with bunzip2 or tar -xjf"),
    ForeignFile(
      [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 0, 4], "is compressed with xz; unpack it with unxz or tar -xJf"),
    ForeignFile([0x28, 0xB5, 0x2F, 0xFD, 0x24], "is compressed with zstd; unpack it with zstd -d"),
    ForeignFile(
      [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C, 0, 4], "is a 7z archive; unpack it and give the checkpoint in it"),
    ForeignFile("Rar!\u{1A}\u{7}\u{1}\0", "is a RAR archive; unpack it and give the checkpoint in it"),
    ForeignFile(
      at: 257, Array("ustar\u{0}00".utf8), first: 0x6F,
      "is a tar archive; unpack it with tar -xf and give the checkpoint in it"),
  ]

  private static let original = "use the model that it was made from"

  static let models = [
    ForeignFile(at: 4, Array("TFL3".utf8), "is a TensorFlow Lite model; \(original)"),
    ForeignFile(
      at: 4, Array("ORTM".utf8), "is an ONNX Runtime model (.ort); use the .onnx file that it was made from"),
    ForeignFile(
      at: 4, Array("ET12".utf8), "is an ExecuTorch program; use the state dict that it was made from"),
    ForeignFile(Array("GGUF".utf8) + [3, 0, 0, 0], "is a GGUF file; \(original)"),
    ForeignFile(Array("lmgg".utf8) + [1, 0, 0, 0], "is a GGML file; \(original)"),
    ForeignFile(Array("ftrt".utf8) + [0, 1, 2, 3], "is a TensorRT engine; \(original)"),
    ForeignFile(
      [0x81, 0xA6] + Array("params".utf8) + [0x81],
      "is MessagePack, as Flax saves it; save its arrays by name: safetensors.flax.save_file(flax.traverse_util.flatten_dict(params, sep=\".\"), PATH)"
    ),
    ForeignFile(
      [0, 0, 0, 0, 1, 0xC0] + [UInt8](repeating: 0, count: 40)
        + [0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB],
      "is the index of a TensorFlow checkpoint; save its variables by name as HDF5 or safetensors"),
    // SavedModel: version 1, a graph, what is known of it, its operations.
    ForeignFile(
      [0x08, 1, 0x12, 0x20, 0x0A, 0x1E, 0x12, 0x12, 0x0A, 0x10] + Array("AssignVariableOp".utf8),
      "is a TensorFlow SavedModel; save its variables by name as HDF5 or safetensors"),
    // Core ML: version 4, a description with an input named x.
    ForeignFile(
      [0x08, 4, 0x12, 7, 0x0A, 5, 0x0A, 1, 0x78, 0x1A, 0], "is a Core ML model (.mlmodel); \(original)"),
    ForeignFile(
      [0x93] + Array("NUMPY".utf8) + [1, 0],
      "is a NumPy array (.npy); save all tensors by name: safetensors.numpy.save_file(arrays, PATH)"),
    ForeignFile(
      "MATLAB 5.0 MAT-file, Platform: GLNXA64",
      "is a MATLAB file of version 5; save it by name as safetensors or HDF5: safetensors.numpy.save_file(scipy.io.loadmat(PATH), ...)"
    ),
    ForeignFile(
      [UInt8](repeating: 0, count: 5000),
      "is nothing but zeros, as far as was looked; the download was not finished; download or copy it again"),
    ForeignFile([], "is empty; download or copy it again"),
  ]

  static let pictures = [
    ForeignFile([0x89] + Array("PNG\r\n\u{1A}\n".utf8) + [0, 0, 0, 13] + Array("IHDR".utf8), "PNG"),
    ForeignFile(
      [0x89] + Array("PNG\r\n\u{1A}\n".utf8) + [0, 0, 0, 4] + Array("CgBI".utf8),
      "PNG as iPhones have it, CgBI"),
    ForeignFile([0xFF, 0xD8, 0xFF, 0xE0], "JPEG"), ForeignFile(brand: "heic", "HEIC"),
    ForeignFile(brand: "avif", "AVIF"), ForeignFile([0xFF, 0x0A, 0x41, 0x02], "JPEG XL"),
    ForeignFile([0, 0, 0, 0x0C] + Array("JXL \r\n".utf8) + [0x87, 0x0A], "JPEG XL"),
    ForeignFile([0, 0, 0, 0x0C] + Array("jP  \r\n".utf8) + [0x87, 0x0A], "JPEG 2000"),
    ForeignFile(Array("RIFF".utf8) + [4, 1, 0, 0] + Array("WEBPVP8 ".utf8), "WebP"),
    ForeignFile(Array("II*\0".utf8) + [8, 0, 0, 0], "TIFF"),
    ForeignFile(Array("MM\0*".utf8) + [0, 0, 0, 8], "TIFF"),
    ForeignFile(Array("BM".utf8) + [70, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0], "BMP"),
    ForeignFile(Array("GIF89a".utf8) + [1, 0], "GIF"),
  ].map { ForeignFile($0.bytes, "is a picture (\($0.words)), which is not read") }

  /// Zip archives by the names in them.
  static let archives: [(names: [String], words: String)] = [
    (
      ["metadata.json", "config.json", "model.weights.h5"],
      "is a Keras model (.keras); unpack it and give model.weights.h5"
    ),
    (
      ["a.npy", "b.npy"],
      "is a NumPy archive (.npz); save it as safetensors: safetensors.numpy.save_file(dict(numpy.load(PATH)), ...)"
    ),
    (
      ["m/archive_format", "m/models/model.json", "m/data/weights/weight_0"],
      "is an exported program of PyTorch (.pt2); save its weights: torch.save(torch.export.load(PATH).state_dict, ...)"
    ),
    (["Data/com.apple.CoreML/model.mlmodel"], "is a Core ML package; \(original)"),
    (["ok.pth"], "is a zip archive with ok.pth in it; unpack it and give that"),
  ]

  /// A zip archive of empty entries.
  static func zip(_ names: [String]) -> [UInt8] { TorchFile.zip(names.map { ($0, []) }) }
}

@Suite("Files that are no checkpoints")
struct FileAppearanceTests {
  private func refused(_ bytes: [UInt8]) throws -> String {
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes, to: "file")
    let error = try #require(throws: FormatError.self) { try openArchive(path: path) }
    return error.description.replacing("\(path): ", with: "")
  }

  @Test(
    "are named by their bytes, with what to do",
    arguments: ForeignFile.texts + ForeignFile.packed + ForeignFile.models + ForeignFile.pictures)
  func named(_ file: ForeignFile) throws {
    #expect(try refused(file.bytes) == file.words)
  }

  @Test("Zip archives are named by the names in them", arguments: ForeignFile.archives)
  func archives(_ archive: (names: [String], words: String)) throws {
    #expect(try refused(ForeignFile.zip(archive.names)) == archive.words)
  }

  @Test("An archive within an archive does not count as its contents")
  func nested() throws {
    let inner = ForeignFile.zip(["ok/data.pkl", "ok/version"])
    let outer = ForeignFile.zip(["ok.pth"])
    // Bytes before an archive's first entry belong to nothing: readers go by the directory at the end.
    let words = try refused(Array(outer.prefix(4)) + inner + outer)
    #expect(words == "is a zip archive with ok.pth in it; unpack it and give that")
  }

  @Test(
    "Folders are named by what is in them",
    arguments: [
      (
        ["__0_0.distcp", ".metadata"],
        "is a distributed checkpoint of PyTorch; make one file of its folder: python -m torch.distributed.checkpoint.format_utils dcp_to_torch FOLDER MODEL.pth"
      ),
      (["saved_model.pb"], "is a TensorFlow SavedModel; save its variables by name as HDF5 or safetensors"),
      (["Manifest.json", "Data"], "is a Core ML package (.mlpackage); use the model that it was made from"),
      (
        ["data.pkl", "version"],
        "is an unpacked PyTorch file; pack its folder again: zip -0 -r MODEL.pth FOLDER"
      ), (["words.txt"], "is a directory without a checkpoint in it, expected a file"),
    ])
  func folders(names: [String], words: String) throws {
    let folder = try TemporaryFolder()
    for name in names { _ = try folder.write([1], to: name) }
    let error = try #require(throws: FormatError.self) { try openArchive(path: folder.path) }
    #expect(error.description == "\(folder.path): \(words)")
  }

  @Test("A cut file of any kind throws and never traps", arguments: ForeignFile.texts + ForeignFile.models)
  func cut(_ file: ForeignFile) throws {
    for count in 0..<min(file.bytes.count, 40) { _ = try refused(Array(file.bytes.prefix(count))) }
  }
}
