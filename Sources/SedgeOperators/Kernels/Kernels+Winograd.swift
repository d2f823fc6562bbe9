// Winograd convolutions in float32.

internal import CSedgeKernels
package import SedgeTensor

extension Kernels {
  /// Whether a layer is computed faster as a Winograd convolution than directly.
  ///
  /// - Parameter inInt8: Whether the direct convolution would be in int8.
  package func isWinogradFaster(inputs: Int, outputs: Int, thanInt8 inInt8: Bool) -> Bool {
    let lanes = unsafe table.pointee.lanes
    guard inputs >= max(lanes, 8), outputs >= 16, outputs % lanes == 0 else { return false }
    return unsafe !inInt8 || table.pointee.is_winograd_faster_than_int8 != 0
  }

  /// The packed weights of a Winograd convolution of stride 1.
  package struct WinogradLayer {
    package let form: WinogradForm
    /// Channels.
    package let inputs: Int
    package let outputs: Int
    /// The kernel is groups x groups kernels of the form.
    fileprivate let groups: Int
    /// Of each point.
    fileprivate let weights: FloatBuffer
    fileprivate let bias: FloatBuffer?

    /// The channels that a product reads of a line of groups.
    fileprivate var groupLength: Int { groups * inputs }

    /// The number of tiles along a side with this many outputs.
    package func tileCount(_ side: Int) -> Int { (side + form.outputs - 1) / form.outputs }

    /// The pixels that tiles with this many outputs along a side read.
    package func inputCount(_ side: Int) -> Int {
      (tileCount(side) + groups - 1) * form.outputs + form.taps - 1
    }

    /// The number of rows of tiles that are computed at a time: products have some tens of rows, enough for each weight that is read.
    package func rowCount(tiles: Int) -> Int { max(1, ((groups > 1 ? 36 : 24) + tiles - 1) / tiles) }
  }

  /// Packs a Winograd convolution.
  ///
  /// - Parameter kernel: O x K x K x C; K is the form's, or larger if the form has as many outputs as taps.
  package func winogradLayer(_ kernel: Tensor, bias: [Float]? = nil, form: WinogradForm) -> WinogradLayer {
    let (outputs, groups) = (kernel.shape[0], form.groupCount(kernel: kernel.shape[1]))
    let inputs = groups * groups * kernel.shape[3]
    let size = packedCount(outputs: outputs, inputs: inputs)
    let weights = FloatBuffer(count: form.points * form.points * size)
    for line in 0..<form.points {
      for column in 0..<form.points {
        pack(
          form.transformed(kernel, line: line, column: column).span, outputs: outputs, inputs: inputs,
          into: weights, at: (line * form.points + column) * size)
      }
    }
    return WinogradLayer(
      form: form, inputs: kernel.shape[3], outputs: outputs, groups: groups, weights: weights,
      bias: bias.map { FloatBuffer($0) })
  }

  /// Rows of tiles at the points of a Winograd convolution, and their products.
  package struct WinogradScratch {
    fileprivate let values: FloatBuffer
    fileprivate let products: FloatBuffer

    /// Allocates memory for any of the layers.
    ///
    /// - Parameter uses: Layers with their numbers of rows of tiles at a time and of tiles in a row.
    package init(_ uses: [(layer: WinogradLayer, rowCount: Int, tiles: Int)]) {
      let sizes = uses.map { use in
        let (points, shape) = (use.layer.form.points, Strides(use.layer, use.rowCount, use.tiles))
        return (points * points * shape.values, points * points * shape.products)
      }
      values = FloatBuffer(count: sizes.map(\.0).max() ?? 0)
      products = FloatBuffer(count: sizes.map(\.1).max() ?? 0)
    }
  }

  /// The distances from one point to the next.
  private struct Strides {
    let values: Int
    let products: Int

    /// Adds a cache line, without which the points of a tile would share sets of the cache.
    init(_ layer: WinogradLayer, _ rowCount: Int, _ tiles: Int) {
      values = (rowCount + layer.groups - 1) * tiles * layer.groupLength + 16
      products = rowCount * tiles * layer.outputs + 16
    }
  }

  /// Where a row of tiles stores some channels of its outputs.
  package struct TileOutputs {
    /// The place of the first channel of output (0, 0) of the first tile, which may lie outside of the image.
    package var start: Int
    package var lineStride: Int
    package var pixelStride: Int
    /// The lines of the tiles that are stored.
    package var lines: Range<Int>
    /// The columns of the row that are stored.
    package var columns: Range<Int>

    package init(start: Int, lineStride: Int, pixelStride: Int, lines: Range<Int>, columns: Range<Int>) {
      (self.start, self.lineStride, self.pixelStride) = (start, lineStride, pixelStride)
      (self.lines, self.columns) = (lines, columns)
    }
  }

