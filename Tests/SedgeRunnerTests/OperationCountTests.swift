// The multiply-adds of published models.

import SedgeArchitecture
import SedgeRunner
import Testing

@Suite("Multiply-adds")
struct OperationCountTests {
  @Test(
    "of CAT-Seg are those that its authors' program has, in 10⁹",
    arguments: [
      (Architecture.catSegBase, [(20, 146), (150, 300), (256, 425), (1000, 425)], 54.5),
      (.catSegLarge, [(20, 281), (150, 435), (256, 561)], 189.5),
    ] as [(Architecture, [(Int, Int)], Double)])
  func catSeg(architecture: Architecture, totals: [(classes: Int, expected: Int)], encoder: Double) {
    for (classes, expected) in totals {
      let counts = architecture.operationCounts(
        resolution: architecture.defaultResolution, classes: [classes])
      let total = Double(counts.reduce(0) { $0 + $1.defined }) * 1e-9
      #expect(abs(total - Double(expected)) < 1, "\(classes): \(total)")
      #expect(counts.allSatisfy { $0.done <= $0.defined })
      let image = counts.first { $0.stage == "image encoder" }.map { Double($0.defined) * 1e-9 } ?? 0
      #expect(abs(image - encoder) < 0.1, "\(image)")
    }
  }
}
