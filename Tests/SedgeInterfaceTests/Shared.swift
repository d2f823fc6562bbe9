// The models and calls that several suites use.

import CSedge
import Foundation
import TestSupport
import Testing

enum Shared {
  /// The small trained SED as a `.sedge` file, made by the interface itself.
  static let model = Result { try convert(quantize: "int8", name: "shapes.sedge") }

  private static let folder = Result { try TemporaryFolder() }

  static func convert(quantize: String, name: String) throws -> String {
    let path = try folder.get().file(name)
    let outcome = try run(
      "convert",
      [
        "arguments": [fixture("shapes/sed_shapes.h5")], "output": path, "quantize": quantize, "text-heads": 4,
        "resolution": 128, "templates": fixture("shapes/templates.json"),
        "classes": fixture("shapes/classes.json"),
        "force": true,
      ])
    try #require(outcome.status == SEDGE_OK, "\(outcome)")
    return path
  }

  struct Outcome {
    var status: sedge_status
    var report: [String: Any]
    var error: String
  }

  /// `sedge_run` with options of Foundation's JSON types.
  static func run(
    _ command: String, _ options: [String: Any], progress: UnsafePointer<sedge_progress>? = nil
  ) throws -> Outcome {
    let json = String(decoding: try JSONSerialization.data(withJSONObject: options), as: UTF8.self)
    var report: UnsafeMutablePointer<CChar>?
    let status = sedge_run(command, json, progress, &report)
    defer { sedge_text_free(report) }
    let object = try report.map { try JSONSerialization.jsonObject(with: Data(String(cString: $0).utf8)) }
    return Outcome(
      status: status, report: object as? [String: Any] ?? [:], error: String(cString: sedge_error_text()))
  }

  /// Opens a model and classes, and passes them to `body`.
  static func open<Result>(
    _ path: String? = nil, classes list: String? = nil,
    _ body: (_ model: OpaquePointer, _ classes: OpaquePointer) throws -> Result
  ) throws -> Result {
    var model: OpaquePointer?
    try #require(try sedge_model_open(path ?? Shared.model.get(), nil, &model) == SEDGE_OK, "\(errorText)")
    defer { sedge_model_close(model) }
    var classes: OpaquePointer?
    try #require(sedge_classes_open(model, list, nil, &classes) == SEDGE_OK, "\(errorText)")
    defer { sedge_classes_close(classes) }
    return try body(#require(model), #require(classes))
  }

  static var errorText: String { String(cString: sedge_error_text()) }
}
