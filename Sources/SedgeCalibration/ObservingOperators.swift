// Operators that report layer inputs to an observer.

import SedgeOperators
import SedgeTensor

/// Operators that compute on the kernels and report the inputs of layers.
struct ObservingOperators: InputObserver, OperatorDecorator {
  let observation: Observation
  private let accelerated: AcceleratedOperators
  private let shapes = ShapeOperators()

  init(_ observation: Observation, threads: Int?) throws(KernelSetError) {
    self.observation = observation
    accelerated = try AcceleratedOperators(threads: threads)
  }

  /// The operators that compute: shapes alone while a run is planned.
  var base: any Operators { observation.isPlanning ? shapes : accelerated }

  func observe(_ input: Tensor, of layer: String, _ window: InputWindow) {
    observation.record(input, of: layer, window)
  }
}
