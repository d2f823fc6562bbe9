// sedge bench: how fast a model runs here.

import SedgeContainer
import ArgumentParser
import Sedge
import SedgeArchitecture
import SedgePlatform
import SedgeRunner
import SedgeSafetensors
import SedgeTensor

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure the speed of a model on this machine, stage by stage.",
    usage: "sedge bench <model.sedge> [<options>]",
    discussion: """
      Segments a picture of the model's resolution several times, from pixels to labels, and prints the figures of the \
      median run. Everything that does not depend on the picture, such as text features, is computed before. The values \
      of picture and text affect the time only through early rejection; --input gives real ones.
      """)

  @Argument(help: "The .sedge file.", completion: .file(extensions: ["sedge"]))
  var model: String

  @Option(help: ArgumentHelp("Number of classes, with random text features.", valueName: "n"))
  var classCount = 150

  @Option(
    help: ArgumentHelp(
      "A picture and text features instead of random ones: image (H x W x 3, uint8) and text_features (classes x prompts x embedding).",
      valueName: "file.safetensors"), completion: .file())
  var input: String?

  @Option(
    help: ArgumentHelp(
      "Early rejection: keep the classes among the k best of any pixel; all keeps every class.",
      valueName: "k"))
  var topK = TopK.all

  @OptionGroup var options: ComputeOptions

  @Option(help: ArgumentHelp("Timed runs, after one untimed run.", valueName: "n"))
  var repeats = 3

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    for (name, value) in [("--class-count", classCount), ("--repeats", repeats)]
    where !(1...4096).contains(value) {
      throw ValidationError("\(name) \(value): expected a number from 1 to 4096")
    }
  }

  func run() throws {
    try options.noteSpeed()
    let start = ContinuousClock.now
    let model = try SedgeModel(path: model, compute: options.computation)
    let loadSeconds = (ContinuousClock.now - start).seconds
    if topK != .all, !model.file.architecture.hasRejectionHeads {
      throw OptionError("\(self.model): has no heads for early rejection; keep all classes")
    }
    let scene =
      try input.map { try BenchScene(path: $0, model.file) } ?? BenchScene(classes: classCount, model.file)
    let display = ProgressDisplay()
    let benchmark = try Benchmark(
      model, pixels: scene.pixels, height: scene.height, width: scene.width,
      textFeatures: scene.textFeatures, topK: topK.count, repeats: repeats
    ) { try display.show(.running($0 == 0 ? "once, not timed" : "run \($0) of \(repeats)")) }
    let peak = try options.computation.peakOperationsPerSecond()
    display.clear()
    let report = try BenchReport(
      benchmark, self, scene, peak: peak, loadSeconds: loadSeconds, peakMemory: peakMemoryBytes())
    if json { try printJSON(report) } else { report.printed() }
  }
}

/// What is segmented.
struct BenchScene {
  var pixels: [UInt8]
  var height: Int
  var width: Int
  var textFeatures: Tensor

  /// Noise for a picture, and for each prompt a direction of its own.
  init(classes: Int, _ model: SedgeFile) {
    (height, width) = (model.header.preprocessing.resolution, model.header.preprocessing.resolution)
    var state: UInt64 = 1
    // A linear congruential generator (Knuth, MMIX): the same numbers everywhere.
    let next = {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 56)
    }
    pixels = (0..<height * width * 3).map { _ in next() }
    let shape = [classes, model.architecture.featuresPerClass, model.architecture.image.embeddingWidth]
    let values = (0..<shape.reduce(1, *)).map { _ in Float(next()) - 127.5 }
    // Numbers spread evenly over -127.5...127.5: the root of the mean square is 73.9.
    let length = 73.9 * Float(shape[2]).squareRoot()
    textFeatures = Tensor(shape: shape, values: values.map { $0 / length })
  }

  /// Reads a file.
  init(path: String, _ model: SedgeFile) throws {
    let archive = try SafetensorsArchive(path: path)
    let find = { (name: String) throws(FormatError) -> TensorInfo in
      guard let info = archive.tensors.first(where: { $0.name == name }) else {
        throw FormatError(.missingTensor(nearest: nil), path: path, tensor: name)
      }
      return info
    }
    let image = try find("image")
    guard image.shape.count == 3, image.shape[2] == 3, image.elementType == .uint8, image.elementCount > 0
    else {
      throw FormatError(
        .malformed("expected H x W x 3, uint8, found \(image.shape), \(image.elementType)"), path: path,
        tensor: "image")
    }
    (height, width) = (image.shape[0], image.shape[1])
    pixels = try archive.integers(image).map { UInt8($0) }
    textFeatures = try archive.floats(try find("text_features"))
    let (prompts, embedding) = (model.architecture.featuresPerClass, model.architecture.image.embeddingWidth)
    guard textFeatures.shape.count == 3, textFeatures.shape[0] > 0,
      Array(textFeatures.shape.dropFirst()) == [prompts, embedding]
    else {
      throw FormatError(
        .malformed("expected classes x \(prompts) x \(embedding), found \(textFeatures.shape)"), path: path,
        tensor: "text_features")
    }
  }
}

/// What `bench --json` prints; figures are those of the median run.
struct BenchReport: JSONReport {
  static let kind = ReportKind.bench

