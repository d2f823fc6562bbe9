// A tensor whose values are to be measured.

package import SedgeTensor

/// Where a tensor's values come from.
package struct MeasuredTensor {
  /// The name.
  package var name: String
  /// The dimensions.
  package var shape: [Int]
  /// The dimension of the channels, the outputs of the layer; `nil` for a tensor without.
  package var channelAxis: Int?
  /// Whether ``read`` takes rows; otherwise it is called with all of them.
  package var readsRows: Bool
  /// The values of some rows, slices of the outermost dimension; `0..<1` of a scalar.
  package var read: (_ rows: Range<Int>) throws -> [Float]

  /// Collects the fields.
  package init(
    name: String, shape: [Int], channelAxis: Int?, readsRows: Bool,
    read: @escaping (_ rows: Range<Int>) throws -> [Float]
  ) {
    self.name = name
    self.shape = shape
    self.channelAxis = channelAxis
    self.readsRows = readsRows
    self.read = read
  }

  /// A tensor of floating-point elements in an archive.
  package init(_ info: TensorInfo, in archive: any TensorArchive, channelAxis: Int?) {
    let readsRows = archive.readsRows(of: info)
    self.init(name: info.name, shape: info.shape, channelAxis: channelAxis, readsRows: readsRows) { rows in
      rows.count < info.rowCount ? try archive.floats(info, rows: rows) : try archive.floats(info).values
    }
  }

  /// Elements.
  var elementCount: Int { shape.reduce(1, *) }
  /// The extent of the outermost dimension, 1 for a scalar.
  var rowCount: Int { shape.first ?? 1 }
  /// Elements of a row.
  var rowElementCount: Int { shape.dropFirst().reduce(1, *) }
  /// How its channels lie in it; `nil` where it is measured without.
  var channels: ChannelLayout? { channelAxis.flatMap { ChannelLayout(shape: shape, axis: $0) } }
}

/// How channels lie in a tensor: `outer` times, one after another, the runs of all channels, of `inner` elements each.
struct ChannelLayout: Hashable, Sendable {
  let outer: Int
  let count: Int
  let inner: Int

  /// - Returns: `nil` where there are no two channels of two elements, or too many to look at.
  init?(shape: [Int], axis: Int) {
    guard shape.indices.contains(axis) else { return nil }
    outer = shape[..<axis].reduce(1, *)
    count = shape[axis]
    inner = shape[(axis + 1)...].reduce(1, *)
    guard (2...TensorStatistics.largestChannelCount).contains(count), outer * inner >= 2 else { return nil }
  }

  /// Whether a channel is one run.
  var isContiguous: Bool { outer == 1 }

  /// The elements of a channel in the values of the whole tensor.
  func values(of channel: Int, in values: [Float]) -> [Float] {
    (0..<outer).flatMap { outermost -> ArraySlice<Float> in
      let start = (outermost * count + channel) * inner
      return values[start..<start + inner]
    }
  }
}
