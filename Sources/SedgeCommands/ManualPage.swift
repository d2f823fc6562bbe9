// Manual pages, from the help of the commands and from examples.

import ArgumentParser
import SedgeContainer

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The manual page of `sedge` or of one of its commands, in mdoc (`man 7 mdoc`).
struct ManualPage {
  /// The date of the pages: that of their last change, so that equal sources give equal pages.
  private static let date = "November 29, 2026"

  private let command: CommandHelp
  private let isProgram: Bool

  /// The names of all commands that have a page.
  static var commandNames: [String] {
    // The parser's own dump would ask for the completions of sedge manual, which are these names.
    var names: [String] = []
    for command in SedgeCommand.configuration.subcommands {
      let configuration: CommandConfiguration = command.configuration
      if configuration.shouldDisplay, let name = configuration.commandName { names.append(name) }
    }
    return names
  }

  private static let program = CommandHelp.program

  /// Finds a command's page; that of the program where no command is named.
  init?(command name: String?) {
    guard let name else {
      (command, isProgram) = (Self.program, true)
      return
    }
    guard let found = Self.program.subcommands.first(where: { $0.commandName == name }) else { return nil }
    (command, isProgram) = (found, false)
  }

  /// The page.
  var mdoc: String {
    let sections = [
      preamble, nameSection, synopsis, description, options, commands, environment, exitStatus, examples,
      seeAlso,
    ]
    return sections.flatMap(\.self).joined(separator: "\n") + "\n"
  }

  private var pageName: String { isProgram ? "sedge" : "sedge-\(command.commandName)" }

  // MARK: Sections

  private var preamble: [String] {
    [".Dd \(Self.date)", ".Dt \(pageName.uppercased()) 1", ".Os \"Sedge \(sedgeVersion)\""]
  }

  private var nameSection: [String] {
    [".Sh NAME", ".Nm \(pageName)", ".Nd \(Self.phrase(command.abstract ?? ""))"]
  }

  private var synopsis: [String] {
    guard !isProgram else { return [".Sh SYNOPSIS", ".Nm sedge", ".Ar command", ".Op Ar argument ..."] }
    let options = command.shown.filter { !$0.isPositional }
    let positional = command.shown.filter(\.isPositional)
    var lines = [".Sh SYNOPSIS", ".Nm sedge \(command.commandName)"]
    lines += options.filter { !$0.isOptional }.map { ".\($0.synopsis)" }
    lines += options.filter(\.isOptional).map { ".Op \($0.synopsis)" }
    lines += positional.map { $0.isOptional && $0.isRepeating ? ".Op \($0.synopsis)" : ".\($0.synopsis)" }
    return lines
  }

  private var description: [String] {
    let texts = [command.abstract, command.discussion.map(withoutFacts)].compactMap(\.self)
    return [".Sh DESCRIPTION"] + Self.paragraphs(texts.joined(separator: "\n\n"))
  }

  /// A discussion without what other sections have.
  private func withoutFacts(_ discussion: String) -> String {
    discussion.components(separatedBy: "\n\n")
      .filter { !$0.hasPrefix("Exit code") && !$0.hasPrefix("The environment variable") }
      .joined(separator: "\n\n")
  }

  private var options: [String] {
    var lines = [".Sh OPTIONS"]
    var section: String?
    var isOpen = false
    for argument in command.shown {
      if argument.sectionTitle != section || !isOpen {
        if isOpen { lines.append(".El") }
        if let title = argument.sectionTitle { lines.append(".Ss \(title)") }
        lines.append(".Bl -tag -width Ds")
        (section, isOpen) = (argument.sectionTitle, true)
      }
      lines.append(".It \(argument.item)")
      lines += Self.paragraphs(argument.text)
    }
    return lines + (isOpen ? [".El"] : [])
  }

  private var commands: [String] {
    guard isProgram else { return [] }
    return [".Sh COMMANDS", ".Bl -tag -width Ds"]
      + command.subcommands.flatMap { command in
        [".It Xr sedge-\(command.commandName) 1"] + Self.paragraphs(command.abstract ?? "")
      } + [".El"]
  }

  private var environment: [String] {
    let variables = [
      ("SEDGE_KERNELS", "The kernel set, such as avx2 or portable; by default the fastest of the processor."),
      ("SEDGE_HDF5_LIMITS", "A factor of the limits of the process that reads HDF5 files."),
      ("COLUMNS", "The columns of a line; by default those of the terminal, or 80."),
    ]
    return [".Sh ENVIRONMENT", ".Bl -tag -width SEDGE_HDF5_LIMITS"]
      + variables.flatMap { name, text in [".It Ev \(name)"] + Self.paragraphs(text) } + [".El"]
  }

