// The preprocessing that a file is run with.

import SedgeArchitecture
import SedgeContainer
import SedgeTensor

extension SedgeFile {
  /// The file's preprocessing, with another resizing where one is asked for.
  ///
  /// - Throws: `UsageError` where one is asked for of CLIP alone, or one that the model does not have.
  func preprocessing(resizing: ImageResizing?) throws(UsageError) -> Preprocessing {
    var result = header.preprocessing
    guard let resizing else { return result }
    guard architecture.kind != .clip else { throw UsageError(.resizingOfClassifier, path: path) }
    guard ImageResizing.all(of: architecture.kind).contains(resizing) else {
      throw UsageError(
        .resizingOfAnother(resizing.rawValue, model: architecture.kind.rawValue), path: path)
    }
    result.resizing = resizing
    return result
  }
}
