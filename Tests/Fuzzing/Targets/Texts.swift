// Texts: JSON, YAML, class lists, templates, vocabularies, and what is tokenized.

import Foundation
import SedgeCheckpoint
import SedgeTensor
import SedgeTokenizer

extension FuzzTarget {
  static let texts = [
    FuzzTarget(
      name: "json",
      words: utf8("\\ud83d\\ude00", "null", "true", "1e999", "-0", "\"\":", "[[", "{\"", "\u{FEFF}"),
      seeds: { utf8("{\"a\": [1, -2.5e3, null, true, \"\\u00e9\\n\"], \"b\": {}}", "[]", "\"x\"", "0") },
      read: { bytes in
        var reader = try JSONReader(bytes, part: "the text")
        try reader.skipValue()
        try reader.end()
        _ = FlatJSON.values(in: bytes)
      }),
    FuzzTarget(
      name: "configuration", words: utf8("image_mean", "{", "[", "1e400", "\"size\":", "9223372036854775808"),
      seeds: {
        utf8(
          "{\"image_mean\": [0.48, 0.45, 0.4], \"size\": {\"shortest_edge\": 224}, \"x\": \"y\"}",
          "{\"model_cfg\": {\"text_cfg\": {\"heads\": 8}}, \"a\": [1, [2]], \"b\": 1e300}")
      },
      read: { _ = FlatJSON.values(in: $0) }),
    FuzzTarget(
      name: "yaml",
      words: utf8(
        "MODEL:\n", "  - ", ": ", "[1, 2]", "(1, 2)", "&a", "*a", "|\n", ">\n", "\"", "'", "#", "---\n"),
      seeds: {
        utf8(
          "MODEL:\n  SED:\n    HEADS: 4\n    MEAN: [123.675, 116.28]\n  LIST:\n  - 1\n  - 2 # two\nX: \"a\\\"b\"\n",
          "INPUT:\n  SIZE: (640, 640)\n  NAME: 'it''s'\n")
      },
      read: { _ = try FlatYAML($0) }),
    FuzzTarget(
      name: "classes",
      words: utf8(", ", ";", "\n", "\r\n", "\u{FEFF}", "[\"", "\"]", "n01440764 ", "- ", "1: ", "\u{85}"),
      seeds: {
        try [bytes(ofFixture: "shapes/classes.json")]
          + utf8("sky\ntree, oak\nwall\n", "sky; tree", "\u{FEFF}[\"a\"]")
      },
      read: { bytes in
        for name in ["classes.txt", "classes.json"] {
          let path = file(bytes, named: name)
          guard let list = try? ClassList(file: path) else { continue }
          require(try ClassList(names: list.classes.map(\.name)) == list, "names make the same list again")
          _ = list.doubts(of: path)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        _ = try? ClassList(literal: text).doubts(of: text)
      }),
    FuzzTarget(
      name: "templates", words: utf8("{}", "{{}}", "\"", "\\u007b"),
      seeds: { try [bytes(ofFixture: "shapes/templates.json")] + utf8("[\"a photo of a {}.\", \"{}\"]") },
      read: { bytes in
        let templates = try PromptTemplates(jsonFile: file(bytes, named: "templates.json"))
        let prompts = templates.prompts(for: "a {} b")
        require(prompts.count == templates.templates.count, "each template makes a prompt")
      }),
    FuzzTarget(
      name: "vocabulary",
      words: utf8("#version: 0.2\n", "a b\n", "</w>", "Ġ", "i n\n", "t h\n", "th e</w>\n"),
      seeds: { utf8("i n\nt h\na n\nr e\na r\ne r\nth e</w>", "#version: 0.2\ni n\n") },
      read: { bytes in
        let lineCount = bytes.count { $0 == 0x0A } + 1
        let tokenizer = try Tokenizer(lines: bytes, mergeCount: lineCount, contextLength: 16)
        examine(tokenizer, "the in an are thethe \u{1F600}")
        _ = try Tokenizer(vocabularyFile: file(bytes, named: "merges.txt"))
      }),
    FuzzTarget(
      name: "tokens",
      words: utf8(
        "&amp;", "&#x41;", "&#1114112;", "<|startoftext|>", "<|endoftext|>", "\u{301}", "\u{FF21}", "\u{3A3}",
        "\u{200D}", "'ll"),
      seeds: {
        utf8(
          "a photo of a wall-brick.", "caf\u{E9} &amp;amp; \u{2018}x\u{2019} \u{FB01}",
          "\u{1F468}\u{200D}\u{1F469}", "ΣΑΣ 123")
      },
      read: { examine(Tokenizer.bundled(), String(decoding: $0, as: UTF8.self)) }),
  ]

  /// Encodes a text by every way and decodes it.
  private static func examine(_ tokenizer: Tokenizer, _ text: String) {
    let tokens = tokenizer.encode(text)
    require(tokens.count <= tokenizer.contextLength, "tokens keep to the context")
    require(
      tokens.first == tokenizer.startToken && tokens.last == tokenizer.endToken, "tokens have both ends")
    require(tokens.allSatisfy { 0..<Int32(tokenizer.vocabularySize) ~= $0 }, "tokens are in the vocabulary")
    require(
      tokenizer.fits(text) || tokens.count == tokenizer.contextLength,
      "a text that does not fit fills the context")
    require(tokenizer.padded(text).count == tokenizer.contextLength, "padded tokens fill the context")
    _ = tokenizer.decode(tokens)
  }
}
