// The page of verify.

/// What the page of a verification says.
struct VerificationPage {
  let comparisons: [VerificationFacts]
  /// The comparison with layers, else the first with tensors, else the first.
  let main: VerificationFacts
  private let value: JSONValue
  private let sheet: PictureSheet?

  init(_ value: JSONValue, pictures: PictureSheet?) {
    (self.value, sheet) = (value, pictures)
    comparisons = value["reports"].elements.map(VerificationFacts.init)
    main =
      comparisons.first { !$0.layers.isEmpty } ?? comparisons.first { !$0.rows.isEmpty }
      ?? comparisons.first ?? VerificationFacts(.null)
  }

  var parts: ReportDocument.Parts {
    ReportDocument.Parts(
      title: "\((value["signature"]["file"].text ?? main.model).fileName): verification", kind: "verify",
      verdict: verdict,
      sections: [
        PictureSection(sheet, noun: "run", advice: pictureAdvice).section, LayerSection(main).section,
        SizeSection(main).section, CostSection(main).section, RejectionSection(main).section,
        ModelSection(rows: main.rows, layers: main.layers).section, ResultSection(comparisons).section,
        TensorSection(rows: main.rows).section, ProvenanceSection(verification: value, comparisons).section,
      ].compactMap(\.self))
  }

  private var verdict: Verdict {
    if comparisons.isEmpty, let signature = SignatureVerdict(value["signature"]) { return signature.verdict }
    let passes = !comparisons.isEmpty && comparisons.allSatisfy(\.passes)
    return VerificationVerdict(
      self, passes: passes && value["passes"].boolean == true,
      command: value["provenance"]["command"].texts
    ).verdict
  }

  private var pictureAdvice: String {
    main.runs.isEmpty || sheet != nil
      ? "" : "This page was made without pictures: verify --against --html makes one with those that it runs."
  }
}

/// One comparison of a verification: the file against a source or a recording.
struct VerificationFacts {
  /// A run on one picture.
  struct Run {
    var name: String
    var value: JSONValue
    var equal: Double?
    var within: Double?
    var largestScore: Double?
    /// The error of the scores as it is judged.
    var scores: Double?
    var kept: [Double]
    /// Intermediate results by name, with their relative RMS errors.
    var results: [(name: String, error: Double?)]

    init(_ value: JSONValue) {
      self.value = value
      name = value["name"].text ?? ""
      equal = value["equal_labels"].number
      within = value["equal_labels_within_margin"].number
      largestScore = value["largest_score_difference"].number
      kept = value["kept_classes"].numbers
      if let floor = value["score_floor"].number, let rms = value["score_rms_difference"].number {
        scores = floor == 0 ? .infinity : rms / floor
      } else {
        scores = value["relative_score_rms"].number
      }
      results = value["taps"].elements.map {
        ($0["name"].text ?? "", $0["figures"]["relative_rms_error"].number)
      }
    }
  }

  let value: JSONValue
  let model: String
  let reference: String
  let passes: Bool
  let failures: [String]
  let runs: [Run]
  let rows: [TensorRow]
  /// Indices of ``rows`` of layers, in the order of the computation.
  let layers: [Int]
  let costs: LayerCosts

  init(_ value: JSONValue) {
    self.value = value
    model = value["model"].text ?? "the file"
    reference = value["reference"].text ?? "its source"
    passes = value["passes"].boolean ?? false
    failures = value["failures"].texts
    runs = value["runs"].elements.map(Run.init)
    let rows = [TensorRow](verification: value)
    self.rows = rows
    costs = LayerCosts(value["costs"])
    let places = Dictionary(rows.enumerated().map { ($0.element.name, $0.offset) }) { first, _ in first }
    layers = value["layers"].elements.compactMap { $0["name"].text.flatMap { places[$0] } }
  }

  /// A limit by its name in JSON.
  func limit(_ name: String) -> Double? { value["thresholds"][name].number }

  /// Layers with an error of their own beyond rounding, the worst first.
  var worstLayers: [TensorRow] {
    layers.map { rows[$0] }.filter { ($0.localOverNoise ?? 0) > 1 }
      .sorted { ($0.local ?? 0) > ($1.local ?? 0) }
  }

  /// Bytes of all weights, as far as they are known.
  var weightBytes: Int {
    let bytes = rows.compactMap(\.storedBytes).reduce(0, +)
    return bytes > 0 ? bytes : rows.compactMap(\.layerBytes).reduce(0, +)
  }

  /// The anchor of a tensor's row in the table.
  func anchor(of name: String) -> String? {
    rows.firstIndex { $0.name == name }.map { "#t\($0)" }
  }
}

extension String {
  /// The last part of a path.
  var fileName: String { split(separator: "/").last.map(String.init) ?? self }
}
