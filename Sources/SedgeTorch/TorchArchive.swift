// PyTorch's checkpoints as archives of tensors.

package import SedgeTensor

/// The tensors of a file that `torch.save` wrote, such as `.pth`, `.pt` and `.bin`, or that Python's `pickle` did.
///
/// Read are the zip archive of PyTorch 1.6 and newer, with records stored or deflated, the pickles one after the other that
/// came before, and a pickle alone. Pickles are read as data, and nothing in a file is ever run: an unknown name, be it
/// `os.system` or a class of the trainer, makes an object of that name in ``skipped``. TorchScript
/// programs are refused.
///
/// The state dict is the dictionary with most tensors of those under `model`, `state_dict`, `model_state`,
/// `model_state_dict` and `module`; else the one whose siblings are only counters and the like; else the outermost.
/// Where another holds mostly tensors of the same names and shapes, such as a moving average, all of them are listed, each
/// with its key before the names. Dictionaries that nest are joined to names with dots; a module that was pickled whole is
/// its parameters and buffers. Other objects, such as an optimizer, are in ``skipped`` and their payloads are never read.
///
/// Tensors may share storages and view them with any strides; they read row-major and little-endian, and so do arrays of
/// NumPy. Element types are those of ``ElementType``; a tensor that is complex, quantized, sparse or without values is in
/// ``skipped``.
///
/// Opening reads the directory, the headers and the pickle, and takes memory for those alone.
///
/// Source: `torch/serialization.py` and `torch/_utils.py` of PyTorch; `Lib/pickletools.py` of Python.
package final class TorchArchive: TensorArchive {
  /// The file as the caller named it.
  package let path: String
  /// `PyTorch`.
  package let formatName = "PyTorch"
  /// The directory, in the order of the state dict.
  package let tensors: [TensorInfo]
  /// Skipped objects by their keys in the checkpoint or their dotted names in the state dict.
  package let skipped: [SkippedObject]
  /// That a whole module was saved, where it was.
  package let notes: [String]
  /// Integers and texts of the checkpoint that are no part of the state dict, by their dotted keys.
  package let attributes: [StoredAttributes]

  /// The file.
  package var files: [FileSnapshot] { [file.snapshot] }

  private let file: InputFile
  private let viewsByName: [String: StoredView]

  /// Opens a file and lists its state dict; no payload is read.
  ///
  /// - Throws: ``FormatError`` when the file is in no such form, is cut short or damaged, holds no tensor that is read, or
  ///   has one that reaches outside its storage.
  package init(path: String) throws(FormatError) {
    let file = try InputFile(path: path)
    let contents = try FormatError.locating(path: path) { () throws(FormatError) in try TorchContents(file) }
    self.path = path
    self.file = file
    tensors = contents.tensors
    skipped = contents.skipped
    notes = contents.notes
    attributes = StoredAttributes.all(ofFile: path, contents.attributes)
    viewsByName = contents.viewsByName
  }

  /// Whether a file that begins with these bytes may be PyTorch's: any zip archive, the magic number of the older form, or
  /// what a pickle begins with.
  ///
  /// - Parameter prefix: The first 32 bytes, or more.
  package static func recognizes(_ prefix: [UInt8]) -> Bool {
    prefix.starts(with: [0x50, 0x4B, 3, 4]) || LegacyFile.magicByteCount(prefix) != nil
      || BarePickle.recognizes(prefix)
  }

  /// Reads one tensor into `destination`, row-major and little-endian.
  ///
  /// - Parameters:
  ///   - info: An element of ``tensors``; any other traps.
  ///   - destination: Exactly `info.byteCount` bytes; any other size traps.
  /// - Throws: ``FormatError`` when a deflated record is damaged, or the file has shrunk since it was opened.
  package func read(_ info: TensorInfo, into destination: inout MutableRawSpan) throws(FormatError) {
    guard let view = viewsByName[info.name] else {
      preconditionFailure("\(info.name) is not in this archive")
    }
    precondition(destination.byteCount == info.byteCount)
    try FormatError.locating(path: path, tensor: info.name) { () throws(FormatError) in
      try view.read(from: file, into: &destination)
    }
    if view.isBigEndian { swapBytes(of: &destination, elementByteCount: view.elementByteCount) }
  }

  /// Where the elements follow each other in the file and are not compressed.
  package func readsRows(of info: TensorInfo) -> Bool { viewsByName[info.name]?.readsRows ?? false }

  /// Reads some rows of one payload.
  package func read(
    _ info: TensorInfo, rows: Range<Int>, into destination: inout MutableRawSpan
  ) throws(FormatError) {
    guard let view = viewsByName[info.name], view.readsRows else {
      preconditionFailure("\(info.name) is not read by rows")
    }
    info.require(rows, of: destination)
    guard destination.byteCount > 0 else { return }
    try FormatError.locating(path: path, tensor: info.name) { () throws(FormatError) in
      let start = view.offset * view.elementByteCount + rows.lowerBound * info.rowByteCount
      try view.payload.read(from: file, at: start, into: &destination)
    }
    if view.isBigEndian { swapBytes(of: &destination, elementByteCount: view.elementByteCount) }
  }
}
