// A file with the text features of earlier runs.

import SedgeContainer
import SedgeSafetensors
package import SedgeTensor
package import SedgeTokenizer

/// A cache of text features in a safetensors file, one tensor for each class, for one identity: a digest of all inputs
/// besides the class name.
///
/// A file that is missing, damaged or of another identity counts as empty. The file is replaced as a whole; of several
/// simultaneous writers the last one wins.
package struct TextFeatureCache {
  /// The default limit of bytes of tensors and header entries: 1 GB.
  package static let defaultByteLimit = 1_000_000_000
  /// The limit of bytes of header entries; the format allows 100 MB.
  private static let headerByteLimit = 50_000_000
  /// The identity of the file.
  private static let format = "sedge text features"
  /// The tolerance of a vector's squared length, which is 1: float32 rounds each element by at most 2⁻²³ of itself, and
  /// so the sum of squares by 2⁻²²; four times that.
  private static let unitTolerance = 0x1p-20

  private let path: String
  private let identity: String
  private let shape: [Int]
  private let byteLimit: Int

  /// Describes a cache; no file is read.
  ///
  /// - Parameters:
  ///   - identity: Different wherever features may differ.
  ///   - shape: The shape of one class's features: prompts x embedding.
  ///   - byteLimit: The limit of the file; beyond it the classes of the oldest lists are dropped.
  package init(path: String, identity: String, shape: [Int], byteLimit: Int = defaultByteLimit) {
    self.path = path
    self.identity = identity
    self.shape = shape
    self.byteLimit = byteLimit
  }

  // MARK: Reading

  /// The stored features by class, bit-identical to computed ones; damaged features are left out.
  package func features(of classes: [ClassName]) -> [Tensor?] {
    guard let archive = archive() else { return classes.map { _ in nil } }
    let infos = Dictionary(archive.tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    return classes.map { item in
      let name = Self.tensorName(of: item)
      // Swift's strings compare by canonical equivalence; names must be equal byte for byte.
      guard let info = infos[name], info.name.utf8.elementsEqual(name.utf8), isFit(info),
        let features = try? archive.floats(info),
        Self.checksumText(of: features) == archive.metadata[name], hasUnitVectors(features)
      else { return nil }
      return features
    }
  }

  /// The file; `nil` where it is missing, damaged or of another identity.
  private func archive() -> SafetensorsArchive? {
    guard let archive = try? SafetensorsArchive(path: path), archive.metadata["format"] == Self.format,
      archive.metadata["identity"] == identity
    else { return nil }
    return archive
  }

  private func isFit(_ info: TensorInfo) -> Bool { info.elementType == .float32 && info.shape == shape }

  private func hasUnitVectors(_ features: Tensor) -> Bool {
    let width = features.shape[1]
    return (0..<features.shape[0]).allSatisfy { row in
      let squares = features.values[row * width..<(row + 1) * width].reduce(0.0) {
        $0 + Double($1) * Double($1)
      }
      return abs(squares - 1) <= Self.unitTolerance
    }
  }

  /// The tensor name of a class; prefixed, because the format reserves a name.
  private static func tensorName(of item: ClassName) -> String { "class:\(item.name)" }

  private static func checksumText(of features: Tensor) -> String {
    unsafe String(checksum(features.values.span.bytes), radix: 16)
  }

  // MARK: Writing

  /// One tensor of the new file.
  private struct Entry {
    var info: TensorInfo
    var checksum: String
    /// The values; `nil` where the old file has them.
    var features: Tensor?

    /// The largest byte count in the header: the name twice, with every character escaped, and numbers.
    var headerByteCount: Int { 12 * info.name.utf8.count + 400 }
  }

  /// Writes a file with the features of given classes, and those of other classes in the old file.
  ///
  /// - Parameter classes: Classes of different names.
  /// - Throws: `FormatError` where it cannot be written, or another safetensors file is at its path.
  package func keep(_ classes: [(item: ClassName, features: Tensor)]) throws(FormatError) {
    if let other = try? SafetensorsArchive(path: path), other.metadata["format"] != Self.format {
      throw FormatError(.cannotWrite(reason: "another kind of file is in this place"), path: path)
    }
    let old = archive()
    let entries = entries(classes, old: old)
    var metadata = Dictionary(
      entries.map { ($0.info.name, $0.checksum) }, uniquingKeysWith: { first, _ in first })
    metadata["format"] = Self.format
    metadata["identity"] = identity
    let writer = try SafetensorsWriter(path: path, tensors: entries.map(\.info), metadata: metadata)
    for entry in entries {
      guard let features = try features(of: entry, in: old) else { continue }
      unsafe try writer.write(features.values.span.bytes, of: entry.info.name)
    }
    try writer.finish()
  }

  private func features(of entry: Entry, in old: SafetensorsArchive?) throws(FormatError) -> Tensor? {
    if let features = entry.features { return features }
    return try old?.floats(entry.info)
  }

  /// The new classes, followed by the others of the old file in its order, within the limits.
  private func entries(_ classes: [(item: ClassName, features: Tensor)], old: SafetensorsArchive?) -> [Entry]
  {
    var entries = classes.compactMap { item, features -> Entry? in
      precondition(features.shape == shape)
      let name = Self.tensorName(of: item)
      return TensorInfo(name: name, elementType: .float32, shape: shape).map {
        Entry(info: $0, checksum: Self.checksumText(of: features), features: features)
      }
    }
    let names = Set(entries.map(\.info.name))
    for info in old?.tensors ?? [] where isFit(info) && !names.contains(info.name) {
      if let checksum = old?.metadata[info.name] { entries.append(Entry(info: info, checksum: checksum)) }
    }
    var (byteCount, headerByteCount) = (0, 0)
    return entries.filter { entry in
      let header = headerByteCount + entry.headerByteCount
      let total = byteCount + entry.info.byteCount + entry.headerByteCount
      guard header <= Self.headerByteLimit, total <= byteLimit else { return false }
      (byteCount, headerByteCount) = (total, header)
      return true
    }
  }
}
