import CZlib
import Foundation
import SedgeTensor
import TestSupport
import Testing

import SedgeTokenizer

/// CLIP's vocabulary file as it would be unpacked: a first line, the merges, merges that are not used.
private func vocabularyText() -> [UInt8] {
  Array("\"bpe.txt#version: 0.2\n".utf8) + Tokenizer.bundled().serialized + Array("\nscare d\n".utf8)
}

/// One gzip stream of bytes.
private func gzipped(_ bytes: [UInt8]) -> [UInt8] {
  var stream = unsafe z_stream()
  unsafe deflateInit2_(
    &stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
  var input = bytes
  var output = [UInt8](repeating: 0, count: Int(unsafe deflateBound(&stream, UInt(bytes.count))))
  unsafe input.withUnsafeMutableBufferPointer { input in
    unsafe output.withUnsafeMutableBufferPointer { output in
      unsafe stream.next_in = input.baseAddress
      unsafe stream.avail_in = UInt32(input.count)
      unsafe stream.next_out = output.baseAddress
      unsafe stream.avail_out = UInt32(output.count)
      unsafe deflate(&stream, Z_FINISH)
    }
  }
  output.removeLast(Int(unsafe stream.avail_out))
  unsafe deflateEnd(&stream)
  return output
}

@Test("Packed, plain, bare and serialized vocabularies make the same tokenizer")
func sources() throws {
  let folder = try TemporaryFolder()
  let bundled = Tokenizer.bundled()
  let bare = String(decoding: bundled.serialized, as: UTF8.self)
  let made = try [
    Tokenizer(vocabularyFile: folder.write(gzipped(vocabularyText()), to: "packed.gz")),
    Tokenizer(vocabularyFile: folder.write(vocabularyText(), to: "plain.txt")),
    Tokenizer(merges: bare), Tokenizer(merges: bare + "\n"), Tokenizer(serialized: bundled.serialized),
  ]
  for tokenizer in made {
    #expect(tokenizer.serialized == bundled.serialized)
    #expect(tokenizer.encode("A photo of a sea horse.") == bundled.encode("A photo of a sea horse."))
  }
}

@Test("The serialized form is 48,894 lines of text")
func serializedForm() {
  let text = String(decoding: Tokenizer.bundled().serialized, as: UTF8.self)
  #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count == 48_894)
  #expect(text.hasPrefix("i n\nt h\na n\n"))
}

@Test("A small vocabulary merges the earliest merge first, and the leftmost of equals")
func merging() throws {
  let lines = Array("a a\naa a\nb aa\na</w> a".utf8)
  #expect(throws: FormatError.self) { try Tokenizer(lines: lines, mergeCount: 3, contextLength: 77) }
  let tokenizer = try Tokenizer(
    lines: Array("a a\naa a\nb aa\naa a</w>".utf8), mergeCount: 4, contextLength: 77)
  #expect(tokenizer.vocabularySize == 518)
  // aaa + a</w>: "a a" first (aa a a</w>), then "aa a" before "aa a</w>", which is then out of reach.
  #expect(tokenizer.encode("aaaa") == [516, 513, 320, 517])
  #expect(tokenizer.encode("aaa") == [516, 515, 517])
  #expect(tokenizer.encode("baaa") == [516, 514, 320, 517])
}

/// A vocabulary that is refused.
private struct Malformed: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let lines: String
  let fault: String
}

