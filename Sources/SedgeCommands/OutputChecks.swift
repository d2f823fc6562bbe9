// What a command writes is nothing that it reads.

import SedgeTensor

/// An option that names a file to write, and the file.
typealias NamedOutput = (option: String, path: String)

/// Makes sure, before any work, that no output is an input or another output, by whatever paths, and that each can be written.
///
/// - Parameters:
///   - inputs: The files that the command reads; what does not exist is passed over.
///   - growing: Whether a file that exists is continued and not replaced.
/// - Throws: `OptionError` or `FormatError` for the first output at fault.
func checkOutputs(
  _ outputs: [NamedOutput], inputs: some Sequence<String>, growing: (NamedOutput) -> Bool = { _ in false }
) throws {
  try checkDistinct(outputs)
  try checkApart(outputs, from: inputs)
  for output in outputs where !growing(output) { _ = try OutputFile(path: output.path) }
}

/// Makes sure that no output is an input, by whatever paths.
func checkApart(_ outputs: [NamedOutput], from inputs: some Sequence<String>) throws(OptionError) {
  var existing: [FileSystem.Identity: NamedOutput] = [:]
  // What is not there yet has a place only; an input at it may come from another conversion.
  var missing: [String: NamedOutput] = [:]
  for output in outputs {
    if let identity = FileSystem.identity(of: output.path) {
      existing[identity] = output
    } else {
      missing[FileSystem.place(ofOutput: output.path)] = output
    }
  }
  for input in inputs {
    let identity = FileSystem.identity(of: input)
    guard let output = identity.map({ existing[$0] }) ?? missing[FileSystem.place(ofOutput: input)] else {
      continue
    }
    throw OptionError(
      "\(output.option) \(output.path): is the input \(input) itself, expected another path"
        .escapingControlCharacters)
  }
}

/// Makes sure that no two outputs are one file, by whatever paths.
func checkDistinct(_ outputs: [NamedOutput]) throws(OptionError) {
  let places = outputs.map { FileSystem.place(ofOutput: $0.path) }
  guard Set(places).count < places.count else { return }
  throw OptionError("\(outputs.map(\.option).joined(separator: ", ")): expected a path of its own for each")
}
