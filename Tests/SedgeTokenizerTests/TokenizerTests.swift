import Foundation
import SedgeTensor
import SedgeTokenizer
import TestSupport
import Testing

@Test(
  "Every text has the tokens that OpenCLIP gives it",
  arguments: [("tokens.tsv", 1648), ("tricky.tsv", 563), ("unrepaired.tsv", 11)])
func vectors(file: String, count: Int) throws {
  let vectors = try Vector.all(in: file)
  #expect(vectors.count == count)
  let tokenizer = Tokenizer.bundled()
  for (vector, tokens) in zip(vectors, tokenizer.encode(vectors.map(\.text))) {
    #expect(tokens == vector.tokens, "\(vector.text.debugDescription)")
  }
}

@Test("A text has the same tokens alone and among others")
func batch() throws {
  let texts = try Vector.all(in: "tricky.tsv").map(\.text)
  let tokenizer = Tokenizer.bundled()
  #expect(tokenizer.encode(texts) == texts.map { tokenizer.encode($0) })
}

@Test("The vocabulary is CLIP's")
func vocabulary() {
  let tokenizer = Tokenizer.bundled()
  #expect(tokenizer.vocabularySize == 49408)
  #expect(tokenizer.startToken == 49406)
  #expect(tokenizer.endToken == 49407)
  #expect(tokenizer.contextLength == 77)
}

@Test("A text is cut to the context length, and the end token stays", arguments: [2, 3, 8, 77])
func contextLength(_ length: Int) {
  let tokenizer = Tokenizer.bundled(contextLength: length)
  let whole = Tokenizer.bundled(contextLength: 1000).encode(String(repeating: "sea horse ", count: 100))
  #expect(whole.count == 202)
  let cut = tokenizer.encode(String(repeating: "sea horse ", count: 100))
  #expect(cut == whole.prefix(length - 1) + [tokenizer.endToken])
  #expect(tokenizer.padded("").count == length)
  #expect(Set(tokenizer.padded("").dropFirst(2)) == (length > 2 ? [0] : []))
}

@Test("A text fits where encoding cuts nothing off", arguments: [0, 1, 20, 24, 25, 26, 36, 37, 38, 50])
func fits(_ repetitions: Int) {
  let text = String(repeating: "sea horse ", count: repetitions)
  let whole = Tokenizer.bundled(contextLength: 1000).encode(text).count
  for length in [2, 50, 51, 52, 53, 75, 76, 77] {
    #expect(Tokenizer.bundled(contextLength: length).fits(text) == (whole <= length), "\(whole) of \(length)")
  }
}

@Test("A cut word has the first tokens of the whole word, however long it is")
func longWord() {
  // "a" and "b" in an order that never repeats for long, so that merges interlock.
  var state: UInt32 = 1
  let word = String(
    decoding: (0..<100_000).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(ascii: "a") + UInt8(state >> 27) % 26
    }, as: UTF8.self)
  let whole = Tokenizer.bundled(contextLength: 200_000)
  let tokens = whole.encode(word)
  #expect(tokens.count > 20_000)
  #expect(whole.decode(Array(tokens.dropFirst().dropLast())) == word + " ")
  #expect(Tokenizer.bundled().encode(word).dropLast() == tokens.prefix(76))
}

@Test("References within references are decoded", arguments: [1, 2, 15])
func nestedReferences(depth: Int) {
  let text = "&" + String(repeating: "amp;", count: depth) + "lt;"
  #expect(Tokenizer.bundled().encode(text) == Tokenizer.bundled().encode("<"))
}

@Test(
  "Hostile text neither hangs nor crashes",
  arguments: [
    ("&", "amp;", ""), ("", "&#", "1;"), ("a", "\u{301}\u{323}", ""), ("", "\u{1B}[", ""), ("", "&", ""),
    ("", "\u{3A3}'", ""), ("", " ", "&"), ("", "\u{1100}", "\u{1161}"), ("", "<start_of_text", ">"),
  ])
func hostileText(first: String, middle: String, last: String) {
  let text = first + String(repeating: middle, count: 100_000) + String(repeating: last, count: 100_000)
  let tokenizer = Tokenizer.bundled()
  var tokens: [Int32] = []
  // Far below a second, and quadratic work far above a minute.
  #expect(processorSeconds { tokens = tokenizer.encode(text) } < 60)
  #expect(tokens.first == 49406)
  #expect(tokens.last == 49407)
  #expect(tokens.count <= 77)
}

@Test(
  "Tokens decode to the cleaned text, a space behind each word",
  arguments: [
    ("A photo of a Cat.", "<start_of_text>a photo of a cat . <end_of_text>"),
    ("caf\u{E9}", "<start_of_text>caf\u{E9} <end_of_text>"),
    ("\u{65E5}\u{672C}\u{8A9E}", "<start_of_text>\u{65E5}\u{672C}\u{8A9E} <end_of_text>"),
    ("don't", "<start_of_text>don 't <end_of_text>"),
    ("<end_of_text>", "<start_of_text><end_of_text><end_of_text>"),
    ("\u{1F600}\u{7F}", "<start_of_text>\u{1F600} <end_of_text>"),
  ])
func decoding(text: String, decoded: String) {
  let tokenizer = Tokenizer.bundled()
  #expect(tokenizer.decode(tokenizer.encode(text)) == decoded)
}

@Test("Every byte has a token inside a word and one at its end")
func bytes() {
  let tokenizer = Tokenizer.bundled()
  let decoded = (0..<Int32(256)).map { (tokenizer.decode([$0]), tokenizer.decode([$0 + 256])) }
  #expect(decoded.allSatisfy { $1 == $0 + " " })
  #expect(Set(decoded.map(\.0).filter { $0 != "\u{FFFD}" }).count == 128)
}
