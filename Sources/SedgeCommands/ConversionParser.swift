// The commands of a list of conversions.

import ArgumentParser

/// Makes commands of the entries of a list; options that several have are parsed once, which takes a millisecond or two.
struct ConversionParser {
  private var known: [[String]: ConvertCommand] = [:]
  /// What stands for the source and the output of an entry while its options are parsed.
  private static let (source, output) = ("source", "output.sedge")

  /// The most different options: each takes a millisecond or two.
  static let maximumCount = 2048

  /// The options that belong to the whole batch, or end the options.
  private static let foreignOptions = [
    "--batch", "--shard", "--json", "--report", "--dry-run", "--output", "-o", "--",
  ]

  /// The command of an entry.
  ///
  /// - Parameter place: The entry, for errors.
  /// - Throws: `OptionError` for options that no single conversion has.
  mutating func command(
    of entry: ConversionList.Entry, options: [String], place: String
  ) throws(OptionError) -> ConvertCommand {
    if let foreign = options.first(where: { option in
      Self.foreignOptions.contains { option == $0 || option.hasPrefix("\($0)=") }
    }) {
      throw OptionError("\(place): \(foreign) is no option of a single conversion in a list")
    }
    do {
      guard known.count < Self.maximumCount || known[options] != nil else {
        throw ValidationError("the list has more than \(Self.maximumCount) different options; divide it")
      }
      var command = try known[options] ?? Self.parsed(options)
      known[options] = command
      (command.sources, command.output) = (entry.sources, entry.output)
      try command.validate()
      return command
    } catch {
      let isHelp = ConvertCommand.exitCode(for: error) == .success
      let text = isHelp ? "its options ask for help or a script" : ConvertCommand.message(for: error)
      throw OptionError("\(place): \(text.replacing("\n", with: " "))")
    }
  }

  private static func parsed(_ options: [String]) throws -> ConvertCommand {
    let command = try ConvertCommand.parse(options + ["--output=\(output)", "--", source])
    guard command.sources == [source] else {
      throw ValidationError("'\(command.sources[0])' is no option; sources are in \"sources\"")
    }
    return command
  }
}
