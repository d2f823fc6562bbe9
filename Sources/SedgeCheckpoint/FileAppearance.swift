// What files are that are no checkpoints, told by their bytes.

import SedgeTensor

/// What a file looks like that no reader takes, and what to do.
package struct FileAppearance {
  /// A noun, such as `a web page`.
  var name: String
  /// The way out, where there is one.
  var advice: String?

  /// The error for a file of this kind.
  func error(path: String) -> FormatError {
    FormatError(.notACheckpoint(found: name, advice: advice), path: path)
  }

  private init(_ name: String, _ advice: String? = nil) { (self.name, self.advice) = (name, advice) }

  private static let unpack = "unpack it and give the checkpoint in it"
  private static let original = "use the model that it was made from"
  private static let repack = "pack its folder again: zip -0 -r MODEL.pth FOLDER"
  private static let again = "download or copy it again"

  /// Bytes at an offset, what they tell and the way out; the first that fits counts.
  private static let signatures: [(offset: Int, bytes: [UInt8], name: String, advice: String?)] = [
    (0, [0x1F, 0x8B], "compressed with gzip", "unpack it with gunzip or tar -xzf"),
    (0, Array("BZh".utf8), "compressed with bzip2", "unpack it with bunzip2 or tar -xjf"),
    (0, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "compressed with xz", "unpack it with unxz or tar -xJf"),
    (0, [0x28, 0xB5, 0x2F, 0xFD], "compressed with zstd", "unpack it with zstd -d"),
    (0, [0x04, 0x22, 0x4D, 0x18], "compressed with lz4", "unpack it with lz4 -d"),
    (0, [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "a 7z archive", unpack),
    (0, Array("Rar!".utf8), "a RAR archive", unpack),
    (257, Array("ustar".utf8), "a tar archive", "unpack it with tar -xf and give the checkpoint in it"),
    (4, Array("TFL3".utf8), "a TensorFlow Lite model", original),
    (4, Array("ORTM".utf8), "an ONNX Runtime model (.ort)", "use the .onnx file that it was made from"),
    (4, Array("ET1".utf8), "an ExecuTorch program", "use the state dict that it was made from"),
    (0, Array("GGUF".utf8), "a GGUF file", original),
    (0, Array("lmgg".utf8), "a GGML file", original), (0, Array("tjgg".utf8), "a GGML file", original),
    (0, Array("fmgg".utf8), "a GGML file", original), (0, Array("algg".utf8), "a GGML file", original),
    (0, Array("ftrt".utf8), "a TensorRT engine", original),
    (0, Array("ptrt".utf8), "a TensorRT engine", original),
    (
      0, [0x93] + Array("NUMPY".utf8), "a NumPy array (.npy)",
      "save all tensors by name: safetensors.numpy.save_file(arrays, PATH)"
    ),
    (
      0, Array("MATLAB 5.0 MAT-file".utf8), "a MATLAB file of version 5",
      "save it by name as safetensors or HDF5: safetensors.numpy.save_file(scipy.io.loadmat(PATH), ...)"
    ),
    (0, Array("%PDF".utf8), "a PDF document", nil),
    (0, Array("SQLite format 3".utf8), "a SQLite database", nil),
    (0, [0x7F] + Array("ELF".utf8), "a program or library", nil),
    (12, Array("CgBI".utf8), "a picture (PNG as iPhones have it, CgBI)", nil),
    (0, [0x89] + Array("PNG".utf8), "a picture (PNG)", nil),
    (0, [0xFF, 0xD8, 0xFF], "a picture (JPEG)", nil),
    (0, [0xFF, 0x0A], "a picture (JPEG XL)", nil),
    (0, [0, 0, 0, 0x0C] + Array("JXL ".utf8), "a picture (JPEG XL)", nil),
    (0, [0, 0, 0, 0x0C] + Array("jP  ".utf8), "a picture (JPEG 2000)", nil),
    (0, [0xFF, 0x4F, 0xFF, 0x51], "a picture (JPEG 2000)", nil),
    (8, Array("WEBP".utf8), "a picture (WebP)", nil), (0, Array("GIF8".utf8), "a picture (GIF)", nil),
    (0, Array("II*\0".utf8), "a picture (TIFF)", nil), (0, Array("MM\0*".utf8), "a picture (TIFF)", nil),
    (8, Array("avif".utf8), "a picture (AVIF)", nil), (8, Array("avis".utf8), "a picture (AVIF)", nil),
    (8, Array("heic".utf8), "a picture (HEIC)", nil), (8, Array("heix".utf8), "a picture (HEIC)", nil),
    (8, Array("hevc".utf8), "a picture (HEIC)", nil), (8, Array("mif1".utf8), "a picture (HEIF)", nil),
    (8, Array("msf1".utf8), "a picture (HEIF)", nil),
    (4, Array("ftyp".utf8), "a video or picture (ISO media)", nil),
    (0, Array("8BPS".utf8), "a picture (Photoshop)", nil),
    (0, Array("CDF\u{1}".utf8), "a NetCDF file of version 3", nil),
  ]

  /// Tells a file by its first bytes and its last; `nil` where they tell nothing.
  ///
  /// - Parameters:
  ///   - prefix: The first bytes, 4096 where there are as many.
  ///   - path: The file, whose end and whose text are looked at where the first bytes ask for it.
  init?(prefix: [UInt8], path: String) {
    if let signature = Self.signatures.first(where: { prefix.dropFirst($0.offset).starts(with: $0.bytes) }) {
      self.init(signature.name, signature.advice)
    } else if prefix.starts(with: [0x50, 0x4B]), let zip = Self.zip(path) {
      self = zip
    } else if let other = Self.bitmap(prefix) ?? Self.protocolBuffers(prefix) {
      self = other
    } else if let text = Self.text(prefix) {
      self = text
    } else if prefix.allSatisfy({ $0 == 0 }) {
      self.init("nothing but zeros, as far as was looked", "the download was not finished; \(Self.again)")
    } else if let other = Self.messagePack(prefix) ?? Self.tensorFlow(path) {
      self = other
    } else {
      return nil
    }
  }

  // MARK: Binary formats

  private static func bitmap(_ prefix: [UInt8]) -> FileAppearance? {
    // The size of the header follows the file's size, 4 bytes of zeros, and the offset of the pixels.
    guard prefix.starts(with: Array("BM".utf8)), prefix.count > 17, prefix[6..<10].allSatisfy({ $0 == 0 }),
      [12, 40, 52, 56, 64, 108, 124].contains(prefix[14])
    else { return nil }
    return FileAppearance("a picture (BMP)")
  }

  /// Messages that start with a small number and a message: Core ML's models, TensorFlow's.
  private static func protocolBuffers(_ prefix: [UInt8]) -> FileAppearance? {
    guard prefix.count > 8, prefix[0] == 0x08, prefix[1] < 0x40, prefix[2] == 0x12 else { return nil }
    guard let end = prefix[3..<8].firstIndex(where: { $0 < 0x80 }), prefix[end + 1] == 0x0A else {
      return nil
    }
    let marks = [
      "serve", "AssignVariableOp", "VarHandleOp", "StatefulPartitionedCall", "Placeholder", "NoOp",
    ]
    if prefix[1] == 1, marks.contains(where: { contains(prefix, $0) }) { return savedModel }
    return prefix[1] <= 16 ? FileAppearance("a Core ML model (.mlmodel)", original) : nil
  }

  private static let distributed = FileAppearance(
    "a distributed checkpoint of PyTorch",
    "make one file of its folder: python -m torch.distributed.checkpoint.format_utils dcp_to_torch FOLDER MODEL.pth"
  )

  private static let savedModel = FileAppearance(
    "a TensorFlow SavedModel", "save its variables by name as HDF5 or safetensors")

  private static func messagePack(_ prefix: [UInt8]) -> FileAppearance? {
    guard prefix.count > 2, (0x81...0x8F).contains(prefix[0]) || prefix[0] == 0xDE else { return nil }
    let key = prefix[0] == 0xDE ? 3 : 1
    guard key < prefix.count, (0xA1...0xBF).contains(prefix[key]) || prefix[key] == 0xD9 else { return nil }
    return FileAppearance(
      "MessagePack, as Flax saves it",
      "save its arrays by name: safetensors.flax.save_file(flax.traverse_util.flatten_dict(params, sep=\".\"), PATH)"
    )
  }

  /// The last bytes of a table of LevelDB, which a TensorFlow checkpoint's index is.
  private static func tensorFlow(_ path: String) -> FileAppearance? {
    guard let file = try? InputFile(path: path), file.byteCount >= 8,
      let end = try? file.bytes(at: file.byteCount - 8, count: 8),
      end == [0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB]
    else { return nil }
    return FileAppearance(
      "the index of a TensorFlow checkpoint", "save its variables by name as HDF5 or safetensors")
  }

  // MARK: Archives

  private static func zip(_ path: String) -> FileAppearance? {
    guard let file = try? InputFile(path: path),
      let end = try? file.bytes(
        at: max(0, file.byteCount - (1 << 16)), count: min(file.byteCount, 1 << 16))
    else { return nil }
    let names = entryNames(end)
    let has = { (holds: (String) -> Bool) in names.contains(where: holds) }
    if has({ $0.hasSuffix("model.weights.h5") }) {
      return FileAppearance("a Keras model (.keras)", "unpack it and give model.weights.h5")
    }
    if has({ $0.hasSuffix("archive_format") || $0.hasSuffix("serialized_exported_program.json") }) {
      return FileAppearance(
        "an exported program of PyTorch (.pt2)",
        "save its weights: torch.save(torch.export.load(PATH).state_dict, ...)")
    }
    if has({ $0.hasSuffix("/weight.bin") || $0.hasSuffix(".mlmodel") }) {
      return FileAppearance("a Core ML package", original)
    }
    if has({ $0 == "[Content_Types].xml" }) { return FileAppearance("an office document") }
    if has({ $0.hasSuffix(".pkl") }) { return nil }
    if !names.isEmpty, names.allSatisfy({ $0.hasSuffix(".npy") }) {
      return FileAppearance(
        "a NumPy archive (.npz)",
        "save it as safetensors: safetensors.numpy.save_file(dict(numpy.load(PATH)), ...)")
    }
    let models = [".pth", ".pt", ".bin", ".ckpt", ".h5", ".hdf5", ".onnx", ".safetensors", ".sedge"]
    if let model = names.first(where: { name in models.contains { name.hasSuffix($0) } }) {
      return FileAppearance("a zip archive with \(model) in it", "unpack it and give that")
    }
    return nil
  }

  /// The names in as much of a zip archive's directory as its end has.
  private static func entryNames(_ end: [UInt8]) -> [String] {
    // An archive in the archive has a directory too: the outer one ends where the last record begins.
    guard
      let record = (0..<max(end.count - 21, 0)).last(where: { end[$0...].starts(with: [0x50, 0x4B, 5, 6]) })
    else { return [] }
    let size = (0..<4).reduce(0) { $0 | Int(end[record + 12 + $1]) << (8 * $1) }
    var names: [String] = []
    var index = max(record - size, 0)
    while index + 46 <= record, names.count < 4096 {
      guard end[index...].starts(with: [0x50, 0x4B, 1, 2]) else {
        index += 1
        continue
      }
      let lengths = [28, 30, 32].map { Int(end[index + $0]) | Int(end[index + $0 + 1]) << 8 }
      guard index + 46 + lengths[0] <= record else { break }
      names.append(String(decoding: end[(index + 46)..<(index + 46 + lengths[0])], as: UTF8.self))
      index += 46 + lengths.reduce(0, +)
    }
    return names
  }

  // MARK: Folders

  /// Tells a folder by what is in it.
  ///
  /// - Parameter contains: Whether it has something of a name.
  init?(folderWith contains: (String) -> Bool) {
    if contains("__0_0.distcp") {
      self = Self.distributed
    } else if contains("saved_model.pb") {
      self = Self.savedModel
    } else if contains("Manifest.json"), contains("Data") {
      self.init("a Core ML package (.mlpackage)", Self.original)
    } else if contains("data.pkl"), contains("version") || contains("data") {
      self.init("an unpacked PyTorch file", Self.repack)
    } else if contains("checkpoint"), contains("variables") {
      self.init("a TensorFlow checkpoint", "save its variables by name as HDF5 or safetensors")
    } else {
      return nil
    }
  }

  // MARK: Text

  private static func text(_ prefix: [UInt8]) -> FileAppearance? {
    guard prefix.count >= 4 else { return nil }
    var bytes = prefix[...]
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    guard bytes.allSatisfy({ $0 >= 0x20 || [0x09, 0x0A, 0x0C, 0x0D].contains($0) }) else { return nil }
    // The last character may be cut.
    let decoded = String(decoding: bytes, as: UTF8.self)
    guard !decoded.dropLast(3).contains("\u{FFFD}") else { return nil }
    let text = decoded.drop { $0.isWhitespace }
    let lower = text.prefix(2048).lowercased()
    if [
      "Entry not found", "404", "403", "Not Found", "Invalid username", "Invalid credentials", "Access to",
      "Temporary Redirect",
    ]
    .contains(where: text.hasPrefix), text.count < 400 {
      return FileAppearance(
        "a server's answer (\"\(text.prefix(60).split(whereSeparator: \.isNewline).first ?? "")\")", again)
    }
    if text.hasPrefix("version https://git-lfs") { return lfsPointer(text) }
    if lower.hasPrefix("<!doctype html") || lower.hasPrefix("<html") || lower.hasPrefix("<head") {
      return webPage(text)
    }
    if text.hasPrefix("<") {
      if lower.contains("<net ") {
        return FileAppearance(
          "the graph of an OpenVINO model",
          "its weights are in the .bin file beside it; use the .onnx file that it was made from")
      }
      if lower.contains("<error>") || lower.contains("accessdenied") || lower.contains("nosuchkey") {
        return answer(between("<Code>", "</Code>", in: text))
      }
      return FileAppearance("XML")
    }
    if text.hasPrefix("{") || text.hasPrefix("[") { return json(text) }
    if lower.hasPrefix("ir_version:") || (lower.contains("graph {") && lower.contains("producer_name:")) {
      return FileAppearance(
        "ONNX as text",
        "save it as binary: onnx.save(google.protobuf.text_format.Parse(text, onnx.ModelProto()), PATH)")
    }
    let line = text.prefix { !$0.isNewline }
    if text.utf8.count <= 200, !line.isEmpty {
      return FileAppearance("text, which begins \"\(line.prefix(60))\"")
    }
    return FileAppearance("text")
  }

  private static func lfsPointer(_ text: Substring) -> FileAppearance {
    let size = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("size ") }.flatMap {
      Int($0.dropFirst("size ".count))
    }
    return FileAppearance(
      "a Git LFS pointer" + (size.map { " to a file of \($0) bytes" } ?? ""),
      "get the file itself with git lfs pull")
  }

  private static func webPage(_ text: Substring) -> FileAppearance {
    let title = between("<title>", "</title>", in: text) ?? ""
    let lower = text.lowercased()
    let advice =
      if lower.contains("virus scan") || lower.contains("drive.google") {
        "confirm the download in a browser, or use gdown"
      } else if ["log in", "login", "sign in", "signin", "password"].contains(where: { lower.contains($0) }) {
        "log in where it comes from, then \(again)"
      } else {
        "download the file itself and not the page about it"
      }
    return FileAppearance("a web page" + (title.isEmpty ? "" : " (\"\(title)\")"), advice)
  }

  private static func json(_ text: Substring) -> FileAppearance {
    let has = { (key: String) in text.contains("\"\(key)\"") }
    if has("irVersion") || (has("graph") && has("opsetImport")) {
      return FileAppearance(
        "ONNX as JSON",
        "save it as binary: onnx.save(google.protobuf.json_format.Parse(text, onnx.ModelProto()), PATH)")
    }
    if has("error") || has("errors") || has("detail") || has("message") {
      return answer(
        ["error", "message", "detail"].lazy.compactMap { between("\"\($0)\":\"", "\"", in: text) }.first)
    }
    if has("architectures") || has("model_type") || has("model_cfg") || has("vision_cfg") {
      return FileAppearance("a model's configuration", "give the file with its weights")
    }
    return FileAppearance("JSON")
  }

  /// What a server says instead of sending a file.
  private static func answer(_ words: String?) -> FileAppearance {
    FileAppearance(
      "a server's answer" + (words.map { " (\"\($0)\")" } ?? "") + " and not the file",
      "log in or ask for access where it comes from, then \(again)")
  }

  private static func between(_ start: String, _ end: String, in text: Substring) -> String? {
    guard let first = text.firstRange(of: start),
      let last = text[first.upperBound...].firstRange(of: end)
    else { return nil }
    let words = text[first.upperBound..<last.lowerBound].prefix(100).filter { !$0.isNewline }
    return words.isEmpty ? nil : String(words)
  }

  private static func contains(_ bytes: [UInt8], _ text: String) -> Bool {
    bytes.firstRange(of: Array(text.utf8)) != nil
  }
}
