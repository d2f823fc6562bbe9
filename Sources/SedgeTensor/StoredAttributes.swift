// Text attributes stored with a model's tensors.

/// The text attributes of one place: of a file, its metadata, a configuration file.
package struct StoredAttributes: Hashable, Sendable {
  /// The place as a user finds it, without folders, such as `sed.h5` or `config.yaml`.
  package var place: String
  /// Texts by key; nested keys are joined by dots, and a list of numbers is written `[1, 2]`.
  package var values: [String: String]

  /// The longest text that a reader lists, in bytes.
  package static let maximumTextByteCount = 1 << 16
  /// The most texts that a reader lists.
  package static let maximumCount = 4096

  /// Collects the texts of a place.
  package init(place: String, values: [String: String]) {
    self.place = place
    self.values = values
  }

  /// The texts of a file; none where it has none.
  package static func all(ofFile path: String, _ values: [String: String]) -> [StoredAttributes] {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return values.isEmpty ? [] : [StoredAttributes(place: name, values: values)]
  }
}