  /// Convolves rows of tiles: `output = addend + image * kernel + bias`.
  ///
  /// - Parameters:
  ///   - start: The first input of the first tile. All inputs of the tiles are read.
  ///   - addend: Has the places of the output; may be the output.
  ///   - targets: The places of the outputs of a row of tiles, in equal parts of the channels; bias only with one part.
  package func convolve(
    _ image: FloatBuffer, at start: Int, lineStride: Int, rowCount: Int, tiles: Int, by layer: WinogradLayer,
    addend: FloatBuffer? = nil, into output: FloatBuffer, _ scratch: WinogradScratch,
    targets: (_ row: Int) -> [TileOutputs]
  ) {
    let (form, groups, length) = (layer.form, layer.groups, layer.groupLength)
    let strides = Strides(layer, rowCount, tiles)
    for row in 0..<rowCount + groups - 1 {
      for group in 0..<groups {
        transformInputs(
          form, image, at: start + row * form.outputs * lineStride + group * form.outputs * layer.inputs,
          lineStride: lineStride, tiles: tiles, channels: layer.inputs, into: scratch.values,
          at: row * tiles * length + group * layer.inputs, pointStride: strides.values, tileStride: length)
      }
    }
    multiplyPoints(
      Rows(
        scratch.values, stride: length, runCount: groups, runLength: length, runStride: tiles * length),
      stride: strides.values, rowCount * tiles, by: layer,
      into: Place(scratch.products, stride: layer.outputs), stride: strides.products)
    for row in 0..<rowCount {
      let targets = targets(row)
      let channels = layer.outputs / targets.count
      precondition(channels * targets.count == layer.outputs && (layer.bias == nil || targets.count == 1))
      for (part, target) in targets.enumerated() where !target.lines.isEmpty && !target.columns.isEmpty {
        transformOutputs(
          form, scratch.products, at: row * tiles * layer.outputs + part * channels, tiles: tiles,
          channels: channels, pointStride: strides.products, tileStride: layer.outputs, addend: addend,
          bias: layer.bias, into: output, at: target)
      }
    }
  }

  /// The values of a row of tiles at the points.
  private func transformInputs(
    _ form: WinogradForm, _ image: FloatBuffer, at start: Int, lineStride: Int, tiles: Int, channels: Int,
    into values: FloatBuffer, at place: Int, pointStride: Int, tileStride: Int
  ) {
    let lanes = unsafe table.pointee.lanes
    precondition(tiles > 0 && lineStride >= 0 && channels >= lanes)
    let points = form.points
    var shape = sedge_tiles(
      count: tiles, channels: channels, point_stride: pointStride, tile_stride: tileStride)
    unsafe table.pointee.winograd_input(
      form.kernelValue, &shape,
      image.address(start, (points - 1) * lineStride + ((tiles - 1) * form.outputs + points) * channels),
      lineStride,
      values.address(place, (points * points - 1) * pointStride + (tiles - 1) * tileStride + channels))
  }

  /// The product of each point; the strides lead from one point to the next.
  private func multiplyPoints(
    _ rows: Rows<Float>, stride: Int, _ rowCount: Int, by layer: WinogradLayer, into products: Place,
    stride productStride: Int
  ) {
    let points = layer.form.points * layer.form.points
    let size = packedCount(outputs: layer.outputs, inputs: rows.runCount * rows.runLength)
    var input = unsafe checked(rows, rowCount)
    unsafe _ = rows.buffer.address(rows.start, points * stride)
    var packed = unsafe sedge_layer(
      weights: layer.weights.address(0, points * size), outputs: layer.outputs, bias: nil, addend: nil,
      addend_stride: 0, activation: Activation.identity.kernelValue)
    var output = unsafe products.buffer.address(products.start, points * productStride)
    unsafe precondition(products.address(rowCount, width: layer.outputs) == output)
    precondition((rowCount - 1) * products.stride + layer.outputs <= productStride)
    for _ in 0..<points {
      unsafe table.pointee.multiply(&input, rowCount, &packed, output, products.stride)
      unsafe input.first += stride
      unsafe packed.weights += size
      unsafe output += productStride
    }
  }

  /// The outputs of a row of tiles from their products.
  private func transformOutputs(
    _ form: WinogradForm, _ products: FloatBuffer, at place: Int, tiles: Int, channels: Int,
    pointStride: Int, tileStride: Int, addend: FloatBuffer?, bias: FloatBuffer?, into output: FloatBuffer,
    at target: TileOutputs
  ) {
    let (points, lanes) = (form.points * form.points, unsafe table.pointee.lanes)
    precondition(tiles > 0 && channels > 0 && channels % lanes == 0)
    precondition(target.lineStride >= 0 && target.pixelStride >= channels)
    precondition(target.lines.lowerBound >= 0 && target.lines.upperBound <= form.outputs)
    precondition(target.columns.lowerBound >= 0 && target.columns.upperBound <= tiles * form.outputs)
    let start =
      target.start + target.lines.lowerBound * target.lineStride
      + target.columns.lowerBound * target.pixelStride
    let count =
      (target.lines.count - 1) * target.lineStride + (target.columns.count - 1) * target.pixelStride
      + channels
    var shape = sedge_tiles(
      count: tiles, channels: channels, point_stride: pointStride, tile_stride: tileStride)
    var places = unsafe sedge_tile_outputs(
      first: output.address(start, count),
      addend: addend.map { unsafe UnsafePointer($0.address(start, count)) },
      bias: bias.map { unsafe UnsafePointer($0.address(0, channels)) }, line_stride: target.lineStride,
      pixel_stride: target.pixelStride, first_line: target.lines.lowerBound,
      end_line: target.lines.upperBound, first_column: target.columns.lowerBound,
      end_column: target.columns.upperBound)
    unsafe table.pointee.winograd_output(
      form.kernelValue, &shape,
      products.address(place, (points - 1) * pointStride + (tiles - 1) * tileStride + channels), &places)
  }
}
