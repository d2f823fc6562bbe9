// Groups of classes are found by name.

import SedgeEvaluation
import SedgeTensor
import TestSupport
import Testing

@Suite("Groups of classes")
struct ClassGroupTests {
  private static let names = ["sky", "tree, pine", "Red Circle", "plant, pine"]

  @Test(
    "A group is given by names, as the list has them or by a synonym of one class, or by a file",
    arguments: [
      ("unseen=sky; red circle", [0, 2]), ("unseen=tree", [1]), ("unseen=plant,pine;SKY;", [0, 3]),
      ("unseen=sky; sky", [0]),
    ])
  func parses(text: String, classes: [Int]) throws {
    let group = try #require(try ClassGroup(argument: text, classNames: Self.names))
    #expect(group.name == "unseen")
    #expect(group.classes == classes)
  }

  @Test("A file of names is read")
  func readsFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("sky\nRed Circle\n".utf8), to: "unseen.txt")
    #expect(try ClassGroup(argument: "new=\(path)", classNames: Self.names)?.classes == [0, 2])
  }

  @Test(
    "A name of no class, or of several, is refused with the nearest",
    arguments: [
      ("a=skies", "skies", "sky"), ("a=pine", "pine", "sky"), ("a=red cirle", "red cirle", "Red Circle"),
    ])
  func refuses(text: String, name: String, nearest: String) throws {
    let error = try #require(throws: UsageError.self) {
      _ = try ClassGroup(argument: text, classNames: Self.names)
    }
    #expect(error.kind == .noSuchClass(name, group: "a", nearest: nearest))
  }

  @Test("A text without a name and an equals sign is no group", arguments: ["sky; tree", "=sky", ""])
  func isNone(text: String) throws {
    #expect(try ClassGroup(argument: text, classNames: Self.names) == nil)
  }
}