  struct Stage: Encodable {
    var name: String
    var seconds: Double
    /// Of all threads together.
    var cpuSeconds: Double
    /// 10⁹ floating-point operations as the model defines the stage, and as they were done.
    var gflop: Double
    var gflopDone: Double
    /// 10⁹ a second that were done.
    var gflops: Double
  }

  /// From pixels to labels.
  var totalSeconds: Double
  var seconds: [Double]
  /// What all threads together worked in each run.
  var cpuSeconds: [Double]
  var loadSeconds: Double
  var model: String
  var compute: String
  var kernels: String
  var threads: Int
  var classes: Int
  var classCounts: [Int]
  var topK: Int?
  var width: Int
  var height: Int
  var stages: [Stage]
  var gflop: Double
  var gflopDone: Double
  /// 10⁹ operations a second, of those that the model defines.
  var gflops: Double
  var peakGflops: Double
  /// The defined operations a second over the peak.
  var shareOfPeak: Double
  /// The done operations a second over the peak.
  var shareOfPeakDone: Double
  var peakMemoryBytes: Int

  init(
    _ benchmark: Benchmark, _ command: BenchCommand, _ scene: BenchScene, peak: Double, loadSeconds: Double,
    peakMemory: Int
  ) throws {
    let giga = 1e-9
    totalSeconds = benchmark.totalSeconds
    seconds = benchmark.seconds
    cpuSeconds = benchmark.processorSeconds
    self.loadSeconds = loadSeconds
    model = command.model
    compute = command.options.compute.rawValue
    kernels = try command.options.computation.kernelSet()
    threads = command.options.computation.threadCount
    classes = scene.textFeatures.shape[0]
    classCounts = benchmark.classCounts
    topK = command.topK.count
    (width, height) = (scene.width, scene.height)
    stages = benchmark.stages.map {
      Stage(
        name: $0.name, seconds: $0.seconds, cpuSeconds: $0.processorSeconds,
        gflop: $0.definedOperations * giga,
        gflopDone: $0.doneOperations * giga,
        gflops: $0.seconds > 0 ? $0.doneOperations * giga / $0.seconds : 0)
    }
    gflop = stages.reduce(0) { $0 + $1.gflop }
    gflopDone = stages.reduce(0) { $0 + $1.gflopDone }
    gflops = gflop / totalSeconds
    peakGflops = peak * giga
    shareOfPeak = gflops / peakGflops
    shareOfPeakDone = gflopDone / totalSeconds / peakGflops
    peakMemoryBytes = peakMemory
  }

  /// The table for people.
  func printed() {
    print(
      "\(model): \(decimalText(totalSeconds, digits: 3)) s for \(width) x \(height) pixels and \(counted(classes, "class", "classes"))"
    )
    print(
      "median of \(counted(seconds.count, "run")); \(compute), kernels \(kernels), \(counted(threads, "thread"))\n"
    )
    var table = TextTable([
      ("stage", .left), ("seconds", .right), ("share", .right), ("GFLOP", .right), ("done", .right),
      ("GFLOP/s", .right), ("of peak", .right),
    ])
    for stage in stages + [total] {
      let hasWork = stage.gflop > 0
      table.add([
        stage.name, decimalText(stage.seconds, digits: 3),
        percentText(stage.seconds / totalSeconds, digits: 1),
        hasWork ? decimalText(stage.gflop, digits: 1) : "",
        hasWork ? decimalText(stage.gflopDone, digits: 1) : "",
        hasWork ? decimalText(stage.gflops, digits: 0) : "",
        hasWork ? percentText(stage.gflops / peakGflops, digits: 1) : "",
      ])
    }
    table.printed()
    if topK != nil {
      print("classes at first and at each layer: \(classCounts.map(String.init).joined(separator: ", "))")
    }
    print(
      "the model's \(decimalText(gflop, digits: 1)) GFLOP in \(decimalText(totalSeconds, digits: 3)) s: "
        + "\(decimalText(gflops, digits: 0)) GFLOP/s, \(percentText(shareOfPeak, digits: 1)) of the "
        + "\(decimalText(peakGflops, digits: 0)) measured in registers")
    print(
      "all threads together worked \(cpuSeconds.map { decimalText($0, digits: 3) }.joined(separator: ", ")) s"
    )
    print(
      "runs \(seconds.map { decimalText($0, digits: 3) }.joined(separator: ", ")) s; loaded in "
        + "\(decimalText(loadSeconds, digits: 2)) s; peak memory \(bytesText(peakMemoryBytes))")
  }

  private var total: Stage {
    Stage(
      name: "image to labels", seconds: totalSeconds, cpuSeconds: stages.reduce(0) { $0 + $1.cpuSeconds },
      gflop: gflop, gflopDone: gflopDone,
      gflops: gflopDone / totalSeconds)
  }
}

/// The most memory that this process has had (`getrusage`).
private func peakMemoryBytes() -> Int {
  var usage = rusage()
  #if os(Linux)
    let unit = 1024
  #else
    let unit = 1
  #endif
  #if canImport(Glibc)
    let result = unsafe getrusage(RUSAGE_SELF.rawValue == 0 ? __rusage_who_t(0) : 0, &usage)
  #else
    let result = unsafe getrusage(RUSAGE_SELF, &usage)
  #endif
  return result == 0 ? Int(usage.ru_maxrss) * unit : 0
}

extension Duration {
  /// The whole of it in seconds.
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
