// Faults of files, as facts, and their wording.

/// A file is not what its format promises, or cannot be read or written.
public struct FormatError: Error, Hashable, Sendable {
  /// The fault.
  public enum Kind: Hashable, Sendable {
    /// The system would not open or read the file.
    case cannotRead(reason: String)
    /// The system would not create or write the file.
    case cannotWrite(reason: String)
    /// The path does not name a file; what it names, such as "a directory".
    case notAFile(found: String)
    /// The file ends before its contents do.
    case truncated(expectedBytes: Int, actualBytes: Int)
    /// The bytes break the format's rules: what, in one clause.
    case malformed(String)
    /// No reader knows the file; what it looks like, if that is known.
    case unknownFormat(looksLike: String?)
    /// The file is something else than a checkpoint: what, and what to do where that is known.
    case notACheckpoint(found: String, advice: String?)
    /// The file is of a version that this program is too old for.
    case newerVersion(found: Int, supported: Int)
    /// The file was written to, cut or replaced while it was read.
    case changedWhileRead
    /// The process that reads the file for this one did not finish: what became of it, in one clause.
    case readerFailed(String)
    /// Stored bytes are not those that were written.
    case checksumMismatch(part: String)
    /// No tensor of the file can be read: why.
    case noTensors(besides: [SkippedObject])
    /// An element type that no tensor of such a model has.
    case unsupportedElementType(String)
    /// An unsupported feature of the format, and what to do instead.
    case unsupported(String, advice: String)
    /// An external file of weights is missing or too short; a file in its folder with the expected size, if there is one.
    case missingData(of: String, foundBytes: Int?, candidate: String?)
    /// No tensor has the requested name.
    case missingTensor(nearest: String?)
  }

  /// The fault.
  public var kind: Kind
  /// The file.
  public var path: String?
  /// The tensor at fault, where it is one.
  public var tensor: String?
  /// Offset of the fault from the start of the file, in bytes.
  public var byteOffset: Int?

  /// Describes a fault.
  public init(_ kind: Kind, path: String? = nil, tensor: String? = nil, byteOffset: Int? = nil) {
    self.kind = kind
    self.path = path
    self.tensor = tensor
    self.byteOffset = byteOffset
  }
}

extension FormatError: CustomStringConvertible {
  /// One line: file, tensor, offset, what was expected and found, what to do.
  public var description: String {
    var parts: [String] = []
    if let path { parts.append(path) }
    if let tensor { parts.append("tensor \(tensor)") }
    if let byteOffset { parts.append("byte \(byteOffset)") }
    parts.append(kind.text)
    return parts.joined(separator: ": ").escapingControlCharacters
  }
}

extension FormatError.Kind {
  fileprivate var text: String {
    switch self {
    case .cannotRead(let reason):
      "cannot be read: \(reason)"
    case .cannotWrite(let reason):
      "cannot be written: \(reason)"
    case .notAFile(let found):
      "is \(found), expected a file"
    case .truncated(let expected, let actual):
      "is cut short: expected \(expected) bytes, found \(actual); copy or download it again"
    case .malformed(let what):
      "is malformed: \(what)"
    case .unknownFormat(let looksLike?):
      "is \(looksLike), which is not read"
    case .unknownFormat(nil):
      "is in no format that is read (HDF5, ONNX, PyTorch, safetensors, .sedge)"
    case .notACheckpoint(let found, let advice?):
      "is \(found); \(advice)"
    case .notACheckpoint(let found, nil):
      "is \(found), which is not read"
    case .newerVersion(let found, let supported):
      "has version \(found), this program reads up to version \(supported); use a newer Sedge"
    case .changedWhileRead:
      "was changed while it was read; wait until nothing writes it, then do it again"
    case .readerFailed(let how):
      "is damaged: \(how); copy or download it again, or rewrite it with h5repack"
    case .checksumMismatch(let part):
      "\(part) does not match its checksum: the file was damaged or changed; copy it again or convert anew"
    case .noTensors(let skipped):
      (skipped.contains { $0.name == "param_groups" }
        ? "holds the state of an optimizer and no weights; give the model's own file: "
        : "holds no tensor that is read; ") + Self.text(of: skipped)
    case .unsupportedElementType(let name):
      "has elements of type \(name), expected floating-point numbers"
    case .unsupported(let what, let advice):
      "uses \(what), which is not read; \(advice)"
    case .missingData(let model, let foundBytes, let candidate):
      (foundBytes.map { "is cut short, with \($0) bytes" } ?? "is missing")
        + ", and holds weights of \(model); "
        + (candidate.map { "\($0) has its size: if it is that file, give it this name" } ?? "put it there")
    case .missingTensor(let nearest?):
      "is missing; did you mean \(nearest)?"
    case .missingTensor(nil):
      "is missing"
    }
  }
  /// The first of some objects, tensors before others; those of the same reason together.
  private static func text(of skipped: [SkippedObject]) -> String {
    let objects = skipped.filter(\.isTensor) + skipped.filter { !$0.isTensor }
    var reasons: [String] = []
    var names: [String: [String]] = [:]
    for object in objects {
      if names[object.reason] == nil { reasons.append(object.reason) }
      names[object.reason, default: []].append(object.name)
    }
    let shown = reasons.prefix(3).map { reason in
      let same = names[reason] ?? []
      return "\(same.first ?? "")\(same.count > 1 ? " and \(same.count - 1) more" : ""): \(reason)"
    }
    return shown.joined(separator: "; ") + (reasons.count > 3 ? "; and more" : "")
  }
}
