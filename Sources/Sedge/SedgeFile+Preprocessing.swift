// The preprocessing that a file is run with.

import SedgeArchitecture
import SedgeContainer
import SedgeTensor

extension SedgeFile {
  /// The file's preprocessing, with another resizing where one is asked for.
  ///
  /// - Throws: `UsageError` where one is asked for of CLIP alone.
  func preprocessing(resizing: ImageResizing?) throws(UsageError) -> Preprocessing {
    var result = header.preprocessing
    guard let resizing else { return result }
    guard architecture.decoder != nil else { throw UsageError(.resizingOfClassifier, path: path) }
    result.resizing = resizing
    return result
  }
}
