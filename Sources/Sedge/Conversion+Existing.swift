// Whether a file is what a conversion would make.

import SedgeArchitecture
import SedgeCompression
import SedgeContainer
import SedgeQuantization
import SedgeTensor

/// A difference of a file from what a conversion would make.
public enum ConversionDifference: Sendable, Hashable {
  /// It was made by another release, or from another commit.
  case program(found: String, expected: String)
  /// It was made from other sources, by their SHA-256.
  case sources
  /// It was made with another value of an option; `nil` for none.
  case option(name: String, found: String?, expected: String?)
  /// It was made with another file of an option, by its SHA-256.
  case input(option: String)
  /// Numbers that were found or given are others.
  case hyperparameters

  fileprivate var optionName: String? {
    if case .option(let name, _, _) = self { name } else { nil }
  }
}

extension Conversion {
  /// Compares what a file was made from with what this conversion would make it from: release and commit, sources, options and
  /// the files that they name. Kernel sets are not compared: they change calibrated files by rounding.
  ///
  /// - Returns: The differences; none where the file is what this conversion would make.
  /// - Throws: `FormatError` where the file is no `.sedge` file, is damaged, or a source cannot be read.
  public func differences(fromFile path: String) throws -> [ConversionDifference] {
    let file = try SedgeFile(path: path)
    let header = file.header
    let (found, expected) = (
      Self.programText(header.sedgeVersion, header.provenance?.commit),
      Self.programText(sedgeVersion, sedgeCommit)
    )
    var differences: [ConversionDifference] =
      found == expected ? [] : [.program(found: found, expected: expected)]
    differences += optionDifferences(from: header)
    let settings = settingDifferences(from: header)
    if settings.isEmpty,
      header.preprocessing != source.preprocessing || header.hyperparameters != hyperparameters
        || header.architecture != source.checkpoint.architecture
    {
      differences.append(.hyperparameters)
    }
    // An option that sets it is named already.
    let named = differences.compactMap(\.optionName)
    differences += settings.filter { $0.optionName.map { !named.contains($0) } ?? true }
    // Reading everything is for files that may be skipped.
    guard differences.isEmpty else { return differences }
    let inputs = try inputRecords()
    for option in Set(inputs.map(\.option) + (header.provenance?.inputs ?? []).map(\.option)).sorted() {
      let wanted = inputs.filter { $0.option == option }.map(\.sha256)
      let recorded = header.provenance?.inputs.filter { $0.option == option }.map(\.sha256) ?? []
      if wanted != recorded { differences.append(.input(option: option)) }
    }
    if try sourceRecords().map(\.sha256) != header.sources.map(\.sha256) { differences.append(.sources) }
    guard differences.isEmpty else { return differences }
    try file.verifyChecksums()
    try source.checkpoint.archive.requireUnchanged()
    return []
  }

  /// Whether a file is a plan that this conversion may have written beside a `.sedge` file: whole, and with the formats that
  /// the file has.
  package func isPlan(_ path: String, ofFile sedgePath: String) throws -> Bool {
    guard let plan = try? QuantizationPlan(path: path), !plan.lacksChecksum else { return false }
    let records = try SedgeFile(path: sedgePath).header.tensors.filter { $0.tensor.role != .textFeatures }
    return records.map(\.tensor.name) == plan.tensors.map(\.name)
      && zip(records, plan.tensors).allSatisfy { record, entry in
        let choice = options.storage == .raw ? entry.form.mappedCodecChoice : entry.form.codecChoice
        // What a codec cannot represent is stored as float32.
        guard record.codec == choice.identifier else { return record.codec.isFloat && choice != .f32 }
        guard case .bits(let bits) = entry.form else { return true }
        return record.bitsPerWeight < bits + Self.largestBitsBeyondPlan
      }
  }

  /// The bits of a weight by which a tensor may exceed its format: parameters of the codec, in small tensors.
  private static let largestBitsBeyondPlan = 1.0

  private func settingDifferences(from header: SedgeHeader) -> [ConversionDifference] {
    let expected = SedgeHeader.settings(source.preprocessing, source.checkpoint.architecture)
    return zip(SedgeHeader.settings(header.preprocessing, header.architecture), expected).compactMap {
      found, expected in
      found.text == expected.text
        ? nil : .option(name: found.name, found: found.text, expected: expected.text)
    }
  }

  private static func programText(_ version: String, _ commit: String?) -> String {
    "\(version), commit \(commit ?? "unknown")"
  }

  private func optionDifferences(from header: SedgeHeader) -> [ConversionDifference] {
    let expected = optionRecords()
    let names =
      expected.map(\.key)
      + header.options.map(\.key).filter { key in
        !expected.contains { $0.key == key }
      }
    return names.compactMap { name in
      let wanted = expected.first { $0.key == name }?.value
      let recorded = header.options.first { $0.key == name }?.value
      return wanted == recorded ? nil : .option(name: name, found: recorded, expected: wanted)
    }
  }
}
