// Labels that were saved before, in the place of their model.

package import SedgeImages

/// A model whose labels were saved: its results are those of the model itself, but for the time.
package final class SavedLabels: EvaluatedModel {
  package let facts: EvaluatedModelFacts
  package let topKSettings: TopKSettings
  private let stores: [LabelStore]

  /// Opens the files of labels of one model, those of all parts of the pictures.
  ///
  /// - Throws: `FormatError` where a file cannot be read, ``EvaluationError`` where files are of another model, or of other
  ///   pictures, classes or settings than requested.
  package init(paths: [String], data: EvaluationPlan.Data, sedgeVersion: String) throws {
    precondition(!paths.isEmpty)
    stores = try paths.map { try LabelStore(path: $0) }
    let plan = stores[0].plan
    for (store, path) in zip(stores, paths) {
      try store.check(data, sedgeVersion: sedgeVersion)
      guard store.plan == plan else {
        throw EvaluationError(
          .otherReference(setting: "the model", found: store.plan.model.name, expected: plan.model.name),
          path: path)
      }
    }
    facts = plan.model
    topKSettings = plan.topKSettings
  }

  package func labels(of image: RGBImage, index: Int, topK: Int?) throws -> PredictedLabels {
    let setting = topKs.firstIndex(of: topK) ?? 0
    let store = stores.first { $0.contains(index: index, setting: setting) } ?? stores[0]
    return try store.labels(index: index, setting: setting, pixelCount: image.width * image.height)
  }
}