private let malformed = [
  Malformed(
    testDescription: "no lines", lines: "", fault: "the vocabulary has 0 lines of merges, expected 2"),
  Malformed(
    testDescription: "too few", lines: "a b", fault: "the vocabulary has 1 lines of merges, expected 2"),
  Malformed(
    testDescription: "too many", lines: "a b\nb c\nc d",
    fault: "the vocabulary has 3 lines of merges, expected 2"),
  Malformed(
    testDescription: "a line break at the end", lines: "a b\nb c\n",
    fault: "the vocabulary has 3 lines of merges, expected 2"),
  Malformed(
    testDescription: "an empty line", lines: "a b\n\n",
    fault: "line 2 of the vocabulary is not two symbols and a space between"),
  Malformed(
    testDescription: "one symbol", lines: "a b\nab",
    fault: "line 2 of the vocabulary is not two symbols and a space between"),
  Malformed(
    testDescription: "three symbols", lines: "a b c\nb c",
    fault: "line 1 of the vocabulary is not two symbols and a space between"),
  Malformed(
    testDescription: "an unknown symbol", lines: "a b\nabc d",
    fault: "line 2 of the vocabulary merges a symbol that no line before it makes"),
  Malformed(
    testDescription: "a symbol before its merge", lines: "ab c\na b",
    fault: "line 1 of the vocabulary merges a symbol that no line before it makes"),
  Malformed(
    testDescription: "two blanks", lines: "a  b\nb c",
    fault: "line 1 of the vocabulary is not two symbols and a space between"),
  Malformed(
    testDescription: "an empty symbol", lines: " b\nb c",
    fault: "line 1 of the vocabulary merges a symbol that no line before it makes"),
  Malformed(
    testDescription: "a character that stands for no byte", lines: "a \u{4E00}\nb c",
    fault: "line 1 of the vocabulary merges a symbol that no line before it makes"),
  Malformed(
    testDescription: "the same merge twice", lines: "a b\na b",
    fault: "line 2 of the vocabulary makes a symbol that is there already"),
  Malformed(
    testDescription: "carriage returns", lines: "a b\r\nb c\r",
    fault: "line 1 of the vocabulary merges a symbol that no line before it makes"),
]

@Test("A vocabulary that is none is refused", arguments: malformed)
private func refusesLines(_ input: Malformed) {
  let error = #expect(throws: FormatError.self) {
    try Tokenizer(lines: Array(input.lines.utf8), mergeCount: 2, contextLength: 77)
  }
  #expect(error?.kind == .malformed(input.fault))
}

@Test("A vocabulary that is too short is refused, with CLIP's first line and without")
func tooShort() {
  for text in ["\"v#version: 0.2\ni n\nt h\n", "i n\nt h"] {
    let error = #expect(throws: FormatError.self) { try Tokenizer(merges: text) }
    #expect(error?.kind == .malformed("the vocabulary has 2 lines of merges, expected 48894"))
  }
}

@Test("Bytes behind the serialized form are refused, and an end before its end")
func serializedExactly() {
  let bytes = Tokenizer.bundled().serialized
  #expect(throws: FormatError.self) { try Tokenizer(serialized: bytes + [0x0A]) }
  #expect(throws: FormatError.self) { try Tokenizer(serialized: bytes + Array("\ni n".utf8)) }
  #expect(throws: FormatError.self) { try Tokenizer(serialized: Array(bytes.prefix(1000))) }
  #expect(throws: FormatError.self) { try Tokenizer(serialized: []) }
}

@Test("A damaged gzip stream is refused")
func damagedGzip() throws {
  let folder = try TemporaryFolder()
  let packed = gzipped(vocabularyText())
  var flipped = packed
  flipped[packed.count / 2] ^= 0xFF
  let cases: [([UInt8], String)] = [
    (Array(packed.prefix(packed.count / 2)), "the gzip stream is cut short"),
    (packed + [0, 1], "2 bytes follow the end of the gzip stream"),
    ([0x1F, 0x8B], "the gzip stream is cut short"),
    ([0x1F, 0x8B, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0], "the gzip stream is damaged"),
    (flipped, "the gzip stream is damaged"),
    (gzipped([UInt8](repeating: 0x61, count: 17 << 20)), "the gzip stream holds more than 16777216 bytes"),
  ]
  for (index, (bytes, fault)) in cases.enumerated() {
    let path = try folder.write(bytes, to: "\(index).gz")
    let error = #expect(throws: FormatError.self) { try Tokenizer(vocabularyFile: path) }
    #expect(error == FormatError(.malformed(fault), path: path))
  }
}

@Test("A file that is not there, and a folder, are refused")
func noFile() throws {
  let folder = try TemporaryFolder()
  let missing = #expect(throws: FormatError.self) { try Tokenizer(vocabularyFile: folder.file("none")) }
  #expect(missing?.kind == .cannotRead(reason: "No such file or directory"))
  let directory = #expect(throws: FormatError.self) { try Tokenizer(vocabularyFile: folder.path) }
  #expect(directory?.kind == .notAFile(found: "a directory"))
}
