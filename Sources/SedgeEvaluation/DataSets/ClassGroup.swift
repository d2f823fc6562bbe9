// A named part of the classes that count.

import SedgeArchitecture
package import SedgeTensor
import SedgeTokenizer

/// Classes whose figures are reported together, such as those that a model has not seen in training.
package struct ClassGroup: Hashable, Sendable {
  /// A class of a group, as it is written.
  package enum Member: Hashable, Sendable {
    case name(String)
    case index(Int)
  }

  /// The name of the group.
  package let name: String
  /// The indices of its classes, ascending, each once.
  package let classes: [Int]

  /// Finds the classes of a group.
  ///
  /// - Parameters:
  ///   - members: A name is that of a class as the list has it, or a synonym that no other class has, but for case.
  ///   - classNames: The classes that count.
  /// - Throws: ``UsageError`` where there is no such class, with the nearest.
  package init(name: String, members: [Member], classNames: [String]) throws(UsageError) {
    self.name = name
    let names = classNames.map { $0.lowercased() }
    var indices = Set<Int>()
    for member in members {
      switch member {
      case .index(let index) where names.indices.contains(index): indices.insert(index)
      case .index(let index):
        throw UsageError(.noSuchClass("class \(index)", group: name, nearest: nil))
      case .name(let text):
        guard let index = Self.index(of: text.lowercased(), in: names) else {
          let nearest = classNames.min {
            editDistance($0.lowercased(), text.lowercased())
              < editDistance($1.lowercased(), text.lowercased())
          }
          throw UsageError(.noSuchClass(text, group: name, nearest: nearest))
        }
        indices.insert(index)
      }
    }
    classes = indices.sorted()
  }

  /// Takes `NAME=LIST`, where the list is a file or the classes themselves; `nil` where the text is not of this form.
  ///
  /// - Throws: `FormatError` as `ClassList.init(argument:)`, ``UsageError`` where there is no such class.
  package init?(argument: String, classNames: [String]) throws {
    guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else { return nil }
    let list = try ClassList(argument: String(argument[argument.index(after: equals)...]))
    try self.init(
      name: String(argument[..<equals]), members: list.classes.map { .name($0.name) },
      classNames: classNames)
  }

  private static func index(of name: String, in names: [String]) -> Int? {
    if let index = names.firstIndex(of: name) { return index }
    let found = names.indices.filter { names[$0].split(separator: ", ").contains(name[...]) }
    return found.count == 1 ? found[0] : nil
  }
}
