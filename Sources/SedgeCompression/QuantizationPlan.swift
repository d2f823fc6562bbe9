// The format of each tensor, as an editable JSON file.

import SedgeContainer
public import SedgeQuantization
public import SedgeTensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The formats of a model's tensors, by name.
///
/// Its file ends with a checksum of names and formats, so that damage is told from a choice; whoever edits the file
/// removes the checksum.
public struct QuantizationPlan: Sendable, Hashable, Codable {
  /// The format of one tensor.
  public struct Entry: Sendable, Hashable, Codable {
    /// The name of the tensor.
    public var name: String
    /// The format.
    public var form: TensorFormat

    /// Collects the fields.
    public init(name: String, form: TensorFormat) {
      self.name = name
      self.form = form
    }
  }

  /// The entries, in the order of the forward pass; other tensors have the file's format.
  public var tensors: [Entry]

  /// Whether it was read from a file without a checksum, in which damage would not be found.
  public private(set) var lacksChecksum = false

  private enum CodingKeys: String, CodingKey { case tensors }

  /// Collects the entries.
  public init(tensors: [Entry]) { self.tensors = tensors }

  /// The largest accepted file.
  private static let largestByteCount = 1 << 24

  /// Reads a plan in the format of ``json``.
  ///
  /// - Throws: `FormatError` where it cannot be read, is no plan, has a tensor twice, or does not match its checksum.
  public init(path: String) throws(FormatError) {
    let file = try InputFile(path: path)
    guard file.byteCount <= Self.largestByteCount else {
      throw FormatError(
        .malformed("has \(file.byteCount) bytes, expected a plan of tensors' forms"), path: path)
    }
    let bytes = try file.bytes(at: 0, count: file.byteCount)
    do {
      let stored = try JSONDecoder().decode(StoredPlan.self, from: Data(bytes))
      self.init(tensors: stored.tensors)
      if let fault = stored.fault(of: self) { throw FormatError(fault, path: path) }
      lacksChecksum = stored.checksum == nil
    } catch let error as FormatError {
      throw error
    } catch {
      throw FormatError(
        .malformed(
          "is no plan: expected {\"tensors\": [{\"name\": ..., \"form\": ...}]} with forms of \(TensorFormat.expected); \(Self.text(error))"
        ), path: path)
    }
    var names: Set<String> = []
    for entry in tensors {
      guard names.insert(entry.name).inserted else {
        throw FormatError(.malformed("there are two forms for this tensor"), path: path, tensor: entry.name)
      }
    }
  }

  /// What a file has.
  private struct StoredPlan: Decodable {
    var tensors: [Entry]
    var checksum: String?

    private struct Key: CodingKey {
      var stringValue: String
      var intValue: Int? { nil }

      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { return nil }
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      // A checksum under a damaged name must not be passed over.
      if let other = container.allKeys.first(where: { !["tensors", "checksum"].contains($0.stringValue) }) {
        throw DecodingError.dataCorrupted(
          .init(codingPath: [], debugDescription: "there is no \(other.stringValue) in a plan"))
      }
      tensors = try container.decode([Entry].self, forKey: Key(stringValue: "tensors"))
      checksum = try container.decodeIfPresent(String.self, forKey: Key(stringValue: "checksum"))
    }

    func fault(of plan: QuantizationPlan) -> FormatError.Kind? {
      guard let checksum, checksum != plan.checksumText else { return nil }
      return .malformed(
        "its checksum is \(checksum), that of its tensors is \(plan.checksumText): if it was edited, remove the checksum, "
          + "else copy it again")
    }
  }

  private static func text(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "it is no JSON" }
    switch error {
    case .dataCorrupted(let context): return context.debugDescription
    case .keyNotFound(let key, _): return "there is no \(key.stringValue)"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      return "\(path.isEmpty ? "the whole" : path) is of another type"
    @unknown default: return "it cannot be understood"
    }
  }

  /// XXH3 (64 bits, seed 0) of ``lines``, in hexadecimal digits: line ends and spaces of the file do not matter.
  private var checksumText: String {
    let digits = unsafe String(SedgeContainer.checksum(Array(lines.utf8).span.bytes), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// The plan as JSON, a line for each tensor.
  public var json: String {
    "{\n  \"tensors\": [\n\(lines)\n  ],\n  \"checksum\": \"\(checksumText)\"\n}\n"
  }

  private var lines: String {
    let quoted = { (text: String) in
      (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
    return tensors.map { "    {\"name\": \(quoted($0.name)), \"form\": \(quoted($0.form.description))}" }
      .joined(separator: ",\n")
  }
}
