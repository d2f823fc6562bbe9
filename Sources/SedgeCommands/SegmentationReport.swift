// What segment prints of a picture.

import Sedge
import SedgeRunner

/// What `segment --json` prints.
struct SegmentationReport: JSONReport {
  static let kind = ReportKind.segment

  struct Class: Encodable {
    var label: Int
    var name: String
    var share: Double
    var kept: Bool
    /// The heat map, where there is one.
    var heat: String?
  }

  var model: String
  var image: String
  var width: Int
  var height: Int
  var topK: Int?
  var preprocess: String
  var compute: String
  var kernels: String
  var classes: [Class]
  var overlay: String?
  var labels: String?
  var dump: String?
}

/// What `segment --json` prints of a picture that could not be used, among others.
struct SegmentationFailure: JSONReport {
  static let kind = ReportKind.segment

  var image: String
  var error: String
}
