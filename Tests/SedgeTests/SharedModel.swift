// Conversions that many tests start from, each made once.

import Foundation
import Sedge
import Synchronization
import TestSupport

/// A conversion that tests share; they read it and leave it as it is.
final class SharedModel: Sendable {
  private static let folder: Result<TemporaryFolder, any Error> = Result {
    let folder = try TemporaryFolder()
    // What is static is not released at the end.
    atexit {
      if let folder = try? SharedModel.folder.get() {
        try? FileManager.default.removeItem(atPath: folder.path)
      }
    }
    return folder
  }
  private static let models = Mutex<[String: SharedModel]>([:])

  private let name: String
  private let made = Mutex<String?>(nil)

  private init(name: String) { self.name = name }

  /// The path of a source's conversion, which the first call makes.
  ///
  /// Options are compared by their description, pictures among them by their names.
  static func path(_ source: String, _ options: ConversionOptions) throws -> String {
    let key = "\(source) \(options)"
    let model = models.withLock { models in
      if let model = models[key] { return model }
      let model = SharedModel(name: "\(models.count).sedge")
      models[key] = model
      return model
    }
    return try model.made.withLock { made in
      if let made { return made }
      let path = try folder.get().file(model.name)
      _ = try Conversion(source: source, options: options).run(output: path)
      made = path
      return path
    }
  }

  /// The same, under a name of its own in a folder that a test looks into.
  static func link(_ source: String, _ options: ConversionOptions, to path: String) throws {
    try FileManager.default.linkItem(atPath: self.path(source, options), toPath: path)
  }
}