  private var exitStatus: [String] {
    let codes = ManualExamples.exitCodes(of: isProgram ? nil : command.commandName)
    return [".Sh EXIT STATUS", ".Bl -tag -width Ds"]
      + codes.flatMap { [".It \($0.code)"] + Self.paragraphs($0.text) } + [".El"]
  }

  private var examples: [String] {
    let examples = ManualExamples.all[isProgram ? "" : command.commandName] ?? []
    guard !examples.isEmpty else { return [] }
    var lines = [".Sh EXAMPLES"]
    for (index, example) in examples.enumerated() {
      if index > 0 { lines.append(".Pp") }
      lines += Self.paragraphs("\(example.text):")
      lines.append(".Bd -literal -offset indent")
      lines += example.lines.map(Self.escaped)
      lines.append(".Ed")
    }
    return lines
  }

  private var seeAlso: [String] {
    let related = ManualExamples.related[command.commandName] ?? []
    let others = (isProgram ? Self.commandNames : related).sorted().map { "sedge-\($0)" }
    let pages = isProgram ? others : ["sedge"] + others
    return [".Sh SEE ALSO"]
      + pages.enumerated().map { index, page in ".Xr \(page) 1" + (index == pages.count - 1 ? "" : " ,") }
  }

  // MARK: Text

  /// A sentence as a phrase: without a capital at its start and a dot at its end.
  private static func phrase(_ text: String) -> String {
    let text = text.hasSuffix(".") ? String(text.dropLast()) : text
    return escaped(text.prefix(1).lowercased() + text.dropFirst())
  }

  /// Paragraphs of a text, each sentence on a line of its own.
  private static func paragraphs(_ text: String) -> [String] {
    text.components(separatedBy: "\n\n").filter { !$0.isEmpty }.enumerated().flatMap { index, paragraph in
      (index == 0 ? [] : [".Pp"]) + sentences(paragraph.replacing("\n", with: " ")).flatMap(wrapped)
    }
  }

  private static func sentences(_ text: String) -> [String] {
    var sentences = [""]
    for word in text.split(separator: " ") {
      let last = sentences.count - 1
      let begins = word.first?.isUppercase == true || word.hasPrefix("(") || word.hasPrefix("--")
      if sentences[last].hasSuffix("."), begins {
        sentences.append(String(word))
      } else {
        sentences[last] += (sentences[last].isEmpty ? "" : " ") + word
      }
    }
    return sentences
  }

  /// A sentence in lines of a length that mandoc does not complain about.
  private static func wrapped(_ sentence: String) -> [String] {
    WrappedText.lines(sentence, indent: 0, width: 76).map(escaped)
  }

  /// A line of text whose first character is none of a request.
  static func escaped(_ line: String) -> String {
    let text = line.replacing("\\", with: "\\e")
    return text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
  }
}

extension CommandHelp.Argument {
  fileprivate var isPositional: Bool { kind == "positional" }

  /// The option or argument in a synopsis, without the dot of a macro.
  fileprivate var synopsis: String {
    let repeated = isRepeating ? " ..." : ""
    if isPositional { return "Ar \(value)\(repeated)" }
    let flag = preferredName.map(Self.flag) ?? ""
    return kind == "flag" ? "\(flag)\(repeated)" : "\(flag) Ar \(value)\(repeated)"
  }

  /// All names of the option, for a list.
  fileprivate var item: String {
    if isPositional { return "Ar \(value)" }
    let value = kind == "flag" ? "" : " Ar \(value)"
    let sorted = names.filter { $0.kind == "short" } + names.filter { $0.kind != "short" }
    return sorted.map { Self.flag($0) + value }.joined(separator: " , ")
  }

  private static func flag(_ name: CommandHelp.Name) -> String {
    "Fl \(name.kind == "long" ? "-" : "")\(name.name)"
  }

  /// The value's name as one argument of a macro.
  private var value: String {
    let name = valueName ?? "value"
    return name.contains(" ") ? "\"\(name)\"" : name
  }

  fileprivate var text: String {
    let text = abstract ?? ""
    guard let defaultValue, !text.contains("(default") else { return text }
    return "\(text) (default: \(defaultValue))"
  }
}
