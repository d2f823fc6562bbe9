// Forms for single tensors: words, rules, plans.

import SedgeTensor
import SedgeCompression
import SedgeQuantization
import TestSupport
import Testing

@Suite("Quantization plan")
struct QuantizationPlanTests {
  @Test(
    "A format parses from its name",
    arguments: ["f32", "lossless", "f16", "int1", "int4", "int4.31", "int11"])
  func words(word: String) {
    #expect(TensorFormat(word)?.description == word)
  }

  @Test(
    "No other word is a format",
    arguments: ["", "int", "int0.5", "int12", "int4bits", "float16", "auto", "intnan"])
  func noWords(word: String) {
    #expect(TensorFormat(word) == nil)
  }

  @Test("A rule is a regular expression and a format, divided by the last equals sign")
  func rules() throws {
    let rule = try #require(TensorRule("visual.*fc1=int4.5"))
    #expect(rule.form == .bits(4.5) && rule.pattern == "visual.*fc1")
    #expect(rule.applies(to: "clip.visual.blocks.0.fc1.weight"))
    #expect(!rule.applies(to: "clip.visual.blocks.0.fc2.weight"))
    #expect(try #require(TensorRule("a=b=f16")).pattern == "a=b")
    for text in ["", "=int4", "fc1", "fc1=", "fc1=int99", "(=int4"] {
      #expect(TensorRule(text) == nil, "\(text)")
    }
  }

  @Test("A plan is read as it was written")
  func roundTrip() throws {
    let plan = QuantizationPlan(tensors: [
      QuantizationPlan.Entry(name: "a \"quoted\" name", form: .bits(3.07)),
      QuantizationPlan.Entry(name: "b", form: .f16), QuantizationPlan.Entry(name: "c", form: .lossless),
    ])
    let folder = try TemporaryFolder()
    _ = try folder.write(Array(plan.json.utf8), to: "plan.json")
    #expect(try QuantizationPlan(path: folder.file("plan.json")) == plan)
  }

  @Test("Every flipped bit of a plan is found")
  func flips() throws {
    let plan = QuantizationPlan(tensors: [
      QuantizationPlan.Entry(name: "a.b", form: .bits(3.07)), QuantizationPlan.Entry(name: "b", form: .f16),
    ])
    let folder = try TemporaryFolder()
    let bytes = Array(plan.json.utf8)
    for i in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[i] ^= 1 << UInt8(bit)
        _ = try folder.write(damaged, to: "plan.json")
        #expect(throws: FormatError.self, "bit \(bit) of byte \(i)") {
          try QuantizationPlan(path: folder.file("plan.json"))
        }
      }
    }
  }

  @Test("An edited plan is refused until its checksum is removed; line ends and spaces do not matter")
  func edited() throws {
    let plan = QuantizationPlan(tensors: [QuantizationPlan.Entry(name: "a", form: .f16)])
    let folder = try TemporaryFolder()
    let read = { (text: String) throws in
      try QuantizationPlan(path: folder.write(Array(text.utf8), to: "plan.json"))
    }
    #expect(try read(plan.json.replacing("\n", with: "\r\n").replacing(": ", with: " :  ")) == plan)
    let edited = plan.json.replacing("f16", with: "f32")
    let error = #expect(throws: FormatError.self) { try read(edited) }
    #expect(error?.description.contains("if it was edited, remove the checksum") == true)
    let start = try #require(edited.firstRange(of: ",\n  \"checksum\"")).lowerBound
    let unchecked = try read(edited[..<start] + "\n}\n")
    #expect(unchecked.tensors == [QuantizationPlan.Entry(name: "a", form: .f32)] && unchecked.lacksChecksum)
    #expect(!plan.lacksChecksum)
  }

  @Test(
    "A malformed plan is refused with what was expected",
    arguments: [
      ("no JSON", "is no plan"), ("{}", "there is no tensors"),
      ("{\"tensors\": [{\"name\": \"a\"}]}", "there is no form"),
      (
        "{\"tensors\": [{\"name\": \"a\", \"form\": \"int99\"}]}",
        "int99 is none of f32, lossless, f16, int1 ... int11"
      ),
      ("{\"tensors\": [{\"name\": 3, \"form\": \"f16\"}]}", "is of another type"),
      (
        "{\"tensors\": [{\"name\": \"a\", \"form\": \"f16\"}, {\"name\": \"a\", \"form\": \"f32\"}]}",
        "there are two forms for this tensor"
      ),
    ])
  func refuses(text: String, expected: String) throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Array(text.utf8), to: "plan.json")
    let error = try #require(throws: FormatError.self) {
      try QuantizationPlan(path: folder.file("plan.json"))
    }
    #expect(error.description.contains(expected), "\(error)")
    #expect(error.path == folder.file("plan.json"))
  }
}
