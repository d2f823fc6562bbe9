// PyTorch's checkpoints as archives of tensors.

public import SedgeTensor

/// The tensors of a file that `torch.save` wrote, such as `.pth`, `.pt` and `.bin`.
///
/// Both forms are read: the zip archive of PyTorch 1.6 and newer, with records stored or deflated, and the pickles one
/// after the other that came before. Pickles are read as data. The few names that a state dict mentions are known;
/// a file that mentions any other, be it `os.system` or a class of the model, is refused by that name, and nothing in a
/// file is ever run. TorchScript programs are refused.
///
/// The state dict is looked for in the dictionaries under `model`, `state_dict`, `model_state`, `model_state_dict` and
/// `module`, and in the outermost itself. The one with most tensors is taken; that of the earlier name where two have the
/// same number. Dictionaries that nest in it are joined to names with dots. What stands beside it, such as an
/// optimizer, is in ``skipped`` and its payloads are never read.
///
/// Tensors may share storages and look at them with any strides; they read row-major and little-endian. Element types are
/// those of ``ElementType``; a state dict with complex, quantized, sparse or 8-bit floating-point tensors is refused.
///
/// Opening reads the directory, the headers and the pickle, and takes memory for those alone.
///
/// Source: `torch/serialization.py` and `torch/_utils.py` of PyTorch; `Lib/pickletools.py` of Python.
public final class TorchArchive: TensorArchive {
  /// The file as the caller named it.
  public let path: String
  /// `PyTorch`.
  public let formatName = "PyTorch"
  /// The directory, in the order of the state dict.
  public let tensors: [TensorInfo]
  /// What was passed over: by its key in the checkpoint, or its dotted name in the state dict.
  public let skipped: [SkippedObject]
  /// Integers and texts of the checkpoint that are no part of the state dict, by their dotted keys.
  public let attributes: [StoredAttributes]

  private let file: InputFile
  private let isBigEndian: Bool
  private let viewsByName: [String: StoredView]

  /// Opens a file and lists its state dict; no payload is read.
  ///
  /// - Throws: ``FormatError`` when the file is in neither form, is cut short or damaged, mentions a name that is not known,
  ///   or has a tensor that is not read or reaches outside its storage.
  public init(path: String) throws(FormatError) {
    let file = try InputFile(path: path)
    let contents: TorchContents
    do {
      contents = try TorchContents(file)
    } catch {
      throw error.at(path)
    }
    self.path = path
    self.file = file
    tensors = contents.tensors
    skipped = contents.skipped.map { SkippedObject(name: $0.name, reason: $0.reason) }
    attributes = StoredAttributes.all(ofFile: path, contents.attributes)
    isBigEndian = contents.isBigEndian
    viewsByName = contents.viewsByName
  }

  /// Whether a file that begins with these bytes may be PyTorch's: any zip archive, or the magic number of the older form.
  ///
  /// - Parameter prefix: The first 32 bytes, or more.
  public static func recognizes(_ prefix: [UInt8]) -> Bool {
    prefix.starts(with: [0x50, 0x4B, 3, 4]) || LegacyFile.magicByteCount(prefix) != nil
  }

  /// Reads one tensor into `destination`, row-major and little-endian.
  ///
  /// - Parameters:
  ///   - info: An element of ``tensors``; any other traps.
  ///   - destination: Exactly `info.byteCount` bytes; any other size traps.
  /// - Throws: ``FormatError`` when a deflated record is damaged, or the file has shrunk since it was opened.
  public func read(_ info: TensorInfo, into destination: inout MutableRawSpan) throws(FormatError) {
    guard let view = viewsByName[info.name] else {
      preconditionFailure("\(info.name) is not in this archive")
    }
    precondition(destination.byteCount == info.byteCount)
    do {
      try view.read(from: file, into: &destination)
    } catch {
      throw error.at(path, info.name)
    }
    if isBigEndian { swapBytes(of: &destination, elementByteCount: view.elementByteCount) }
  }
}

extension FormatError {
  /// The same fault, with the place of it where it has none.
  fileprivate func at(_ path: String, _ tensor: String? = nil) -> FormatError {
    FormatError(kind, path: path, tensor: self.tensor ?? tensor, byteOffset: byteOffset)
  }
}
