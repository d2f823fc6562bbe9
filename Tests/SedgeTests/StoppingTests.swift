// Long work that is stopped by its progress handler or by the cancellation of its task.

import Dispatch
import Sedge
import Synchronization
import TestSupport
import Testing

@Suite("Long work")
struct StoppingTests {
  private struct Stop: Error {}

  /// A progress handler that waits until the test has cancelled the task, so that no later step can precede it.
  private final class HeldProgress: Sendable {
    private let gate = DispatchSemaphore(value: 0)
    private let isReleased = Atomic(false)
    private let steps = Atomic(0)

    var stepsAfterRelease: Int { steps.load(ordering: .relaxed) }

    /// Counts a step that begins after the release.
    func begin() {
      if isReleased.load(ordering: .acquiring) { steps.wrappingAdd(1, ordering: .relaxed) }
    }

    /// Waits for the release.
    func hold() {
      if !isReleased.load(ordering: .acquiring) { gate.wait() }
    }

    func release() {
      isReleased.store(true, ordering: .releasing)
      gate.signal()
    }
  }

  private static func conversion() throws -> Conversion {
    var options = ConversionOptions()
    options.architecture.textHeads = 4
    options.resolution = 256
    options.quantization = .int4
    options.templates = try PromptTemplates(jsonFile: fixture("shapes/templates.json"))
    return try Conversion(source: fixture("shapes/sed_shapes.h5"), options: options)
  }

  /// A number of the step's kind, in the order of a conversion.
  private static func stage(_ step: WorkProgress) -> Int? {
    switch step {
    case .checking: 0
    case .folding: 1
    case .writing: 2
    default: nil
    }
  }

  @Test("stops when the progress handler throws, with its error, and leaves no file", arguments: 0..<3)
  func handler(stage: Int) throws {
    let folder = try TemporaryFolder()
    #expect(throws: Stop.self) {
      try Self.conversion().run(output: folder.file("model.sedge")) { step in
        if Self.stage(step) == stage { throw Stop() }
      }
    }
    #expect(try folder.contents() == [])
  }

  @Test("stops after the cancellation of its task, and leaves no file", arguments: 0..<3)
  func cancellation(stage: Int) async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("model.sedge")
    let progress = HeldProgress()
    let (reached, continuation) = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      defer { continuation.finish() }
      try await Self.conversion().run(output: path) { step in
        guard Self.stage(step) == stage else { return }
        progress.begin()
        continuation.yield()
        progress.hold()
      }
    }
    for await _ in reached { break }
    task.cancel()
    progress.release()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(progress.stepsAfterRelease == 0)
    #expect(try folder.contents() == [])
  }

  @Test("The asynchronous forms give the results of the synchronous ones")
  func asynchronous() async throws {
    let folder = try TemporaryFolder()
    let (first, second) = (folder.file("a.sedge"), folder.file("b.sedge"))
    func synchronously() throws -> Segmentation {
      try Self.conversion().run(output: first)
      return try Segmenter(path: first).segment(
        RGBImage(path: fixture("pictures/sky.png")), classes: ClassList(literal: "sky; grass"))
    }
    let expected = try synchronously()
    _ = try await Self.conversion().run(output: second)
    #expect(try bytes(of: first) == bytes(of: second))
    let segmenter = try Segmenter(path: second)
    let features = try await segmenter.model.textFeatures(of: ClassList(literal: "sky; grass"))
    let image = try RGBImage(path: fixture("pictures/sky.png"))
    let segmentation = try await segmenter.segment(image, textFeatures: features)
    #expect(segmentation.labels == expected.labels)
  }
}
