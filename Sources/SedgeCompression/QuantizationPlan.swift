// The format of each tensor, as an editable JSON file.

public import SedgeQuantization
public import SedgeTensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The formats of a model's tensors, by name.
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

  /// Collects the entries.
  public init(tensors: [Entry]) { self.tensors = tensors }

  /// The largest accepted file.
  private static let largestByteCount = 1 << 24

  /// Reads a plan in the format of ``json``.
  ///
  /// - Throws: `FormatError` where it cannot be read, is no plan, or has a tensor twice.
  public init(path: String) throws(FormatError) {
    let file = try InputFile(path: path)
    guard file.byteCount <= Self.largestByteCount else {
      throw FormatError(
        .malformed("has \(file.byteCount) bytes, expected a plan of tensors' forms"), path: path)
    }
    let bytes = try file.bytes(at: 0, count: file.byteCount)
    do {
      self = try JSONDecoder().decode(QuantizationPlan.self, from: Data(bytes))
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

  /// The plan as JSON, a line for each tensor.
  public var json: String {
    let quoted = { (text: String) in
      (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
    let lines = tensors.map { "    {\"name\": \(quoted($0.name)), \"form\": \(quoted($0.form.description))}" }
    return "{\n  \"tensors\": [\n" + lines.joined(separator: ",\n") + "\n  ]\n}\n"
  }
}
