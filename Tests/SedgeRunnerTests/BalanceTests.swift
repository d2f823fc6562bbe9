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

  /// The share of the threads' time in which they work, by the arithmetic of each stage, and the least of a stage; steps of a stage count
  /// alike.
  private func balance(_ model: SegmentationModel, classes: Int, threads: Int) throws -> (
    total: Double, least: (share: Double, stage: String)
  ) {
    let architecture = model.architecture
    let features = Tensor(zeros: [
      classes, architecture.decoder?.promptCount ?? 0, architecture.image.embeddingWidth,
    ])
    let counts = PieceCounts()
    PieceCounts.$current.withValue(counts) {
      _ = model.segment(
        pixels: [UInt8](repeating: 0, count: 768 * 768 * 3), height: 768, width: 768, textFeatures: features,
        topK: nil, times: StageTimes())
    }
    var (busy, all, least) = (0.0, 0.0, (share: 1.0, stage: ""))
    // No class is rejected here.
    for operation in model.operationCounts(classes: [Int](repeating: classes, count: 4))
    where operation.stage != "early rejection" {
      let pieces = try #require(counts.counts[operation.stage], "\(operation.stage)")
      // A step of n equal pieces takes the time of ceil(n / threads) pieces.
      let times = pieces.map { Double(($0 + threads - 1) / threads * threads) / Double($0) }
      let share = Double(times.count) / times.reduce(0, +)
      busy += Double(operation.done)
      all += Double(operation.done) / share
      if share < least.share { least = (share, operation.stage) }
    }
    return (busy / all, least)
  }

  // The limits are a little below what is counted today: a finer division raises them.
  @Test(
    "SED-B on 768 x 768 pixels keeps threads at work with 150 classes and with 20",
    arguments: [
      (threads: 1, many: 1, few: 1), (2, 0.99, 0.99), (3, 0.95, 0.95), (4, 0.95, 0.95), (8, 0.95, 0.95),
      (16, 0.9, 0.9),
      (32, 0.9, 0.9), (64, 0.85, 0.75), (128, 0.7, 0.5),
    ])
  func base(limits: (threads: Int, many: Double, few: Double)) throws {
    var compute = Compute(.float32)
    compute.threads = limits.threads
    let model = try SegmentationModel(
      weights: Zeros(), preprocessing: Preprocessing(resolution: 768), compute: compute)
    for (classes, limit) in [(150, limits.many), (20, limits.few)] {
      let (total, least) = try balance(model, classes: classes, threads: limits.threads)
      #expect(
        total >= limit,
        "\(classes) classes: threads work \(total) of the time, in \(least.stage) \(least.share)")
    }
  }
}
