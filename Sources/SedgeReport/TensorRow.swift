// What a report knows about one tensor.

/// The figures of one tensor, from whatever parts of a report have them.
struct TensorRow {
  /// The most tensors and layers of a page; SED-L has 900.
  static let maximumCount = 4096

  var name: String
  var shape: [Int] = []
  var codec: String?
  var parameters: Int?
  var bitsPerWeight: Double?
  var storedBytes: Int?
  /// Of all tensors of the layer.
  var layerBytes: Int?
  /// The relative RMS error of the weights.
  var error: Double?
  var limit: Double?
  var limitOrigin: String?
  /// The relative RMS errors of the layer's output.
  var local: Double?
  var accumulated: Double?
  var noise: Double?
  var localOverNoise: Double?
  /// Counts of the values between the least and the greatest.
  var histogram: [Double] = []
  var suspicions: [String] = []

  init(name: String) { self.name = name }

  /// The name without the word for weights, which the tensors of one layer have in common.
  var layer: String {
    for ending in ["_weight", ".weight", "_bias", ".bias", ".running_mean", ".running_var"]
    where name.hasSuffix(ending) { return String(name.dropLast(ending.count)) }
    return name
  }

  /// The block and the last words of the layer's name, such as `decoder3 MLP.0`.
  var shortLayer: String {
    let parts = layer.split(separator: ".").map(String.init)
    // A number or a letter says nothing by itself.
    var start = max(parts.count - 1, 0)
    while start > 0, parts[start].count < 3 { start -= 1 }
    let rest = parts[start...].joined(separator: ".")
    let block: String? =
      if let place = parts.firstIndex(of: "resblocks"), place + 1 < start {
        "text \(parts[place + 1])"
      } else if let place = parts.firstIndex(of: "stages"), place + 1 < start {
        parts.count > place + 3 && parts[place + 2] == "blocks" && place + 3 < start
          ? "stage \(parts[place + 1]).\(parts[place + 3])" : "stage \(parts[place + 1])"
      } else {
        parts[..<start].first { $0.hasPrefix("decoder") && $0.last?.isNumber == true }
      }
    return [block, rest].compactMap(\.self).joined(separator: " ")
  }

  /// Whether the limit is the error that the file records, so that a comparison with it says nothing of quality.
  var isRecorded: Bool { limitOrigin == "what the file records" && (shareOfLimit ?? 0) <= 1 }

  /// Whether the error is beyond what the coding allows, by a limit that nobody has asked for.
  var isForeign: Bool {
    limitOrigin != "as asked" && ((shareOfLimit ?? 0) > 1 || error?.isNaN == true)
  }

  /// How much of its limit the error uses.
  var shareOfLimit: Double? {
    guard let error, let limit else { return nil }
    return error == 0 ? 0 : limit == 0 ? .infinity : limit == .infinity ? nil : error / limit
  }
}

extension [TensorRow] {
  /// The tensors and layers of one comparison of `verify`, in the order that the file has them in.
  init(verification report: JSONValue) {
    self.init()
    var places: [String: Int] = [:]
    func row(of name: String) -> Int {
      if let place = places[name] { return place }
      places[name] = count
      append(TensorRow(name: name))
      return count - 1
    }
    for tensor in report["tensors"].elements.prefix(TensorRow.maximumCount) {
      guard let name = tensor["name"].text else { continue }
      let place = row(of: name)
      self[place].read(tensor)
      self[place].error = tensor["figures"]["relative_rms_error"].number
      self[place].limit = tensor["limit"].number
      self[place].limitOrigin = tensor["limit_origin"].text
    }
    for layer in report["layers"].elements.prefix(TensorRow.maximumCount) {
      guard let name = layer["name"].text else { continue }
      let place = row(of: name)
      self[place].codec = self[place].codec ?? layer["codec"].text
      self[place].layerBytes = layer["stored_bytes"].integer
      self[place].local = layer["local"].number
      self[place].accumulated = layer["accumulated"].number
      self[place].noise = layer["noise"].number
      self[place].localOverNoise = layer["local_over_noise"].number
    }
  }

  /// The tensors of `inspect`.
  init(inspection report: JSONValue) {
    self = report["tensors"].elements.prefix(TensorRow.maximumCount).compactMap { tensor in
      guard let name = tensor["name"].text else { return nil }
      var row = TensorRow(name: name)
      row.read(tensor)
      row.codec = tensor["type"].text
      row.storedBytes = row.storedBytes ?? tensor["bytes"].integer
      row.error = tensor["relative_rms_error"].number
      return row
    }
  }
}

extension TensorRow {
  fileprivate mutating func read(_ value: JSONValue) {
    codec = value["codec"].text ?? codec
    bitsPerWeight = value["bits_per_weight"].number ?? bitsPerWeight
    storedBytes = value["stored_bytes"].integer ?? storedBytes
    parameters = value["parameters"].integer ?? parameters
    if !value["shape"].isNull { shape = value["shape"].numbers.compactMap { Int(exactly: $0) } }
    let statistics = value["statistics"]
    if !statistics["histogram"].isNull { histogram = statistics["histogram"]["counts"].numbers }
    suspicions += statistics["suspicions"].elements.compactMap { $0.text ?? $0["text"].text }
  }
}
