// Regular expressions for names, matched in linear time.

/// A regular expression that is searched in names.
///
/// It has literals, `.`, `[a-z]`, `[^a-z]`, `\d`, `\w`, `\s` and their opposites, `^`, `$`, `\b`, groups, `|`, and the
/// quantifiers `*`, `+`, `?`, `{n}`, `{n,}`, `{n,m}`, lazy or not. Lookaround, references and flags are refused: a pattern
/// must take no longer than its length times that of a name, whoever wrote the names.
///
/// Source: Thompson, "Regular expression search algorithm", CACM 11 (1968).
package struct NamePattern: Hashable, Sendable {
  /// Why a text is no pattern, in one clause.
  package struct Fault: Error, Hashable, Sendable {
    /// The clause.
    package var text: String
  }

  /// The pattern as it was written.
  package let text: String
  private let steps: [NamePatternStep]

  /// Reads a pattern.
  ///
  /// - Throws: ``Fault`` where it is none.
  package init(_ text: String) throws(Fault) {
    self.text = text
    var parser = NamePatternParser(text)
    steps = try parser.program()
  }

  /// Whether the pattern matches a part of a name.
  ///
  /// - Complexity: The length of the name times that of the pattern.
  package func occurs(in name: String) -> Bool {
    var threads = Threads(capacity: steps.count)
    var next = Threads(capacity: steps.count)
    var previous: Unicode.Scalar?
    var rest = name.unicodeScalars[...]
    while true {
      let scalar = rest.popFirst()
      // A match may begin at each place.
      if follow(0, into: &threads, previous: previous, scalar: scalar) { return true }
      guard let scalar else { return false }
      next.removeAll()
      for index in threads.list {
        guard case .scalar(let set) = steps[index], set.contains(scalar) else { continue }
        if follow(index + 1, into: &next, previous: scalar, scalar: rest.first) { return true }
      }
      swap(&threads, &next)
      previous = scalar
    }
  }

  /// The steps that wait for the next scalar.
  private struct Threads {
    var list: [Int] = []
    private var isListed: [Bool]

    init(capacity: Int) { isListed = [Bool](repeating: false, count: capacity) }

    mutating func insert(_ step: Int) -> Bool {
      guard !isListed[step] else { return false }
      isListed[step] = true
      list.append(step)
      return true
    }

    mutating func removeAll() {
      for step in list { isListed[step] = false }
      list.removeAll(keepingCapacity: true)
    }
  }

  /// Adds a step and all that it leads to without a scalar; whether that is the end of the pattern.
  private func follow(
    _ start: Int, into threads: inout Threads, previous: Unicode.Scalar?, scalar: Unicode.Scalar?
  ) -> Bool {
    var open = [start]
    while let index = open.popLast() {
      guard threads.insert(index) else { continue }
      switch steps[index] {
      case .scalar: break
      case .fork(let one, let other): open += [one, other]
      case .start: if previous == nil { open.append(index + 1) }
      case .end: if scalar == nil { open.append(index + 1) }
      case .boundary(let isExpected):
        let isBoundary =
          (previous.map(ScalarSet.word.contains) ?? false) != (scalar.map(ScalarSet.word.contains) ?? false)
        if isBoundary == isExpected { open.append(index + 1) }
      case .match: return true
      }
    }
    return false
  }
}

/// A step of the automaton of a pattern.
enum NamePatternStep: Hashable, Sendable {
  case scalar(ScalarSet)
  case fork(Int, Int)
  case start, end
  case boundary(Bool)
  case match
}

/// A set of scalars.
struct ScalarSet: Hashable, Sendable {
  var ranges: [ClosedRange<Unicode.Scalar>] = []
  var isInverted = false

  static let digits = ScalarSet(ranges: ["0"..."9"])
  static let word = ScalarSet(ranges: ["0"..."9", "A"..."Z", "_"..."_", "a"..."z", "\u{AA}"..."\u{10FFFF}"])
  static let blanks = ScalarSet(ranges: ["\t"..."\r", " "..." "])
  static let any = ScalarSet(isInverted: true)

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    ranges.contains { $0.contains(scalar) } != isInverted
  }
}
