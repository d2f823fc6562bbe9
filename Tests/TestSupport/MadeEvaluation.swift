// Files of evaluation results, made without a model.

/// The result of two classes on made pictures of 200 pixels, half of each class.
package struct MadeEvaluation {
  /// One model.
  package struct Model {
    package var name: String
    package var topK: Int?
    /// By picture: pixels of either class with the right label.
    package var right: [(sky: Int, tree: Int)]

    package init(_ name: String, topK: Int? = nil, right: [(sky: Int, tree: Int)]) {
      (self.name, self.topK, self.right) = (name, topK, right)
    }

    /// The same model with fewer right pixels of the first class, by picture.
    package func losing(_ pixels: [Int], name: String) -> Model {
      Model(name, topK: topK, right: zip(right, pixels).map { (sky: $0.sky - $1, tree: $0.tree) })
    }

    fileprivate func cells(_ picture: Int) -> [[Int]] {
      let (sky, tree) = right[picture]
      return [[0, 0, sky], [0, 1, 100 - tree], [1, 0, 100 - sky], [1, 1, tree]].filter { $0[2] > 0 }
    }
  }

  package var models: [Model]
  package var fingerprint = "f00d"
  package var pictureNames: [String]
  /// By model but the first: pixels with another label than the first's, of all 200 a picture.
  package var changed: [Int]?

  package init(_ models: [Model]) {
    self.models = models
    pictureNames = (0..<(models.first?.right.count ?? 0)).map { "picture \($0)" }
  }

  /// A model whose accuracy differs from picture to picture.
  package static func model(_ name: String, pictureCount: Int) -> Model {
    Model(name, right: (0..<pictureCount).map { (sky: 60 + $0 * 7 % 31, tree: 50 + $0 * 11 % 43) })
  }

  private func text(_ model: Model) -> String {
    var confusion = [[0, 0, 0], [0, 0, 0], [0, 0, 0]]
    for picture in pictureNames.indices {
      for cell in model.cells(picture) { confusion[cell[0]][cell[1]] += cell[2] }
    }
    return """
      {"name":"\(model.name)","architecture":"SED-B","sha256":"\(model.name)",
      \(model.topK.map { "\"top_k\":\($0)," } ?? "")"compute":"f32","kernels":"avx2","figures":{"miou":0.5},
      "intervals":{},"kept_classes":2,"groups":[],
      "classes":[{"name":"sky","pixels":1},{"name":"tree","pixels":1}],"confusion":\(confusion)}
      """
  }

  private func text(picture: Int) -> String {
    let outcomes = models.map { "{\"kept_classes\":2,\"confusion\":\($0.cells(picture)),\"boundary\":[]}" }
    return
      "{\"index\":\(picture),\"name\":\"\(pictureNames[picture])\",\"models\":[\(outcomes.joined(separator: ","))]}"
  }

  /// The file.
  package var json: String {
    let differences = (changed ?? []).enumerated().map { index, changed in
      """
      {"model":\(index + 1),"reference":0,"figures":{"boundary_iou":{"difference":0}},
      "labels":{"pixels":\(200 * pictureNames.count),"changed":\(changed),"toward":0,"away":0},
      "label_change_interval":{"low":0,"high":0.03}}
      """
    }
    return """
      {"format":"sedge evaluation","version":1,"sedge_version":"0.2.0",
      "data":{"name":"made","picture_count":\(pictureNames.count),"pixel_count":\(200 * pictureNames.count),
      "classes":["sky","tree"],"preprocess":"sed","fingerprint":"\(fingerprint)"},
      "models":[\(models.map(text).joined(separator: ",\n"))],
      "differences":[\(differences.joined(separator: ",\n"))],"failures":[],
      "pictures":[\(pictureNames.indices.map(text(picture:)).joined(separator: ",\n"))]}
      """
  }
}
