// The first screen of verify's page where only a signature was checked.

/// The verdict of a signature that holds.
struct SignatureVerdict {
  private let file: String
  private let signature: String

  /// `nil` where a report has no signature.
  init?(_ value: JSONValue) {
    guard let file = value["file"].text else { return nil }
    (self.file, signature) = (file, value["signature"].text ?? "")
  }

  var verdict: Verdict {
    Verdict(
      status: .neutral, word: "Signed", sentence: "The signature holds; nothing was compared",
      facts: [file.fileName, signature.fileName].filter { !$0.isEmpty },
      answers: [
        Verdict.Answer(
          question: "What is certain?",
          answer: "\(file.fileName) is the file that was signed, and the private half of the key signed it."),
        Verdict.Answer(
          question: "What is not?",
          answer:
            "Whether it computes what its source computes: sedge verify --against or --golden shows that."),
      ])
  }
}
