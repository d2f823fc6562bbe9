// The storage format of one tensor.

/// The storage format of one tensor: `f32`, `lossless`, `f16`, or `int` and a number of bits such as `int4` or `int4.31`.
public enum TensorFormat: Hashable, Sendable, LosslessStringConvertible, Codable {
  /// Every element unchanged, in float32.
  case f32
  /// Every element unchanged, compressed without loss.
  case lossless
  /// float16.
  case f16
  /// A number of bits for each element, parameters included.
  case bits(Double)

  /// The accepted numbers of bits.
  public static let bitLimits = 1.0...11.0

  /// Reads a word; `nil` for any other.
  public init?(_ description: String) {
    switch description {
    case "f32": self = .f32
    case "lossless": self = .lossless
    case "f16": self = .f16
    default:
      // `Double` also takes hexadecimal digits and exponents.
      guard description.hasPrefix("int"), description.dropFirst(3).allSatisfy({ "0123456789.".contains($0) }),
        let bits = Double(description.dropFirst(3)), Self.bitLimits.contains(bits)
      else { return nil }
      self = .bits(bits)
    }
  }

  /// The word.
  public var description: String {
    switch self {
    case .f32: "f32"
    case .lossless: "lossless"
    case .f16: "f16"
    case .bits(let bits): bits == bits.rounded() ? "int\(Int(bits))" : "int\(bits)"
    }
  }

  /// Reads the word from a text.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let form = TensorFormat(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "\(text) is none of \(Self.expected)")
    }
    self = form
  }

  /// Writes the word as a text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  /// The words, for error messages.
  public static let expected = "f32, lossless, f16, int1 ... int11 (also int4.5)"

  /// The codec of this format in a compressed file.
  package var codecChoice: CodecChoice {
    switch self {
    case .f32: .f32
    case .lossless: .f32Planes
    case .f16: .f16Planes
    case .bits(let bits): .trellis(.bits(bits))
    }
  }

  /// The codec of this format in a raw file, whose floats can be mapped into memory.
  package var mappedCodecChoice: CodecChoice {
    switch self {
    case .f32, .lossless: .f32
    case .f16: .f16
    case .bits(let bits): bits == 8 ? .int8 : .trellis(.bits(bits))
    }
  }
}

extension CodecChoice {
  /// The format that names this choice; `int8` for a trellis whose target is not a number of bits.
  package var form: TensorFormat {
    switch self {
    case .f32: .f32
    case .f32Planes: .lossless
    case .f16, .f16Planes: .f16
    case .int8: .bits(8)
    case .trellis(.bits(let bits)): .bits(bits)
    case .trellis: .bits(8)
    }
  }
}
