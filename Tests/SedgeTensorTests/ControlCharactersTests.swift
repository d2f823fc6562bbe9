// Texts of files shown to people: nothing in them steers a terminal, and words stay legible.

import Foundation
import SedgeTensor
import Testing

@Suite("Control characters")
struct ControlCharactersTests {
  @Test(
    "Characters that steer a terminal are escaped",
    arguments: [
      ("a\u{1B}[2Jb", #"a\u{1B}[2Jb"#), ("a\u{7}b", #"a\u{07}b"#), ("a\nb\rc\td", #"a\nb\rc\td"#),
      ("a\u{7F}b", #"a\u{7F}b"#), ("a\u{9B}31mb", #"a\u{009B}31mb"#), ("a\u{85}b", #"a\u{0085}b"#),
      ("a\u{202E}b", #"a\u{202E}b"#), ("a\u{2066}b", #"a\u{2066}b"#), ("a\u{200E}b", #"a\u{200E}b"#),
      ("a\u{2028}b", #"a\u{2028}b"#), ("a\u{FEFF}b", #"a\u{FEFF}b"#), ("a\u{AD}b", #"a\u{00AD}b"#),
      ("a\u{E0041}b", #"a\u{000E0041}b"#),
    ])
  func escapes(text: String, shown: String) { #expect(text.escapingControlCharacters == shown) }

  @Test(
    "Words of any script and composed emoji stay as they are",
    arguments: [
      "sky", "día soleado", "天空", "سماء", "שמיים", "👨‍👩‍👧", "🏳️‍🌈", "नमस्‍ते", "می‌خواهم", "e\u{301}", "back\\slash",
    ])
  func keeps(text: String) { #expect(text.escapingControlCharacters == text) }

  @Test(
    "A joiner that joins nothing is escaped",
    arguments: [
      ("s\u{200D}ky", #"s\u{200D}ky"#), ("\u{200D}天", #"\u{200D}天"#), ("天\u{200C}", #"天\u{200C}"#),
      ("天\u{200D}\u{200D}天", #"天\u{200D}\u{200D}天"#), ("天\u{200D}a", #"天\u{200D}a"#),
    ])
  func joiners(text: String, shown: String) { #expect(text.escapingControlCharacters == shown) }

  @Test("JSON with escapes is read as the same values")
  func json() throws {
    let names = ["a\u{1B}[2J\u{7F}\u{9B}", "\u{202E}b\u{2066}", "\u{E0041}", "天空", "👨‍👩‍👧", "line\nbreak"]
    let encoder = JSONEncoder()
    encoder.outputFormatting = .prettyPrinted
    let text = String(decoding: try encoder.encode(names), as: UTF8.self).escapingControlCharactersOfJSON
    #expect(try JSONDecoder().decode([String].self, from: Data(text.utf8)) == names)
    #expect(text.contains(#"\u202eb\u2066"#) && text.contains(#"\udb40\udc41"#) && text.contains("天空"))
    #expect(
      text.split(separator: "\n").joined().escapingControlCharacters == text.split(separator: "\n").joined())
  }

  @Test("More combining marks in a row than any writing has are recognized")
  func marks() {
    #expect(!("a" + String(repeating: "\u{301}", count: 30)).hasEndlessMarks)
    #expect(("a" + String(repeating: "\u{301}", count: 31)).hasEndlessMarks)
    #expect(!String(repeating: "a\u{301}\u{323}", count: 1000).hasEndlessMarks)
    #expect(!String(repeating: "天", count: 1000).hasEndlessMarks)
  }
}
