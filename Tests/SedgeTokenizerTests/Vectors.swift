// Texts and their tokens, as another program has them.

import Foundation
import TestSupport

/// A text and its tokens without padding.
struct Vector {
  let text: String
  let tokens: [Int32]

  /// The vectors of a file in `Fixtures/tokens`.
  static func all(in name: String) throws -> [Vector] {
    let lines = try String(contentsOfFile: fixture("tokens/\(name)"), encoding: .utf8).split(separator: "\n")
    return try lines.map { line in
      let fields = line.split(separator: "\t")
      let text = try JSONDecoder().decode(String.self, from: Data(fields[0].utf8))
      return Vector(text: text, tokens: fields[1].split(separator: " ").compactMap { Int32($0) })
    }
  }
}
