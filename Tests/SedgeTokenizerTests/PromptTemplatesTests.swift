import SedgeTensor
import SedgeTokenizer
import TestSupport
import Testing

@Test("The prompts of the released models are 80, in their order")
func imagenet() {
  let prompts = PromptTemplates.imagenet.prompts(for: "sea horse")
  #expect(prompts.count == 80)
  #expect(prompts.first == "a bad photo of a sea horse.")
  #expect(prompts.last == "a tattoo of the sea horse.")
}

@Test("A class name stands where the braces were, even one that has braces itself")
func prompts() throws {
  let templates = try PromptTemplates(["a {}.", "{}", "{{}} caf\u{E9}"])
  #expect(templates.prompts(for: "{}") == ["a {}.", "{}", "{{}} caf\u{E9}"])
  #expect(templates.prompts(for: "\u{1F600}") == ["a \u{1F600}.", "\u{1F600}", "{\u{1F600}} caf\u{E9}"])
}

@Test("A file gives its prompts")
func promptFile() throws {
  let folder = try TemporaryFolder()
  let path = try folder.write(Array("[\"a {}\", \"the {}\"]".utf8), to: "prompts.json")
  #expect(try PromptTemplates(jsonFile: path).templates == ["a {}", "the {}"])
}

@Test(
  "Prompts without exactly one place for the name are refused",
  arguments: [
    ([], "the list of prompts is empty"),
    (["a photo"], "prompt 0, \"a photo\", has 0 places for the class name, expected one {}"),
    (["{}", "{ }"], "prompt 1, \"{ }\", has 0 places for the class name, expected one {}"),
    (["{}", "a {} or {}"], "prompt 1, \"a {} or {}\", has 2 places for the class name, expected one {}"),
    ([""], "prompt 0, \"\", has 0 places for the class name, expected one {}"),
  ])
func refusedPrompts(templates: [String], fault: String) throws {
  let error = #expect(throws: FormatError.self) { try PromptTemplates(templates) }
  #expect(error == FormatError(.malformed(fault)))
  let folder = try TemporaryFolder()
  let json = "[" + templates.map { "\"\($0)\"" }.joined(separator: ",") + "]"
  let path = try folder.write(Array(json.utf8), to: "prompts.json")
  let fileError = #expect(throws: FormatError.self) { try PromptTemplates(jsonFile: path) }
  #expect(fileError == FormatError(.malformed(fault), path: path))
}
