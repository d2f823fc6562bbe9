// How a number that shapes do not determine is known, for people and as JSON.

import SedgeArchitecture
import SedgeTensor

/// One hyperparameter: its option's name, its value, and where the value is from.
struct HyperparameterReport: Encodable {
  /// One number, or one a channel.
  enum Value: Encodable {
    case number(Float)
    case list([Float])

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .number(let number): try container.encode(number)
      case .list(let numbers): try container.encode(numbers)
      }
    }
  }

  var name: String
  var value: Value
  var origin: String
  var detail: String?

  init(record: HyperparameterRecord, values: [Float]) {
    name = record.name
    value = values.count == 1 ? .number(values[0]) : .list(values)
    origin = record.origin.name
    detail = record.origin.detail
  }

  /// Such as `text heads 8`.
  var nameAndValue: String {
    let words = Hyperparameter(rawValue: name)?.text ?? name
    switch value {
    case .number(let number): return "\(words) \(Hyperparameter.text(of: [number]))"
    case .list(let numbers): return "\(words) \(Hyperparameter.text(of: numbers))"
    }
  }

  /// Such as `text heads 8, assumed: text width / 64`.
  var text: String {
    "\(nameAndValue), \(origin)\(detail.map { ": \($0)" } ?? "")"
  }
}
