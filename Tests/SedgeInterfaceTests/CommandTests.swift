// Commands through the C interface.

import CSedge
import Foundation
import Sedge
import TestSupport
import Testing

@Suite("Commands of the C interface")
struct CommandTests {
  @Test("A report is the one that the command prints, with its arguments")
  func inspect() throws {
    let outcome = try Shared.run(
      "inspect", ["arguments": [fixture("shapes/sed_shapes.h5")], "text-heads": 4])
    #expect(outcome.status == SEDGE_OK, "\(outcome.error)")
    #expect(outcome.report["report"] as? String == "inspect" && outcome.report["fits"] as? Bool == true)
    let provenance = try #require(outcome.report["provenance"] as? [String: Any])
    #expect(
      provenance["command"] as? [String]
        == ["sedge", "inspect", "--json", "--text-heads=4", "--", fixture("shapes/sed_shapes.h5")])
  }

  @Test("verify's verdict is the status, with a report")
  func verify() throws {
    let model = try Shared.model.get()
    let options: [String: Any] = [
      "against": fixture("shapes/sed_shapes.h5"), "images": fixture("pictures"),
      "classes": "sky; grass",
      "no_layers": true,
    ]
    let passed = try Shared.run("verify", options.merging(["arguments": [model]]) { $1 })
    #expect(passed.status == SEDGE_OK && passed.report["passes"] as? Bool == true, "\(passed)")
    let failed = try Shared.run(
      "verify", options.merging(["arguments": [model], "threshold": ["score-rms=1e-9"]]) { $1 })
    #expect(failed.status == SEDGE_OUT_OF_TOLERANCE && failed.report["passes"] as? Bool == false)
  }

  @Test("An error has its status, its text and a report")
  func errors() throws {
    let missing = try Shared.run("inspect", ["arguments": ["/missing.h5"]])
    #expect(missing.status == SEDGE_UNUSABLE_INPUT && missing.error.contains("/missing.h5"))
    #expect(missing.report["report"] as? String == "error")
    let wrong = try Shared.run("inspect", ["arguments": ["x"], "no-such-option": 1])
    #expect(wrong.status == SEDGE_WRONG_ARGUMENT && wrong.error.contains("no-such-option"))
    #expect(try Shared.run("no-such-command", [:]).status == SEDGE_WRONG_ARGUMENT)
    for json in ["", "[]", "{", "{\"tensors\": {}}", "{\"arguments\": 1}", "{} x"] {
      var report: UnsafeMutablePointer<CChar>?
      #expect(sedge_run("inspect", json, nil, &report) == SEDGE_WRONG_ARGUMENT, "\(json)")
      #expect(report == nil && Shared.errorText.hasPrefix("options: "), "\(Shared.errorText)")
    }
    #expect(sedge_run(nil, nil, nil, nil) == SEDGE_WRONG_ARGUMENT)
  }

  @Test("Work is told of, and stops where the caller wants, without a file")
  func progress() throws {
    final class Steps { var names: [String] = [] }
    let folder = try TemporaryFolder()
    let steps = Steps()
    var progress = sedge_progress(
      struct_size: MemoryLayout<sedge_progress>.size,
      step: { context, name, share in
        let steps = Unmanaged<Steps>.fromOpaque(context!).takeUnretainedValue()
        steps.names.append(String(cString: name!))
        return steps.names.last == "writing tensors" ? 1 : 0
      }, context: Unmanaged.passUnretained(steps).toOpaque())
    let output = folder.file("stopped.sedge")
    let outcome = try Shared.run(
      "convert",
      [
        "arguments": [fixture("shapes/sed_shapes.h5")], "output": output, "text-heads": 4,
        "templates": fixture("shapes/templates.json"),
      ], progress: &progress)
    #expect(outcome.status == SEDGE_STOPPED && outcome.report.isEmpty)
    #expect(steps.names.contains("folding") && steps.names.last == "writing tensors")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }
}
