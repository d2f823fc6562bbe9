// Manual pages: every command has one, and what its examples say is a command line.

import ArgumentParser
import SedgeCommands
import TestSupport
import Testing

@Suite("Manual pages")
struct ManualTests {
  private static func page(_ command: String) throws -> [String] {
    let outcome = try SedgeProgram.run(["manual"] + (command.isEmpty ? [] : [command]))
    #expect(outcome.status == 0 && outcome.diagnostics.isEmpty, "\(outcome)")
    return outcome.output.split(separator: "\n").map(String.init)
  }

  private static func commands() throws -> [String] {
    try SedgeProgram.run(["manual", "--list"]).output.split(separator: "\n").map(String.init)
  }

  @Test("Every command that help shows has a page with all sections and every option")
  func complete() throws {
    let overview = try SedgeProgram.run(["--help"]).output
    let commands = try Self.commands()
    #expect(commands.count > 10)
    for command in [""] + commands {
      let page = try Self.page(command)
      for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES", "SEE ALSO"] {
        #expect(page.contains(".Sh \(section)"), "\(command): \(section)")
      }
      #expect(page.allSatisfy { $0.count <= 100 }, "\(command)")
      guard !command.isEmpty else { continue }
      #expect(overview.contains("\n  \(command) "))
      let help = try SedgeProgram.run([command, "--help"]).output
      for match in help.matches(of: #/\n  (?:-[a-z], )?--([a-z-]+)/#)
      where !["help", "version"].contains(match.1) {
        #expect(
          page.contains { $0.hasPrefix(".It ") && $0.contains("Fl -\(match.1)") }, "\(command) --\(match.1)")
      }
    }
  }

  @Test("Examples are command lines that the program accepts, and fit the page")
  func examples() throws {
    for command in [""] + (try Self.commands()) {
      var lines: [String] = []
      var isExample = false
      for line in try Self.page(command) {
        if line == ".Ed" { isExample = false }
        if isExample {
          let text = line.replacing(#"\e"#, with: #"\"#)
          #expect(text.count <= 69, "\(text)")
          if lines.last?.hasSuffix("\\") == true {
            lines[lines.count - 1].removeLast()
            lines[lines.count - 1] += String(text.drop { $0 == " " })
          } else {
            lines.append(text)
          }
        }
        if line.hasPrefix(".Bd") { isExample = true }
      }
      #expect(!lines.isEmpty, "\(command)")
      for line in lines {
        var words: [String] = []
        for (index, piece) in line.split(separator: "'", omittingEmptySubsequences: false).enumerated() {
          words += index % 2 == 1 ? [String(piece)] : piece.split(separator: " ").map(String.init)
        }
        #expect(words.first == "sedge")
        #expect(command.isEmpty || words[1] == command, "\(line)")
        #expect(throws: Never.self, "\(line)") { try SedgeCommand.parseAsRoot(Array(words.dropFirst())) }
      }
    }
  }

  @Test("A page that does not exist is an error")
  func unknown() throws {
    let outcome = try SedgeProgram.run(["manual", "nothing"])
    #expect(outcome.status == 64 && outcome.diagnostics.contains("expected a command: inspect, convert"))
  }
}
