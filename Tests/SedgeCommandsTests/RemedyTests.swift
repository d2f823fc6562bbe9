// Remedies in the words of the command line.

import SedgeArchitecture
import SedgeCommands
import Testing

@Suite("Remedies")
struct RemedyTests {
  @Test(
    "Each remedy names the option that applies it",
    arguments: [
      (.choosePrefix(["net"]), "--prefix net"),
      (.choosePrefix([""]), "--prefix \"\""),
      (.choosePrefix(["net", "net_ema"]), "choose with --prefix net or --prefix net_ema"),
      (.listNames, "sedge inspect lists the names"),
      (
        .addOrOmitDecoder, "use the whole checkpoint, or --parts image,text for CLIP alone"
      ),
      (.takeCLIPAlone(prefix: nil), "its CLIP is taken out with --parts image,text --ignore-unexpected"),
      (.takeCLIPAlone(prefix: "backbone"), "its CLIP is taken out with --prefix backbone --parts image,text"),
      (.ignoreUnexpected, "--ignore-unexpected leaves these tensors out"),
      (.set(.heads), "set the number with --heads"),
      (.set(.textHeads), "set the number with --text-heads"),
    ] as [(Remedy, String)])
  func names(remedy: Remedy, text: String) {
    #expect(remedy.optionText == text)
  }

  @Test("A refusal contains remedies in the words that are given")
  func wording() {
    let error = ContractError(
      path: "m.pth", model: nil,
      problems: [
        ContractProblem(tensor: "net.", kind: .impossible("a whole SED"), remedy: .choosePrefix(["net"]))
      ], diagnosis: "holds 2 whole models", remedy: .choosePrefix(["net", "ema"]))
    #expect(
      error.text(\.optionText)
        == "m.pth: holds 2 whole models; choose with --prefix net or --prefix ema\n  net.: a whole SED (--prefix net)"
    )
    #expect(
      error.description
        == "m.pth: holds 2 whole models; choose the prefix net or ema\n  net.: a whole SED (choose the prefix net)"
    )
  }
}
