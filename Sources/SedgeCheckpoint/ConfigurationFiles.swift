// The configuration files that programs leave beside a checkpoint.

package import SedgeTensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a checkpoint and the configuration files beside it say, place by place.
package struct ConfigurationFiles {
  /// The places, those in the checkpoint first.
  package private(set) var places: [StoredAttributes]
  /// Which files could not be read, in sentences.
  package private(set) var notes: [String] = []

  /// The names under which OpenCLIP, transformers and detectron2 save configurations.
  package static let names = [
    "open_clip_config.json", "config.json", "preprocessor_config.json", "config.yaml",
  ]
  /// The largest file that is read, in bytes.
  package static let largestByteCount = 1 << 20

  /// Reads the configuration files in the folders of an archive's files.
  package init(of archive: any TensorArchive) {
    places = archive.attributes.map(Self.expanded)
    var folders: [String] = []
    for path in archive.files.map(\.path) {
      let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
      if !folders.contains(folder) { folders.append(folder) }
    }
    for folder in folders {
      for name in Self.names {
        // A name that is no file, or cannot be opened, is as if it were not there.
        guard let file = try? InputFile(path: folder + name) else { continue }
        do throws(FormatError) {
          let values = try Self.values(of: file)
          if !values.isEmpty { places.append(StoredAttributes(place: name, values: values)) }
        } catch {
          notes.append(
            "\(name): \(FormatError(error.kind, byteOffset: error.byteOffset)); nothing of it is taken")
        }
      }
    }
  }

  private static func values(of file: InputFile) throws(FormatError) -> [String: String] {
    guard file.byteCount <= largestByteCount else {
      throw FormatError(
        .malformed("it has \(file.byteCount) bytes, expected a configuration of at most \(largestByteCount)"))
    }
    let bytes = try file.bytes(at: 0, count: file.byteCount)
    if file.path.hasSuffix(".yaml") { return try FlatYAML(bytes).values }
    guard let values = FlatJSON.values(in: bytes) else {
      throw FormatError(.malformed("it is no JSON object"))
    }
    return values
  }

  /// Texts that are JSON objects, as some writers put whole configurations into one text, by their own keys.
  private static func expanded(_ attributes: StoredAttributes) -> StoredAttributes {
    var result = attributes
    for (key, text) in attributes.values.sorted(by: { $0.key < $1.key }) where text.first == "{" {
      guard let values = FlatJSON.values(in: Array(text.utf8)) else { continue }
      result.values[key] = nil
      for (inner, value) in values { result.values["\(key).\(inner)"] = value }
    }
    return result
  }
}

/// A JSON object's scalars and lists of numbers, by dotted keys.
package enum FlatJSON: Decodable {
  case scalar(String)
  case list([FlatJSON])
  case object([String: FlatJSON])
  case none

  /// How deep configurations nest, at most.
  private static let maximumDepth = 8
  /// The longest list of numbers that is one setting.
  private static let maximumListCount = 16

  package init(from decoder: any Decoder) throws {
    if let container = try? decoder.container(keyedBy: Key.self) {
      var members: [String: FlatJSON] = [:]
      for key in container.allKeys {
        members[key.stringValue] = try container.decode(FlatJSON.self, forKey: key)
      }
      self = .object(members)
    } else if var container = try? decoder.unkeyedContainer() {
      var elements: [FlatJSON] = []
      while !container.isAtEnd { elements.append(try container.decode(FlatJSON.self)) }
      self = .list(elements)
    } else {
      let container = try decoder.singleValueContainer()
      if let value = try? container.decode(Bool.self) {
        self = .scalar(value ? "true" : "false")
      } else if let value = try? container.decode(Int.self) {
        self = .scalar(String(value))
      } else if let value = try? container.decode(Double.self) {
        self = .scalar("\(value)")
      } else if let value = try? container.decode(String.self) {
        self = .scalar(value)
      } else {
        self = .none
      }
    }
  }

  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// The settings in a text; `nil` where it is no JSON object.
  package static func values(in bytes: [UInt8]) -> [String: String]? {
    guard let root = try? JSONDecoder().decode(FlatJSON.self, from: Data(bytes)), case .object = root else {
      return nil
    }
    var values: [String: String] = [:]
    root.add(to: &values, key: "", depth: 0)
    return values
  }

  private func add(to values: inout [String: String], key: String, depth: Int) {
    guard values.count < StoredAttributes.maximumCount else { return }
    switch self {
    case .none: break
    case .scalar(let text): values[key] = text
    case .list(let elements):
      let numbers = elements.compactMap { element -> String? in
        if case .scalar(let text) = element, Double(text) != nil { text } else { nil }
      }
      if (1...Self.maximumListCount).contains(numbers.count), numbers.count == elements.count {
        values[key] = "[\(numbers.joined(separator: ", "))]"
      }
    case .object(let members):
      guard depth < Self.maximumDepth else { return }
      for (name, member) in members.sorted(by: { $0.key < $1.key }) {
        member.add(to: &values, key: key.isEmpty ? name : "\(key).\(name)", depth: depth + 1)
      }
    }
  }
}
