// What is remembered of the layers' inputs while a model runs.

import SedgeOperators
import SedgeTensor
import Synchronization

/// A layer as a run meets it.
struct ObservedLayer {
  /// The name of its weights.
  let name: String
  /// How it looks at its input.
  let window: InputWindow
  /// Components of an input vector.
  let width: Int
  /// Input vectors of a run.
  var vectorCount: Int

  /// Bytes that its sums take.
  var byteCount: Int { InputSums.byteCount(window, width: width) }
}

/// Takes what ``ObservingOperators`` show it: at first only counts it, then sums it up for chosen layers.
final class Observation: Sendable {
  private struct State {
    /// Whether inputs are only counted; they have no values then.
    var isPlanning = false
    /// The layers that were met, in the order in which they were first met.
    var plan: [ObservedLayer] = []
    /// The sums of the chosen layers.
    var sums: [String: InputSums] = [:]
    /// What is chosen of the chosen layers' vectors in this run.
    var samplings: [String: Sampling] = [:]
    /// Vectors of each layer that this run has shown.
    var seen: [String: Int] = [:]
  }

  private let state = Mutex(State())
  private let workers: Workers

  /// Vectors that are laid out together; a multiple of ``MomentSums/depth``.
  private static let batch = 1024

  init(threads: Int?) { workers = Workers(count: threads) }

  /// Whether inputs are only counted.
  var isPlanning: Bool { state.withLock { $0.isPlanning } }

  /// The layers that `run` meets, in the order in which it first meets them.
  func plan(_ run: () -> Void) -> [ObservedLayer] {
    state.withLock { $0.isPlanning = true }
    run()
    return state.withLock { state in
      defer { state = State() }
      return state.plan
    }
  }

  /// Forgets all sums and starts new ones.
  func begin(_ layers: [ObservedLayer]) {
    state.withLock { state in
      state.sums = [:]
      for layer in layers { state.sums[layer.name] = InputSums(layer.window, width: layer.width) }
    }
  }

  /// Gets ready for a run, of whose vectors at most `limit` are looked at in each layer.
  func beginRun(_ layers: [ObservedLayer], limit: Int, seed: UInt64) {
    state.withLock { state in
      state.seen = [:]
      state.samplings = [:]
      for layer in layers {
        state.samplings[layer.name] = Sampling(count: layer.vectorCount, limit: limit, seed: seed)
      }
    }
  }

  /// The statistics of a layer, whose sums are forgotten.
  func takeStatistics(of layer: ObservedLayer) -> InputStatistics? {
    state.withLock { $0.sums.removeValue(forKey: layer.name)?.statistics(workers) }
  }

  /// Takes a layer's input.
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
