// Results of evaluations for tests.

import Foundation
import SedgeEvaluation

/// A result of three classes, of which the data has two; its members as JSON.
struct MadeResult {
  /// `name, mIoU, low, high, top k`
  var models: [(name: String, miou: Double, low: Double, high: Double, topK: Int?)] = [
    ("float", 0.33421, 0.329, 0.3401, nil), ("int8 & k_8", 0.3351, 0.3298, 0.341, 8),
  ]
  var differences = ""

  private func model(_ model: (name: String, miou: Double, low: Double, high: Double, topK: Int?)) -> String {
    let figures =
      "{\"miou\":\(model.miou),\"macc\":0.5,\"fwiou\":0.25,\"pacc\":0.9}"
    let intervals = "{\"miou\":{\"low\":\(model.low),\"high\":\(model.high)}}"
    return """
      {"name":"\(model.name)","architecture":"SED-B","sha256":"\(String(repeating: "a", count: 64))",
      \(model.topK.map { "\"top_k\":\($0)," } ?? "")"compute":"f32","kernels":"avx2","figures":\(figures),
      "intervals":\(intervals),"chance_miou":0.2,"kept_classes":2.5,
      "groups":[{"name":"unseen","classes":["sky"],"figures":\(figures),"intervals":{}}],
      "classes":[{"name":"sky","iou":0.5,"iou_interval":{"low":0.4,"high":0.6},"accuracy":0.8,"pixels":5},
      {"name":"a|b, \\"c\\"","iou":0.25,"accuracy":0.6,"boundary_iou":0.125,"pixels":15},
      {"name":"tree","pixels":0}],
      "confusion":[[4,6,0,2],[0,9,0,5],[1,0,0,0],[0,0,0,0]]}
      """
  }

  /// The file.
  var json: String {
    """
    {"format":"sedge evaluation","version":1,"sedge_version":"0.2.0",
    "data":{"name":"shapes","picture_count":2,"pixel_count":20,"classes":["sky","a|b, \\"c\\"","tree"],
    "preprocess":"sed","fingerprint":"f0"},"models":[\(models.map(model).joined(separator: ","))],
    "differences":[\(differences)],"failures":[],"pictures":[]}
    """
  }

  func decoded() throws -> EvaluationResult {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(EvaluationResult.self, from: Data(json.utf8))
  }
}
