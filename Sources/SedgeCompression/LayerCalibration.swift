// The calibration of one layer.

package import SedgeCalibration

/// The statistics of a layer's inputs that rounding its weights depends on.
package struct LayerCalibration: Sendable {
  /// The mean of each input, one for each column of the encoded matrix.
  package let mean: [Float]
  /// The compensation of errors; `nil` for depthwise convolutions, whose channels do not interact.
  package let compensation: Compensation?
  /// The squared error of the output for a squared error of 1 in each column, where there is no compensation.
  package let columnImportances: [Double]?

  /// Prepares the compensation of a layer.
  ///
  /// - Parameter isCorrected: Whether the layer has a bias, which corrects the mean error of the outputs, so that
  ///   only the covariance of the inputs matters.
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
      // The fewer samples there are for each input, the less certain the moment, and the larger the damping.
      let damping = 0.01 + 0.1 * Double(n) / Double(max(vectors.sampleCount, 1))
      compensation = Compensation(moment: moment, count: n, damping: damping, threads: 1)
      columnImportances = nil
    }
  }

  /// Bytes of memory.
  package var byteCount: Int { compensation == nil ? 0 : 4 * mean.count * mean.count }

  /// The correction of each bias that keeps the mean output unchanged.
  ///
  /// - Parameters:
  ///   - weights, decoded: rows x columns of the encoded matrix, before and after.
  ///   - count: The number of biases; a transposed convolution has several rows for each.
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
