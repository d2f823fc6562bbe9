// Patterns of names: the same answers as a backtracking matcher, in linear time.

import SedgeTensor
import TestSupport
import Testing

@Suite("Name patterns")
struct NamePatternTests {
  static let names = [
    "", "a", "b", "ab", "aab", "aaab", "abab", "ba", "visual.trunk.stages.0.blocks.12.mlp.fc1.weight", "fc1",
    "fc2",
    "x.y", "x_y", "x y", "x1y22", "^", "a-b", "]", "名前.重み", "aaaaaaaaaaaaaaaaaaaaaab", "stages.3", "a|b",
    "(a)",
  ]

  @Test(
    "A pattern matches what Swift's own does",
    arguments: [
      "a", "^a", "b$", "^$", "^ab$", "a*", "^a*b$", "a+b", "^a?b$", "(ab)+", "^(ab)+$", "^(?:a|b)*$", "a|b",
      "^(a|b|ab)$",
      "visual.*fc1", "stages\\.0\\..*weight$", "stages\\.[0-2]\\.", "[^a-z.0-9]", "blocks\\.\\d{2}",
      "fc[12]$",
      "x.y", "x\\.y", "x\\wy", "x\\sy", "\\D", "^\\w+$", "a{2}b", "^a{2,}b$", "^a{1,2}b$",
      "[a\\-]",
      "(a*)*b", "(a|a)*b$", "^(a?){3}b$", "重み$", "名.", "a*?b", "\\^", "[\\d]", "(|a)b", "()", "\\Bc1",
      "\\(a\\)", "a\\|b",
    ])
  func agrees(pattern: String) throws {
    let found = try NamePattern(pattern)
    let regex = try Regex(pattern)
    for name in Self.names {
      #expect(found.occurs(in: name) == name.contains(regex), "\(pattern) in \(name)")
    }
  }

  @Test(
    "Boundaries are between letters, digits and _ and anything else; a first ] stands for itself",
    arguments: [
      ("\\bfc1\\b", "mlp.fc1.weight", true), ("\\bfc\\b", "mlp.fc1.weight", false),
      ("\\bweight$", "fc_weight", false),
      ("[]]", "a]", true), ("[^]]", "]", false),
    ])
  func boundaries(pattern: String, name: String, occurs: Bool) throws {
    #expect(try NamePattern(pattern).occurs(in: name) == occurs)
  }

  @Test(
    "A text that is no pattern is refused with what is wrong",
    arguments: [
      ("(", "has a ( without a )"), (")", "has a ) without a ("), ("[a", "has a [ without a ]"),
      ("*", "has a * behind nothing"),
      ("a\\", "ends with a backslash"), ("(?=a)", "has a (?, of which only (?: is read"),
      ("(a)\\1", "has a \\1, which is not read"),
      ("a{2,1}", "has {} without two numbers, the smaller first"),
      ("[z-a]", "has a range in [] that is none"),
      ("((a{99}){99}){99}", "is too long with its repetitions written out"),
      (String(repeating: "(", count: 100), "nests deeper than 64"),
      (String(repeating: "a", count: 5000), "is too long"),
    ])
  func refuses(pattern: String, text: String) {
    let error = #expect(throws: NamePattern.Fault.self) { try NamePattern(pattern) }
    #expect(error?.text == text)
  }

  @Test(
    "Patterns that take a backtracking matcher for ever are linear in the name",
    arguments: ["(a*)*$", "(a|a)*c", ".*.*.*x", "(a+)+b", "a{0,50}a{0,50}c"])
  func linear(pattern: String) throws {
    let found = try NamePattern(pattern)
    let seconds = processorSeconds { _ = found.occurs(in: String(repeating: "a", count: 20_000) + "!") }
    #expect(seconds < 10)
  }
}
