// The forms of a model that a sweep measures.

public import SedgeQuantization

/// One form of a model.
public enum SweepForm: Hashable, Sendable {
  /// A `.sedge` file.
  case file(WeightForm)
  /// Weights rounded to the nearest multiple of a row's step, without any art; see ``Sweep``.
  case roundToNearest(bits: Int)

  /// The forms that are measured unless others are named, the most exact first.
  public static let usual =
    WeightForm.allCases.filter { $0 != .f32 }.map(Self.file) + [8, 6, 5, 4, 3].map(Self.roundToNearest)

  /// The form of a name: that of a ``SedgeQuantization/WeightForm``, or `rtn` and a number of bits from 2 to 16.
  public init?(name: String) {
    if let form = WeightForm(rawValue: name) {
      self = .file(form)
    } else if name.hasPrefix("rtn"), let bits = Int(name.dropFirst(3)), (2...16).contains(bits),
      name == "rtn\(bits)"
    {
      self = .roundToNearest(bits: bits)
    } else {
      return nil
    }
  }

  /// The name of ``init(name:)``.
  public var name: String {
    switch self {
    case .file(let form): form.rawValue
    case .roundToNearest(let bits): "rtn\(bits)"
    }
  }

  /// What forms of one kind are called together.
  public var series: String {
    switch self {
    case .file: "Sedge"
    case .roundToNearest: "round to nearest"
    }
  }

  /// The options that make a file of this form; `nil` where there is none.
  func options(_ options: ConversionOptions) -> ConversionOptions? {
    guard case .file(let form) = self else { return nil }
    var options = options
    options.quantization = form
    return options
  }
}
