// What the argument parser knows of the commands, as it dumps it.

import ArgumentParser

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A command with its options (`--experimental-dump-help`).
struct CommandHelp: Decodable {
  struct Name: Decodable {
    /// `long` or `short`.
    var kind: String
    var name: String
  }

  struct Argument: Decodable {
    /// `positional`, `option` or `flag`.
    var kind: String
    var shouldDisplay: Bool
    var sectionTitle: String?
    var isOptional: Bool
    var isRepeating: Bool
    var names: [Name]
    var preferredName: Name?
    var valueName: String?
    var defaultValue: String?
    var abstract: String?

    private enum CodingKeys: CodingKey {
      case kind, shouldDisplay, sectionTitle, isOptional, isRepeating, names, preferredName, valueName,
        defaultValue,
        abstract
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      kind = try container.decode(String.self, forKey: .kind)
      shouldDisplay = try container.decode(Bool.self, forKey: .shouldDisplay)
      sectionTitle = try container.decodeIfPresent(String.self, forKey: .sectionTitle)
      isOptional = try container.decode(Bool.self, forKey: .isOptional)
      isRepeating = try container.decode(Bool.self, forKey: .isRepeating)
      names = try container.decodeIfPresent([Name].self, forKey: .names) ?? []
      preferredName = try container.decodeIfPresent(Name.self, forKey: .preferredName)
      valueName = try container.decodeIfPresent(String.self, forKey: .valueName)
      defaultValue = try container.decodeIfPresent(String.self, forKey: .defaultValue)
      abstract = try container.decodeIfPresent(String.self, forKey: .abstract)
    }
  }

  private struct Dump: Decodable { var command: CommandHelp }

  var commandName: String
  var abstract: String?
  var discussion: String?
  var subcommands: [CommandHelp]
  var arguments: [Argument]

  private enum CodingKeys: CodingKey {
    case commandName, abstract, discussion, subcommands, arguments, shouldDisplay
  }

  private var shouldDisplay: Bool

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    commandName = try container.decode(String.self, forKey: .commandName)
    abstract = try container.decodeIfPresent(String.self, forKey: .abstract)
    discussion = try container.decodeIfPresent(String.self, forKey: .discussion)
    shouldDisplay = try container.decode(Bool.self, forKey: .shouldDisplay)
    arguments = try container.decodeIfPresent([Argument].self, forKey: .arguments) ?? []
    subcommands = (try container.decodeIfPresent([CommandHelp].self, forKey: .subcommands) ?? [])
      .filter { $0.shouldDisplay && $0.commandName != "help" }
  }

  /// `sedge` with all commands that its help shows.
  static var program: CommandHelp {
    // The parser writes what this type reads: a failure is a bug, which tests would find.
    guard let dump = try? JSONDecoder().decode(Dump.self, from: Data(SedgeCommand._dumpHelp().utf8)) else {
      preconditionFailure("the parser's dump of the help is of another form")
    }
    return dump.command
  }

  /// The arguments that help shows, those of each section together: arguments first, then options without a section.
  /// Of a command's options, `--help` and `--version` are left out.
  var shown: [Argument] {
    let shown = arguments.filter(\.shouldDisplay)
    let positional = shown.filter { $0.kind == "positional" }
    let others = shown.filter {
      $0.kind != "positional"
        && (!subcommands.isEmpty || !["help", "version"].contains($0.preferredName?.name))
    }
    let sections = others.map(\.sectionTitle).reduce(into: [String?]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    return positional + others.filter { $0.sectionTitle == nil }
      + sections.compactMap(\.self).flatMap { title in others.filter { $0.sectionTitle == title } }
  }
}
