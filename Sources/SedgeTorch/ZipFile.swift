// Files of torch.save since version 1.6: a zip archive of a pickle and a record for each storage.

internal import SedgeTensor

/// The contents of a zip archive that torch.save wrote.
///
/// Source: `_save` in `torch/serialization.py`, `caffe2/serialize/inline_container.h`.
struct ZipFile: PickleContents {
  let root: PickleValue
  let heap: PickleHeap
  /// Whether the elements are big-endian.
  let isBigEndian: Bool

  /// The folder that all records are in, with its slash.
  private let folder: String
  private let directory: ZipDirectory

  /// The newest version of the archive's layout that PyTorch writes.
  private static let maximumVersion = 10

  /// Reads the directory and the pickle.
  ///
  /// - Throws: ``FormatError`` (without a path) at the first fault, and for TorchScript programs.
  init(_ file: InputFile) throws(FormatError) {
    directory = try ZipDirectory(of: file)
    folder = try Self.folder(of: directory)
    let records = Records(file: file, folder: folder, directory: directory)
    try records.checkVersion(maximum: Self.maximumVersion)
    isBigEndian = try records.isBigEndian()
    var reader = PickleReader(try records.pickle(), in: file)
    root = try reader.read()
    heap = reader.heap
  }

  /// The record of a storage.
  func payload(_ storage: TorchStorage) -> StoredBytes? {
    directory.records["\(folder)data/\(storage.key)"]
  }

  /// The one folder with a `data.pkl` in it.
  private static func folder(of directory: ZipDirectory) throws(FormatError) -> String {
    // macOS puts what its Finder knows of each file beside them.
    let names = directory.records.keys.filter { !$0.hasPrefix("__MACOSX/") && !$0.hasSuffix("/") }
    let pickles = names.filter { $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }
    guard let pickle = pickles.first else {
      throw FormatError(.unknownFormat(looksLike: appearance(of: names)))
    }
    guard pickles.count == 1 else {
      throw FormatError(.malformed("the zip archive holds \(pickles.count) checkpoints"))
    }
    let folder = String(pickle.dropLast("data.pkl".count))
    let isProgram = directory.records.keys.contains {
      $0 == folder + "constants.pkl" || $0.hasPrefix(folder + "code/")
    }
    guard !isProgram else {
      throw FormatError(.unsupported("a TorchScript program", advice: TorchAdvice.saveStateDict))
    }
    return folder
  }

  /// What a zip archive is that no checkpoint is in.
  private static func appearance(of names: [String]) -> String {
    let checkpoints = names.filter { name in
      [".pth", ".pt", ".ckpt", ".bin", ".safetensors", ".h5", ".hdf5", ".onnx", ".pkl", ".tar"].contains {
        name.lowercased().hasSuffix($0)
      }
    }
    if !names.isEmpty, names.allSatisfy({ $0.hasSuffix(".npy") }) {
      return
        "an archive of NumPy's (.npz; save it anew: safetensors.numpy.save_file(dict(numpy.load(PATH)), \"model.safetensors\"))"
    }
    if let first = checkpoints.min() {
      let others = checkpoints.count > 1 ? " and \(checkpoints.count - 1) more" : ""
      return "a zip archive around \(first)\(others) (unpack it and give what is in it)"
    }
    return "a zip archive without a PyTorch checkpoint in it"
  }

  /// The small records of the archive.
  private struct Records {
    let file: InputFile
    let folder: String
    let directory: ZipDirectory

    /// A record of a few characters, without the space around them; `nil` where there is none.
    private func text(_ name: String) throws(FormatError) -> String? {
      guard let stored = directory.records[folder + name] else { return nil }
      guard stored.byteCount <= 32 else {
        throw FormatError(.malformed("the record \(name) has \(stored.byteCount) bytes"))
      }
      let text = String(decoding: try stored.bytes(from: file, in: 0..<stored.byteCount), as: UTF8.self)
      return String(text.drop(while: \.isWhitespace).prefix(while: { !$0.isWhitespace }))
    }

    func checkVersion(maximum: Int) throws(FormatError) {
      let name = directory.records[folder + "version"] == nil ? ".data/version" : "version"
      guard let text = try text(name) else { return }
      guard let version = Int(text), version > 0 else {
        throw FormatError(.malformed("the version is \"\(text)\", expected a number"))
      }
      guard version <= maximum else {
        throw FormatError(.newerVersion(found: version, supported: maximum))
      }
    }

    func isBigEndian() throws(FormatError) -> Bool {
      switch try text("byteorder") {
      case nil, "little": false
      case "big": true
      case let other?:
        throw FormatError(.malformed("the byte order is \"\(other)\", expected little or big"))
      }
    }

    func pickle() throws(FormatError) -> ByteCursor {
      let name = folder + "data.pkl"
      guard let stored = directory.records[name] else {
        throw FormatError(.malformed("the record \(name) is missing"))
      }
      guard stored.isDeflated else {
        return ByteCursor(pickle: stored.byteOffset..<stored.byteOffset + stored.byteCount, of: file)
      }
      guard stored.byteCount <= PickleLimits.byteCount else {
        throw FormatError(
          .unsupported("a deflated pickle of \(stored.byteCount) bytes", advice: TorchAdvice.saveStateDict))
      }
      return ByteCursor(pickle: try stored.bytes(from: file, in: 0..<stored.byteCount))
    }
  }
}
