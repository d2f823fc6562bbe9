// Which errors are of one picture.

import SedgeTensor

/// Whether an error is of one picture or its label map, so that the others can still be used.
package func concernsPictureAlone(_ error: any Error) -> Bool {
  switch error {
  case let error as FormatError:
    // What cannot be written is an output, and no picture.
    if case .cannotWrite = error.kind { false } else { true }
  case let error as UsageError:
    switch error.kind {
    case .labelMapSize, .notFinite: true
    default: false
    }
  default: false
  }
}
