// Models over the pictures of a data set, a row for each picture.

package import SedgeImages
import SedgeTensor

/// Runs models on labelled pictures and counts their labels.
package struct EvaluationRun {
  /// One model with one setting of early rejection.
  private struct Variant {
    var model: any EvaluatedModel
    var topK: Int?
  }

  /// What is evaluated.
  package let plan: EvaluationPlan
  private let data: EvaluationData
  private let variants: [Variant]

  /// A picture with its truth and the labels of every model.
  package struct ObservedPicture {
    package var name: String
    package var image: RGBImage
    /// The index of a class that counts, or ``classCount`` for no class, for each pixel.
    package var truth: [Int32]
    package var classCount: Int
    /// The names of models, with their setting of early rejection where a model has several.
    package var models: [String]
    /// Of each model, as ``truth``.
    package var labels: [[Int32]]
  }

  /// Is given every picture that is evaluated.
  package var observe: ((ObservedPicture) throws -> Void)?

  /// Progress of a run.
  package struct Progress: Sendable {
    /// Pictures of this run that are done.
    package var done: Int
    /// Pictures of this run.
    package var total: Int
    /// The name of the last picture.
    package var name: String
    /// Why that could not be evaluated.
    package var error: String?
  }

  /// Plans a run.
  ///
  /// Each variant is compared with the first model's of the same setting of early rejection, and the first model's with that
  /// which keeps the most classes.
  package init(data: EvaluationData, models: [any EvaluatedModel], sedgeVersion: String, shard: Shard) {
    self.data = data
    variants = models.flatMap { model in model.topKs.map { Variant(model: model, topK: $0) } }
    let names = Self.distinctNames(models.map(\.facts.name))
    let references = Self.references(models)
    var entries: [EvaluationPlan.Model] = []
    for (model, name) in zip(models, names) {
      for topK in model.topKs {
        let (facts, settings) = (model.facts, model.topKSettings)
        entries.append(
          EvaluationPlan.Model(
            name: name, architecture: facts.architecture, sha256: facts.sha256, topK: topK,
            topKOrigin: settings.origin, defaultTopK: settings.defaultTopK, compute: facts.compute,
            kernels: facts.kernels, reference: references[entries.count]))
      }
    }
    plan = EvaluationPlan(
      sedgeVersion: sedgeVersion, data: data.plan, models: entries, shard: shard)
  }

  /// The index of the variant that each variant is compared with.
  private static func references(_ models: [any EvaluatedModel]) -> [Int?] {
    guard let first = models.first?.topKs else { return [] }
    let most = first.indices.max { (first[$0] ?? .max) < (first[$1] ?? .max) } ?? 0
    let own: [Int?] = first.indices.map { $0 == most ? nil : most }
    let others = models.dropFirst().flatMap { $0.topKs.map { first.firstIndex(of: $0) ?? most } }
    return own + others
  }

  /// Names of which none occurs twice.
  private static func distinctNames(_ names: [String]) -> [String] {
    var seen: [String: Int] = [:]
    return names.map { name in
      let count = seen[name, default: 0] + 1
      seen[name] = count
      return count == 1 ? name : "\(name) (\(count))"
    }
  }

  /// The pictures of a part that are not finished, as indices of the data set.
  package func remaining(_ log: RowLog) -> [Int] {
    data.items.indices.filter { plan.shard.contains($0) && !log.finished.contains($0) }
  }

  /// Evaluates pictures, each with every model; the next picture is read meanwhile.
  ///
  /// - Parameters:
  ///   - indices: Indices of the data set's pictures.
  ///   - isStrict: Whether a picture that cannot be used ends the run; otherwise it gets a row with the error.
  ///   - progress: Called after each picture; throws to stop.
  /// - Throws: `UsageError` where labels are no classes of the list; any error of the log.
  package func run(
    _ indices: [Int], into log: RowLog, isStrict: Bool,
    progress: (Progress) throws -> Void = { _ in }
  ) throws {
    let pictures = Lookahead(indices.count) { [data] in try data.picture(indices[$0]) }
    for (done, index) in indices.enumerated() {
      guard let loaded = pictures.next() else { return }
      let row = try row(index, loaded, isStrict: isStrict)
      try log.append(row)
      try progress(
        Progress(done: done + 1, total: indices.count, name: row.name, error: row.error))
    }
    try log.finish()
  }

  /// The seconds that the first picture that can be used takes, from file to counts, after one untimed run.
  ///
  /// - Throws: The first error where no picture of the first few can be used.
  package func secondsOfOnePicture(_ indices: [Int]) throws -> Double {
    var firstError: (any Error)?
    for index in indices.prefix(8) {
      do {
        _ = try row(index, try data.picture(index))
        let begin = ContinuousClock.now
        _ = try row(index, try data.picture(index))
        return (ContinuousClock.now - begin) / .seconds(1)
      } catch {
        firstError = firstError ?? error
      }
    }
    if let firstError { throw firstError }
    return 0
  }

  private func row(
    _ index: Int, _ loaded: Result<LabelledPicture, any Error>, isStrict: Bool
  ) throws -> PictureRow {
    do {
      return try row(index, try loaded.get())
    } catch  where !isStrict && concernsPictureAlone(error) {
      return PictureRow(index: index, name: data.items[index].name, error: "\(error)")
    }
  }

  private func row(_ index: Int, _ picture: LabelledPicture) throws -> PictureRow {
    let predictions = try variants.map {
      try $0.model.labels(of: picture.image, index: index, topK: $0.topK)
    }
    let labels = try predictions.map { predicted in
      guard predicted.labels.count == picture.truth.count else {
        throw UsageError(.imageChanged, path: data.items[index].imagePath)
      }
      return data.counted(predicted.labels)
    }
    try observe?(
      ObservedPicture(
        name: data.items[index].name, image: picture.image, truth: picture.truth,
        classCount: data.countedClassNames.count, models: variantNames, labels: labels))
    let outcomes = variants.indices.map { position in
      PictureRow.Outcome(
        counts: counts(labels[position], picture), keptClasses: predictions[position].keptClasses,
        change: plan.models[position].reference.map {
          LabelChange(labels: labels[position], reference: labels[$0], truth: picture.truth)
        })
    }
    return PictureRow(
      index: index, name: data.items[index].name, outcomes: outcomes,
      microseconds: predictions.map(\.microseconds))
  }

  private var variantNames: [String] {
    plan.models.map { model in
      plan.models.count { $0.name == model.name } == 1
        ? model.name : "\(model.name), \(model.topK.map { "k = \($0)" } ?? "all classes")"
    }
  }

  private func counts(_ labels: [Int32], _ picture: LabelledPicture) -> PictureCounts {
    let classCount = data.countedClassNames.count
    return PictureCounts(
      confusion: SparseConfusion(predictions: labels, truth: picture.truth, classCount: classCount),
      boundaries: [BoundaryCount](
        predictions: labels, truth: picture.truth, width: picture.image.width,
        height: picture.image.height, classCount: classCount))
  }
}
