// Text features of classes that were encoded before, kept in a file.

import SedgeContainer
import SedgeSafetensors
package import SedgeTensor
package import SedgeTokenizer

/// A safetensors file with the text features of classes, one tensor a class, that have one identity: of all that they
/// depend on but the class's name.
///
/// It is a convenience and never at fault: where it is missing, damaged or of another identity, it is as if it were
/// empty. It is written whole; of several that write at once the last wins.
package struct TextFeatureCache {
  /// The most bytes of tensors and header entries that a file is written with; 1 GB.
  package static let defaultByteLimit = 1_000_000_000
  /// The most bytes of header entries; the format allows 100 MB.
  private static let headerByteLimit = 50_000_000
  /// What the file says that it is.
  private static let format = "sedge text features"
  /// How far a vector's squared length may be from 1: float32 rounds each element by 2⁻²³ of itself at most, and so
  /// the sum of squares by 2⁻²² of itself; four times that.
  private static let unitTolerance = 0x1p-20

  private let path: String
  private let identity: String
  private let shape: [Int]
  private let byteLimit: Int

  /// Describes a cache; nothing is read.
  ///
  /// - Parameters:
  ///   - identity: Different wherever features may be.
  ///   - shape: Of one class's features: prompts x embedding.
  ///   - byteLimit: What the file may grow to; beyond it the classes go whose list was written longest ago.
  package init(path: String, identity: String, shape: [Int], byteLimit: Int = defaultByteLimit) {
    self.path = path
    self.identity = identity
    self.shape = shape
    self.byteLimit = byteLimit
  }

  // MARK: Reading

  /// The features of each class that the file has them of, sound and bit for bit as they were computed.
  package func features(of classes: [ClassName]) -> [Tensor?] {
    guard let archive = archive() else { return classes.map { _ in nil } }
    let infos = Dictionary(archive.tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    return classes.map { item in
      let name = Self.tensorName(of: item)
      // Strings are equal where they look alike; names must be the same bytes.
      guard let info = infos[name], info.name.utf8.elementsEqual(name.utf8), isFit(info),
        let features = try? archive.floats(info),
        Self.checksumText(of: features) == archive.metadata[name], hasUnitVectors(features)
      else { return nil }
      return features
    }
  }

  /// The file, where it is a sound one of this identity.
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

  /// A class's name in the file; behind a prefix, for one name means something else to the format.
  private static func tensorName(of item: ClassName) -> String { "class:\(item.name)" }

  private static func checksumText(of features: Tensor) -> String {
    unsafe String(checksum(features.values.span.bytes), radix: 16)
  }

  // MARK: Writing

  /// One tensor of the file to be written.
  private struct Entry {
    var info: TensorInfo
    var checksum: String
    /// `nil` where the old file has them.
    var features: Tensor?

    /// Bytes in the header, at most: the name twice, with every character escaped, and numbers.
    var headerByteCount: Int { 12 * info.name.utf8.count + 400 }
  }

  /// Writes a file with the features of these classes, and with what the old one has of others.
  ///
  /// - Parameter classes: No two of one name.
  /// - Throws: `FormatError` where it cannot be written, or a safetensors file is in its place that is something else.
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

  /// The new classes, behind them the others of the old file in its order, as far as there is room.
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
