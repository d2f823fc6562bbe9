// Pictures, of which some may be damaged.

import SedgeEvaluation
import SedgeImages
import SedgeTensor

/// Pictures that are run in their order; those that cannot be used are set aside.
struct UsablePictures {
  /// A picture in memory.
  struct Loaded: Sendable {
    var name: String
    var image: RGBImage
    var truth: LabelMap?
  }

  /// The pictures that have not failed.
  private(set) var pictures: [TestPicture]
  /// Those that have, and why.
  private(set) var failures: [EvaluationResult.Failure] = []
  private let isStrict: Bool
  private var firstError: (any Error)?

  /// - Parameter isStrict: Whether a failure is thrown.
  init(_ pictures: [TestPicture], isStrict: Bool) {
    (self.pictures, self.isStrict) = (pictures, isStrict)
  }

  /// Sets aside pictures whose label map cannot be read.
  mutating func readTruths() throws {
    guard !isStrict else { return }
    try filter { _ = try $0.truth() }
  }

  /// Runs each picture, while the next one is read.
  ///
  /// - Parameter body: Gets the index among the pictures that have not failed, and the number of all.
  mutating func run(_ body: (_ index: Int, _ count: Int, _ picture: Loaded) throws -> Void) throws {
    let count = pictures.count
    var done = 0
    let loading = Lookahead(count) { [pictures] index in
      let (image, truth) = try pictures[index].contents()
      return Loaded(name: pictures[index].name, image: image, truth: truth)
    }
    try filter { _ in
      guard let loaded = loading.next() else { preconditionFailure("as many are loaded as there are") }
      try body(done, count, loaded.get())
      done += 1
    }
  }

  /// Keeps the pictures for which `body` does not fail.
  private mutating func filter(_ body: (TestPicture) throws -> Void) throws {
    var kept: [TestPicture] = []
    for picture in pictures {
      do {
        try body(picture)
        kept.append(picture)
      } catch  where !isStrict && concernsPictureAlone(error) {
        failures.append(EvaluationResult.Failure(picture: picture.name, error: "\(error)"))
        firstError = firstError ?? error
      }
    }
    pictures = kept
    if kept.isEmpty, let firstError { throw firstError }
  }
}
