// sedge manual: the pages that make install installs.

import ArgumentParser

struct ManualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual",
    abstract: "Print the manual page of a command, for man -l.",
    usage: "sedge manual [<command>]",
    discussion: "The page is in mdoc, which man and mandoc read.",
    shouldDisplay: false)

  @Argument(help: "A command; sedge itself by default.", completion: .list(ManualPage.commandNames))
  var command: String?

  @Flag(help: "Print the names of the commands that have a page.")
  var list = false

  func run() throws {
    if list {
      for name in ManualPage.commandNames { print("\(name)") }
      return
    }
    guard let page = ManualPage(command: command) else {
      throw ValidationError(
        "\(command ?? ""): expected a command: \(ManualPage.commandNames.joined(separator: ", "))")
    }
    printDocument(page.mdoc)
  }
}
