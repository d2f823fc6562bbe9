// The collected inputs of layers during a run.

import SedgeOperators
import SedgeTensor
import Synchronization

/// A layer of a run.
struct ObservedLayer {
  /// The name of its weights.
  let name: String
  /// The window of its input vectors.
  let window: InputWindow
  /// Components of an input vector.
  let width: Int
  /// Input vectors of a run.
  var vectorCount: Int

  /// Bytes of its sums.
  var byteCount: Int { InputSums.byteCount(window, width: width) }
}

/// Collects the inputs that ``ObservingOperators`` report: first counts for the plan, then sums for chosen layers.
final class Observation: Sendable {
  private struct State {
    /// Whether inputs are only counted; they have no values then.
    var isPlanning = false
    /// The layers, in the order of their first inputs.
    var plan: [ObservedLayer] = []
    /// The sums of the chosen layers.
    var sums: [String: InputSums] = [:]
    /// The samplings of the chosen layers in this run.
    var samplings: [String: Sampling] = [:]
    /// The number of reported vectors of each layer in this run.
    var seen: [String: Int] = [:]
  }

  private let state = Mutex(State())
  private let workers: Workers

  /// Vectors that are gathered together; a multiple of ``MomentSums/depth``.
  private static let batch = 1024

  init(threads: Int?) { workers = Workers(count: threads) }

  /// Whether inputs are only counted.
  var isPlanning: Bool { state.withLock { $0.isPlanning } }

  /// The layers of `run`, in the order of their first inputs.
  func plan(_ run: () -> Void) -> [ObservedLayer] {
    state.withLock { $0.isPlanning = true }
    run()
    return state.withLock { state in
      defer { state = State() }
      return state.plan
    }
  }

  /// Starts new sums for layers.
  func begin(_ layers: [ObservedLayer]) {
    state.withLock { state in
      state.sums = [:]
      for layer in layers { state.sums[layer.name] = InputSums(layer.window, width: layer.width) }
    }
  }

  /// Prepares a run with at most `limit` sampled vectors for each layer.
  func beginRun(_ layers: [ObservedLayer], limit: Int, seed: UInt64) {
    state.withLock { state in
      state.seen = [:]
      state.samplings = [:]
      for layer in layers {
        state.samplings[layer.name] = Sampling(count: layer.vectorCount, limit: limit, seed: seed)
      }
    }
  }

  /// Returns the statistics of a layer and drops its sums.
  func takeStatistics(of layer: ObservedLayer) -> InputStatistics? {
    state.withLock { $0.sums.removeValue(forKey: layer.name)?.statistics(workers) }
  }

  /// Adds a layer's input.
  func record(_ input: Tensor, of layer: String, _ window: InputWindow) {
    let vectors = InputVectors(input, window)
    state.withLock { state in
      if state.isPlanning {
        count(vectors, of: layer, window, in: &state.plan)
      } else if let sums = state.sums[layer], let sampling = state.samplings[layer] {
        let start = state.seen[layer, default: 0]
        state.seen[layer] = start + vectors.count
        let samples = sampling.samples(in: start..<start + vectors.count).map { $0 - start }
        for first in stride(from: 0, to: samples.count, by: Self.batch) {
          let batch = samples[first..<min(first + Self.batch, samples.count)]
          sums.add(vectors.gathered(batch, workers), count: batch.count, workers)
        }
      }
    }
  }

  private func count(
    _ vectors: InputVectors, of layer: String, _ window: InputWindow, in plan: inout [ObservedLayer]
  ) {
    if let index = plan.firstIndex(where: { $0.name == layer }) {
      plan[index].vectorCount += vectors.count
    } else {
      plan.append(
        ObservedLayer(name: layer, window: window, width: vectors.width, vectorCount: vectors.count))
    }
  }
}
