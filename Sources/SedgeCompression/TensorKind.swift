// The kinds of tensors in summaries.

package import SedgeArchitecture
package import SedgeContainer

/// The kind of a tensor in a summary.
package enum TensorKind: String, CaseIterable, Hashable, Sendable {
  /// Matrices of linear layers, attention included.
  case linear = "linear layers"
  /// Dense filters, transposed ones included.
  case convolution = "convolutions"
  /// Filters of depthwise convolutions.
  case depthwise = "depthwise filters"
  /// Tokens and positions.
  case embedding = "embeddings"
  /// Biases, norms, layer scales, learned tokens and single numbers.
  case bias = "biases, norms"
  /// Text features of class lists.
  case textFeatures = "text features"

  /// The kind of a role.
  package init(_ role: TensorRole) {
    self =
      switch role {
      case .linear: .linear
      case .convolution, .transposedConvolution: .convolution
      case .depthwiseConvolution: .depthwise
      case .embedding, .positionalEmbedding: .embedding
      case .bias, .normScale, .normShift, .layerScale, .token, .scalar: .bias
      case .textFeatures: .textFeatures
      }
  }
}

/// The sizes of all tensors of a kind.
package struct KindSummary: Hashable, Sendable {
  /// The kind.
  package var kind: TensorKind
  /// The number of tensors.
  package var tensorCount = 0
  /// The number of elements.
  package var elementCount = 0
  /// The number of bytes in the file.
  package var storedByteCount = 0
  /// Elements of rows that are all zeros and take no codes.
  package var zeroElementCount = 0
  /// The share of the output's squared error that they cause together; `nil` where that was not measured.
  package var errorShare: Double?

  /// Bits in the file for each element.
  package var bitsPerWeight: Double { 8 * Double(storedByteCount) / Double(max(elementCount, 1)) }

  /// The kinds of a file, in the order of ``TensorKind``.
  package static func all(of records: [TensorRecord], zeroRowCounts: [String: Int]) -> [KindSummary] {
    TensorKind.allCases.compactMap { kind in
      let members = records.filter { TensorKind($0.tensor.role) == kind }
      guard !members.isEmpty else { return nil }
      var summary = KindSummary(kind: kind)
      for record in members {
        let (rows, _) = record.tensor.matrix(for: record.codec)
        summary.tensorCount += 1
        summary.elementCount += record.tensor.elementCount
        summary.storedByteCount += record.storedByteCount
        summary.zeroElementCount +=
          (zeroRowCounts[record.tensor.name] ?? 0) * record.tensor.elementCount / max(rows, 1)
        if let share = record.errorShare { summary.errorShare = (summary.errorShare ?? 0) + share }
      }
      return summary
    }
  }
}
