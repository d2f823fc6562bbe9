// Reading regular expressions for names.

/// Translates a pattern into steps.
struct NamePatternParser {
  private var rest: Substring.UnicodeScalarView
  private var depth = 0

  /// The most steps of a pattern, counted repetitions written out.
  private static let maximumStepCount = 4096
  private static let maximumDepth = 64

  init(_ text: String) { rest = Substring(text).unicodeScalars }

  mutating func program() throws(NamePattern.Fault) -> [NamePatternStep] {
    let steps = try alternatives()
    guard rest.isEmpty else { throw fault("has a ) without a (") }
    return steps + [.match]
  }

  private func fault(_ text: String) -> NamePattern.Fault { NamePattern.Fault(text: text) }

  private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
    guard rest.first == scalar else { return false }
    rest.removeFirst()
    return true
  }

  /// Reads sequences divided by `|`; steps are counted from the first.
  private mutating func alternatives() throws(NamePattern.Fault) -> [NamePatternStep] {
    var sequences = [try sequence()]
    while skip("|") { sequences.append(try sequence()) }
    guard sequences.reduce(0, { $0 + $1.count + 2 }) <= Self.maximumStepCount else {
      throw fault("is too long")
    }
    var steps = sequences.removeLast()
    for first in sequences.reversed() {
      let others = Self.moved(steps, by: first.count + 2)
      let end = first.count + 2 + others.count
      steps = [.fork(1, first.count + 2)] + Self.moved(first, by: 1) + [Self.jump(to: end)] + others
    }
    return steps
  }

  private mutating func sequence() throws(NamePattern.Fault) -> [NamePatternStep] {
    var steps: [NamePatternStep] = []
    while let scalar = rest.first, scalar != "|", scalar != ")" {
      let piece = try quantified(try atom())
      guard steps.count + piece.count <= Self.maximumStepCount else { throw fault("is too long") }
      steps += Self.moved(piece, by: steps.count)
    }
    return steps
  }

  // MARK: Repetition

  private mutating func quantified(_ atom: [NamePatternStep]) throws(NamePattern.Fault) -> [NamePatternStep] {
    var piece = atom
    while let range = try quantifier() {
      piece = try repeated(piece, range.least, range.most)
      _ = skip("?")  // lazy: the same names match
    }
    return piece
  }

  private mutating func quantifier() throws(NamePattern.Fault) -> (least: Int, most: Int?)? {
    if skip("*") { return (0, nil) }
    if skip("+") { return (1, nil) }
    if skip("?") { return (0, 1) }
    guard rest.first == "{" else { return nil }
    rest.removeFirst()
    guard let least = number() else { throw fault("has a { without a number") }
    var most: Int? = least
    if skip(",") { most = rest.first == "}" ? nil : number() ?? -1 }
    guard skip("}"), most.map({ $0 >= least }) ?? true else {
      throw fault("has {} without two numbers, the smaller first")
    }
    return (least, most)
  }

  private mutating func number() -> Int? {
    let digits = rest.prefix { ("0"..."9").contains($0) }
    rest.removeFirst(digits.count)
    return digits.count <= 4 ? Int(String(digits)) : nil
  }

  private func repeated(
    _ piece: [NamePatternStep], _ least: Int, _ most: Int?
  ) throws(NamePattern.Fault) -> [NamePatternStep] {
    var steps: [NamePatternStep] = []
    let size = piece.count + 2
    guard ((most ?? least) + 1).multipliedReportingOverflow(by: size).partialValue <= Self.maximumStepCount
    else {
      throw fault("is too long with its repetitions written out")
    }
    for _ in 0..<least { steps += Self.moved(piece, by: steps.count) }
    guard let most else {
      let start = steps.count
      return steps + [.fork(start + 1, start + size)] + Self.moved(piece, by: start + 1)
        + [Self.jump(to: start)]
    }
    let end = steps.count + (most - least) * (piece.count + 1)
    for _ in least..<most {
      steps.append(.fork(steps.count + 1, end))
      steps += Self.moved(piece, by: steps.count)
    }
    return steps
  }

  private static func jump(to target: Int) -> NamePatternStep { .fork(target, target) }

  /// The steps behind others.
  private static func moved(_ steps: [NamePatternStep], by offset: Int) -> [NamePatternStep] {
    steps.map { step in
      if case .fork(let one, let other) = step { .fork(one + offset, other + offset) } else { step }
    }
  }

  // MARK: Atoms

  private mutating func atom() throws(NamePattern.Fault) -> [NamePatternStep] {
    let scalar = rest.removeFirst()
    switch scalar {
    case "^": return [.start]
    case "$": return [.end]
    case ".": return [.scalar(.any)]
    case "(": return try group()
    case "[": return [.scalar(try set())]
    case "\\":
      if skip("b") { return [.boundary(true)] }
      if skip("B") { return [.boundary(false)] }
      return [.scalar(try escape())]
    case "*", "+", "?", "{": throw fault("has a \(scalar) behind nothing")
    default: return [.scalar(ScalarSet(ranges: [scalar...scalar]))]
    }
  }

  private mutating func group() throws(NamePattern.Fault) -> [NamePatternStep] {
    depth += 1
    guard depth <= Self.maximumDepth else { throw fault("nests deeper than \(Self.maximumDepth)") }
    if skip("?"), !skip(":") { throw fault("has a (?, of which only (?: is read") }
    let steps = try alternatives()
    guard skip(")") else { throw fault("has a ( without a )") }
    depth -= 1
    return steps
  }

  private mutating func escape() throws(NamePattern.Fault) -> ScalarSet {
    guard let scalar = rest.popFirst() else { throw fault("ends with a backslash") }
    switch scalar {
    case "d": return .digits
    case "w": return .word
    case "s": return .blanks
    case "D", "W", "S":
      var set: ScalarSet = scalar == "D" ? .digits : scalar == "W" ? .word : .blanks
      set.isInverted = true
      return set
    case "t": return ScalarSet(ranges: ["\t"..."\t"])
    case "n": return ScalarSet(ranges: ["\n"..."\n"])
    case "a"..."z", "A"..."Z", "0"..."9": throw fault("has a \\\(scalar), which is not read")
    default: return ScalarSet(ranges: [scalar...scalar])
    }
  }

  private mutating func set() throws(NamePattern.Fault) -> ScalarSet {
    var set = ScalarSet(isInverted: skip("^"))
    var isFirst = true
    while let scalar = rest.popFirst() {
      if scalar == "]", !isFirst { return set }
      isFirst = false
      if scalar == "\\" {
        let escaped = try escape()
        guard !escaped.isInverted else { throw fault("has an opposite in []") }
        set.ranges += escaped.ranges
      } else if scalar == "[" || scalar == "&" && rest.first == "&" {
        throw fault("has a \(scalar) in [], which is not read; write \\\(scalar)")
      } else if rest.first == "-", let last = rest.dropFirst().first, last != "]" {
        rest.removeFirst(2)
        guard last != "\\", scalar <= last else { throw fault("has a range in [] that is none") }
        set.ranges.append(scalar...last)
      } else {
        set.ranges.append(scalar...scalar)
      }
    }
    throw fault("has a [ without a ]")
  }
}
