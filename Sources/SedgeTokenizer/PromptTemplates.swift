// The sentences that class names are put into before they are encoded.

public import SedgeTensor

/// Prompts with a place for a class name, such as "a photo of a {}.".
public struct PromptTemplates: Sendable, Hashable {
  /// The prompts in order, at least one, each with exactly one "{}".
  public let templates: [String]

  /// The 80 prompts that the released models were trained with, in their order (OpenAI CLIP's for ImageNet).
  public static let imagenet: PromptTemplates = {
    do {
      return try PromptTemplates(JSONReader.strings(in: EmbeddedData.imagenetTemplates))
    } catch {
      preconditionFailure("the embedded prompts: \(error)")
    }
  }()

  /// The prompt of the released CAT-Seg models.
  public static let catSeg: PromptTemplates = {
    do {
      return try PromptTemplates(["A photo of a {} in the scene"])
    } catch {
      preconditionFailure("the embedded prompts: \(error)")
    }
  }()

  /// Takes prompts.
  ///
  /// - Throws: `FormatError` naming the prompt, counted from 0, that has not exactly one "{}"; or where there is none.
  public init(_ templates: [String]) throws(FormatError) {
    guard !templates.isEmpty else { throw FormatError(.malformed("the list of prompts is empty")) }
    for (index, template) in templates.enumerated() {
      let count = Self.placeholderOffsets(in: template).count
      guard count == 1 else {
        throw FormatError(
          .malformed(
            "prompt \(index), \"\(template)\", has \(count) places for the class name, expected one {}"))
      }
    }
    self.templates = templates
  }

  /// Reads a JSON array of prompts.
  ///
  /// - Throws: `FormatError` where the file cannot be read, is over 16 MiB, is no JSON array of strings, or as
  ///   ``init(_:)``.
  public init(jsonFile path: String) throws(FormatError) {
    self = try FormatError.locating(path: path) { () throws(FormatError) in
      try PromptTemplates(JSONReader.strings(in: smallFile(path)))
    }
  }

  /// Every prompt with a class name, or one synonym, in its place.
  public func prompts(for className: String) -> [String] {
    templates.map { template in
      var bytes = Array(template.utf8)
      for offset in Self.placeholderOffsets(in: template) {
        bytes.replaceSubrange(offset..<(offset + 2), with: className.utf8)
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  private static func placeholderOffsets(in template: String) -> [Int] {
    let bytes = Array(template.utf8)
    return bytes.indices.dropLast().filter {
      bytes[$0] == UInt8(ascii: "{") && bytes[$0 + 1] == UInt8(ascii: "}")
    }
  }
}
