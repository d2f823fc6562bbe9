// Unicode's normalization form C.

/// Composes letters with the marks behind them (Unicode Standard Annex #15, form C).
///
/// The decompositions are a table of Unicode 14; combining classes are those of the standard library.
enum CanonicalComposition {
  /// A text in form C.
  static func composed(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    // Below U+0300 are no marks and nothing that decomposes for good.
    guard text.contains(where: { $0.value >= 0x300 }) else { return text }
    var decomposed: [Unicode.Scalar] = []
    decomposed.reserveCapacity(text.count)
    for scalar in text { appendDecomposition(of: scalar, to: &decomposed) }
    sortMarks(&decomposed)
    return recomposed(decomposed)
  }

  private static func appendDecomposition(of scalar: Unicode.Scalar, to result: inout [Unicode.Scalar]) {
    if let syllable = Hangul.decomposed(scalar) {
      result.append(contentsOf: syllable)
    } else if let mapping = mappings.decompositions[scalar] {
      for part in mapping { appendDecomposition(of: part, to: &result) }
    } else {
      result.append(scalar)
    }
  }

  /// Sorts every run of marks by combining class, equal ones left in their order.
  private static func sortMarks(_ text: inout [Unicode.Scalar]) {
    var start = 0
    while start < text.count {
      guard text[start].combiningClass != 0 else {
        start += 1
        continue
      }
      let end = text[start...].firstIndex { $0.combiningClass == 0 } ?? text.count
      let marks = text[start..<end].enumerated().sorted {
        ($0.element.combiningClass, $0.offset) < ($1.element.combiningClass, $1.offset)
      }
      text.replaceSubrange(start..<end, with: marks.map(\.element))
      start = end
    }
  }

  private static func recomposed(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(text.count)
    var starter: Int?
    for scalar in text {
      let combiningClass = scalar.combiningClass
      if let starter, !isBlocked(combiningClass, from: starter, in: result),
        let composite = composite(result[starter], scalar)
      {
        result[starter] = composite
        continue
      }
      if combiningClass == 0 { starter = result.count }
      result.append(scalar)
    }
    return result
  }

  /// Whether something between the starter and the end keeps a scalar of a class from composing.
  private static func isBlocked(_ combiningClass: UInt8, from starter: Int, in text: [Unicode.Scalar]) -> Bool
  {
    guard starter < text.count - 1, let last = text.last else { return false }
    return last.combiningClass >= combiningClass
  }

  private static func composite(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
    Hangul.composed(first, second) ?? mappings.composites[[first, second]]
  }

  /// Single steps of decomposition, and the pairs that compose.
  private static let mappings = {
    var decompositions: [Unicode.Scalar: [Unicode.Scalar]] = [:]
    var composites: [[Unicode.Scalar]: Unicode.Scalar] = [:]
    for (name, parts) in EmbeddedData.canonicalMappings {
      let isComposed = name.first != "-"
      guard let scalar = Unicode.Scalar(hexadecimal: isComposed ? name : name.dropFirst()) else { continue }
      decompositions[scalar] = parts
      if isComposed { composites[parts] = scalar }
    }
    return (decompositions: decompositions, composites: composites)
  }()
}

/// The syllables of Korean, which are composed by arithmetic (Unicode Standard, section 3.12).
private enum Hangul {
  static let syllables: UInt32 = 0xAC00
  static let leads: UInt32 = 0x1100
  static let vowels: UInt32 = 0x1161
  static let trails: UInt32 = 0x11A7
  static let (leadCount, vowelCount, trailCount): (UInt32, UInt32, UInt32) = (19, 21, 28)

  static func decomposed(_ scalar: Unicode.Scalar) -> [Unicode.Scalar]? {
    guard scalar.value >= syllables, scalar.value < syllables + leadCount * vowelCount * trailCount else {
      return nil
    }
    let index = scalar.value - syllables
    let trail = index % trailCount
    return [
      leads + index / (vowelCount * trailCount), vowels + index / trailCount % vowelCount,
      trail > 0 ? trails + trail : nil,
    ].compactMap { $0.flatMap(Unicode.Scalar.init) }
  }

  static func composed(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
    if leads..<(leads + leadCount) ~= first.value, vowels..<(vowels + vowelCount) ~= second.value {
      let index = (first.value - leads) * vowelCount + second.value - vowels
      return Unicode.Scalar(syllables + index * trailCount)
    }
    let isOpen = first.value >= syllables && (first.value - syllables) % trailCount == 0
    let isSyllable = first.value < syllables + leadCount * vowelCount * trailCount
    guard isOpen, isSyllable, (trails + 1)..<(trails + trailCount) ~= second.value else { return nil }
    return Unicode.Scalar(first.value + second.value - trails)
  }
}

extension Unicode.Scalar {
  fileprivate var combiningClass: UInt8 {
    value < 0x300 ? 0 : properties.canonicalCombiningClass.rawValue
  }
}
