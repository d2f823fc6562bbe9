// The forms of a model that a sweep measures.

package import SedgeQuantization

/// One form of a model.
package enum SweepVariant: Hashable, Sendable {
  /// A `.sedge` file.
  case file(WeightFormat)
  /// The same, rounded with pictures in mind.
  case calibrated(WeightFormat)
  /// A file that is no larger than that of a form, with bits chosen for each tensor.
  case auto(asLargeAs: WeightFormat)
  /// Weights rounded to the nearest multiple of a row's step, without any art; see ``Sweep``.
  case roundToNearest(bits: Int)

  /// The forms that are measured unless others are named, the most exact first.
  package static let usual =
    WeightFormat.allCases.filter { $0 != .f32 }.map(Self.file) + [8, 6, 5, 4, 3].map(Self.roundToNearest)

  /// Forms that are calibrated, measured besides where there are pictures for it, and those whose sizes `auto` gets.
  package static let usualCalibrated: [SweepVariant] =
    [WeightFormat.int8, .int6, .int5, .int4, .int3].flatMap { [.calibrated($0), .auto(asLargeAs: $0)] }

  private static let (calibratedSuffix, autoPrefix) = ("+cal", "auto@")

  /// The form of a name: that of a ``SedgeQuantization/WeightFormat``, such a name and `+cal`, `auto@` and such a
  /// name, or `rtn` and a number of bits from 2 to 16.
  package init?(name: String) {
    if let form = WeightFormat(rawValue: name) {
      self = .file(form)
    } else if name.hasSuffix(Self.calibratedSuffix),
      let form = WeightFormat(rawValue: String(name.dropLast(Self.calibratedSuffix.count))), form.bits != nil
    {
      self = .calibrated(form)
    } else if name.hasPrefix(Self.autoPrefix),
      let form = WeightFormat(rawValue: String(name.dropFirst(Self.autoPrefix.count)))
    {
      self = .auto(asLargeAs: form)
    } else if name.hasPrefix("rtn"), let bits = Int(name.dropFirst(3)), (2...16).contains(bits),
      name == "rtn\(bits)"
    {
      self = .roundToNearest(bits: bits)
    } else {
      return nil
    }
  }

  /// The name of ``init(name:)``.
  package var name: String {
    switch self {
    case .file(let form): form.rawValue
    case .calibrated(let form): form.rawValue + Self.calibratedSuffix
    case .auto(let form): Self.autoPrefix + form.rawValue
    case .roundToNearest(let bits): "rtn\(bits)"
    }
  }

  /// What forms of one kind are called together.
  package var series: String {
    switch self {
    case .file: "Sedge"
    case .calibrated: "Sedge, calibrated"
    case .auto: "Sedge, auto"
    case .roundToNearest: "round to nearest"
    }
  }

  /// Whether it needs pictures to calibrate with.
  package var isCalibrated: Bool {
    switch self {
    case .calibrated, .auto: true
    case .file, .roundToNearest: false
    }
  }
}
