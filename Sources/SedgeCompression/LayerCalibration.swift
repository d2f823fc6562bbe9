// What rounding a layer's weights must know of its inputs.

package import SedgeCalibration
import SedgeQuantization

/// A layer's inputs, seen from its weights.
package struct LayerCalibration: Sendable {
  /// The mean of each input, one for each column of the coding matrix.
  package let mean: [Float]
  /// Makes up for errors; `nil` for depthwise convolutions, whose channels are alone.
  package let compensation: LayerCompensation?
  /// The squared error of the output for one of a column, where there is no compensation.
  package let columnImportances: [Double]?

  /// - Parameter isCorrected: Whether the layer has a bias, which takes the mean error of the outputs upon itself, so
  ///   that only what varies is to be made up for.
  package init(_ statistics: InputStatistics, isCorrected: Bool) {
    switch statistics {
    case .channels(let channels):
      mean = channels.mean
      compensation = nil
      columnImportances = channels.meanSquare.map(Double.init)
    case .vectors(let vectors):
      let n = vectors.mean.count
      var moment = vectors.secondMoment
      if isCorrected {
        for row in 0..<n {
          for column in 0..<n { moment[row * n + column] -= vectors.mean[row] * vectors.mean[column] }
        }
      }
      mean = vectors.mean
      // A moment of few samples is too sure of what it has seen: the fewer there are for each input, the more of its
      // mean is added to the diagonal.
      let damping = 0.01 + 0.1 * Double(n) / Double(max(vectors.sampleCount, 1))
      compensation = LayerCompensation(Compensation(moment: moment, count: n, damping: damping, threads: 1))
      columnImportances = nil
    }
  }

  /// Bytes that it takes.
  package var byteCount: Int { compensation == nil ? 0 : 4 * mean.count * mean.count }

  /// What to add to the biases so that the mean output is as before: one for each bias.
  ///
  /// - Parameters:
  ///   - weights, decoded: rows x columns of the coding matrix.
  ///   - count: Biases; rows of a transposed convolution are several for each.
  package func correction(weights: [Float], decoded: [Float], count: Int) -> [Float] {
    let columns = mean.count
    guard compensation != nil else {
      // A row for each tap, a column for each channel.
      return (0..<columns).map { channel in
        let error = stride(from: channel, to: weights.count, by: columns).reduce(0.0) {
          $0 + Double(weights[$1]) - Double(decoded[$1])
        }
        return Float(error * Double(mean[channel]))
      }
    }
    let rowsEach = weights.count / columns / count
    return (0..<count).map { bias in
      var sum = 0.0
      for row in bias * rowsEach..<(bias + 1) * rowsEach {
        for column in 0..<columns {
          let at = row * columns + column
          sum += (Double(weights[at]) - Double(decoded[at])) * Double(mean[column])
        }
      }
      return Float(sum / Double(rowsEach))
    }
  }
}

/// Compensation as the trellis encoder takes it.
package struct LayerCompensation: ErrorCompensation {
  private let compensation: Compensation

  package init(_ compensation: Compensation) { self.compensation = compensation }

  package var columnImportances: [Double] { compensation.diagonal.map(Double.init) }

  package func round(
    _ weights: [Float], rows: Int, round: (_ column: Int, _ target: inout [Float]) -> Void
  ) -> [Float] {
    compensation.round(weights, rows: rows, threads: 1) { column, target in round(column, &target) }
  }
}
