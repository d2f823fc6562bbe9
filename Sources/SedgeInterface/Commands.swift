// Commands.

public import CSedge
import Sedge
import SedgeCommands
import SedgeHDF5
import SedgePlatform
import SedgeTensor

/// As `sedge.h` says.
@c @implementation
public func sedge_run(
  _ command: UnsafePointer<CChar>?, _ options: UnsafePointer<CChar>?,
  _ progress: UnsafePointer<sedge_progress>?,
  _ report: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> sedge_status {
  call {
    report?.pointee = nil
    let name = try text(command, "command")
    let arguments = try options.map { try commandArguments(json: text($0, "options")) } ?? []
    let caller = try Progress(progress)
    try MemoryDemand.ask(MemoryDemand.base, for: name)
    let outcome = EmbeddedCommand.run(name, arguments) { try caller.show($0) }
    if let report, let text = outcome.report { report.pointee = strdup(text) }
    if outcome.status == 0 { return }
    throw CallError(
      status: sedge_status(rawValue: UInt32(bitPattern: outcome.status)),
      description: outcome.error ?? "\(name) ended with exit code \(outcome.status): its report says why")
  }
}

/// The arguments that a JSON object stands for.
///
/// - Throws: ``CallError`` where it is none, or an option has a value that no option has.
private func commandArguments(json: String) throws(CallError) -> [String] {
  var arguments: [String] = []
  var options: [String] = []
  do throws(FormatError) {
    var reader = try JSONReader(Array(json.utf8), part: "options")
    try reader.object { reader, key throws(FormatError) in
      if key == "arguments" {
        try reader.array { reader throws(FormatError) in arguments.append(try reader.string()) }
      } else {
        options += try optionArguments(key, &reader)
      }
    }
    try reader.end()
  } catch {
    throw .argument("options: \(error)")
  }
  return options + (arguments.isEmpty ? [] : ["--"] + arguments)
}

/// An option with its values: none for false and null.
private func optionArguments(
  _ key: String, _ reader: inout JSONReader
) throws(FormatError) -> [String] {
  let name = "--" + key.replacing("_", with: "-")
  if reader.isNext("[") {
    var all: [String] = []
    try reader.array { reader throws(FormatError) in all += try optionArguments(key, &reader) }
    return all
  }
  if reader.isNext("\"") { return ["\(name)=\(try reader.string())"] }
  if reader.isNext("t") || reader.isNext("f") { return try reader.boolean() ? [name] : [] }
  if reader.skipNull() { return [] }
  let number = try reader.number()
  return ["\(name)=\(Int(exactly: number).map(String.init) ?? "\(number)")"]
}

/// As `sedge.h` says.
@c @implementation
public func sedge_use_reader(_ program: UnsafePointer<CChar>?) -> sedge_status {
  call {
    let path = try program.map { try text($0, "program") }
    HDF5Reading.use(.separateProcess(program: path))
  }
}
