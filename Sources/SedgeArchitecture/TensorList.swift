// The parameters of layers and norms, collected in the order of the forward pass.

/// Tensors of a checkpoint, added module by module.
struct TensorList {
  private(set) var tensors: [CheckpointTensor] = []

  mutating func add(
    _ path: ParameterPath, _ role: TensorRole, _ shape: [Int], _ layout: TensorLayout, _ axes: [Int],
    of layer: LayerPath? = nil
  ) {
    tensors.append(
      CheckpointTensor(name: path.name, role: role, shape: shape, layout: layout, axes: axes, layer: layer))
  }

  mutating func linear(_ layer: LayerPath, outputs: Int, inputs: Int, bias: Bool = true) {
    add(layer.weight, .linear, [outputs, inputs], .oi, [0, 1], of: layer)
    if bias { add(layer.bias, .bias, [outputs], .plain, [0]) }
  }

  mutating func convolution(_ layer: LayerPath, outputs: Int, inputs: Int, kernel: Int, bias: Bool = true) {
    add(layer.weight, .convolution, [outputs, inputs, kernel, kernel], .ohwi, [0, 2, 3, 1], of: layer)
    if bias { add(layer.bias, .bias, [outputs], .plain, [0]) }
  }

  mutating func transposedConvolution(_ layer: LayerPath, outputs: Int, inputs: Int, kernel: Int) {
    add(
      layer.weight, .transposedConvolution, [inputs, outputs, kernel, kernel], .ohwi, [1, 2, 3, 0], of: layer)
    add(layer.bias, .bias, [outputs], .plain, [0])
  }

  mutating func depthwiseConvolution(_ layer: LayerPath, channels: Int, kernel: Int) {
    add(layer.weight, .depthwiseConvolution, [channels, 1, kernel, kernel], .hwc, [2, 3, 0], of: layer)
    add(layer.bias, .bias, [channels], .plain, [0])
  }

  mutating func norm(_ norm: NormPath, width: Int) {
    add(norm.scale, .normScale, [width], .plain, [0])
    add(norm.shift, .normShift, [width], .plain, [0])
  }
}
