// What the tensors of the fixtures hold, which follows from their names.

import SedgeByteCompression
import SedgeTensor
import TestSupport

/// A tensor of the model that the fixtures were exported from.
struct FilledTensor {
  let name: String
  let shape: [Int]

  /// The elements in PyTorch's order, as `make_onnx.py` filled them.
  var values: [Float] {
    var hash: UInt32 = 2_166_136_261
    for byte in name.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    let (start, step) = (Int(hash % 2039), 1 + Int(hash / 2039 % 2038))
    return (0..<shape.reduce(1, *)).map { Float((start + $0 * step) % 2039 - 1019) / 1024 }
  }

  /// All tensors of the model whose names and shapes a file lists.
  static func all(_ list: String = "tensors.tsv") throws -> [FilledTensor] {
    var bytes = try bytes(of: fixture("onnx/\(list)"))
    if list.hasSuffix(".gz") { bytes = try Inflater.inflate(bytes, as: .gzip, name: list, limit: 1 << 20) }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.split(separator: "\n").map { line in
      let fields = line.split(separator: "\t")
      return FilledTensor(
        name: String(fields[0]),
        shape: fields[1] == "scalar" ? [] : fields[1].split(separator: "x").compactMap { Int($0) })
    }
  }
}
