// How evenly the accelerated pass divides its work among threads, counted without running it.

import SedgeArchitecture
import SedgeOperators
import SedgeRunner
import SedgeTensor
import Testing

@Suite("Balance of threads")
struct BalanceTests {
  /// SED-B's widths with a third of the blocks of the third stage, and weights of 0.
  private final class Zeros: WeightSource {
    let architecture: Architecture
    let foldState = FoldState.original
    let logitScale: Float? = 4.6
    let modelTensors: [ModelTensor]

    init() throws {
      var architecture = Architecture.sedBase
      guard case .convNeXt(var encoder) = architecture.image else { throw CancellationError() }
      encoder.depths = [1, 1, 9, 1]
      architecture.image = .convNeXt(encoder)
      self.architecture = architecture
      modelTensors = architecture.modelTensors
    }

    func values(of tensor: ModelTensor) -> Tensor { Tensor(zeros: tensor.shape) }
  }

  /// The share of the threads' time in which they work, by the arithmetic of each stage; steps of a stage count alike.
  private func balance(_ weights: Zeros, classes: Int, threads: Int) throws -> (total: Double, worst: String)
  {
    var compute = Compute(.float32)
    compute.threads = threads
    let model = try SegmentationModel(
      weights: weights, preprocessing: Preprocessing(resolution: 768), compute: compute)
    let architecture = weights.architecture
    let features = Tensor(zeros: [
      classes, architecture.decoder?.promptCount ?? 0, architecture.image.embeddingWidth,
    ])
    let counts = PieceCounts()
    PieceCounts.$current.withValue(counts) {
      _ = model.segment(
        pixels: [UInt8](repeating: 0, count: 768 * 768 * 3), height: 768, width: 768, textFeatures: features,
        topK: nil, times: StageTimes())
    }
    let operations = architecture.operationCounts(
      resolution: 768, classes: [Int](repeating: classes, count: 4))
    var (busy, all, worst) = (0.0, 0.0, (1.0, ""))
    for operation in operations {
      let pieces = try #require(counts.counts[operation.stage], "\(operation.stage)")
      // A step of n equal pieces takes the time of ceil(n / threads) pieces.
      let times = pieces.map { Double(($0 + threads - 1) / threads * threads) / Double($0) }
      let share = Double(times.count) / times.reduce(0, +)
      busy += Double(operation.done)
      all += Double(operation.done) / share
      if share < worst.0 { worst = (share, operation.stage) }
    }
    return (busy / all, "\(worst)")
  }

  @Test(
    "SED-B on 768 x 768 pixels keeps 1 to 128 threads at work, with many classes and with few",
    arguments: [150, 20])
  func base(classes: Int) throws {
    let weights = try Zeros()
    for threads in [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128] {
      let (total, worst) = try balance(weights, classes: classes, threads: threads)
      print(classes, threads, total, worst)
      #expect(total >= 0.8, "\(threads) threads work \(total) of the time; least in \(worst)")
    }
  }
}
