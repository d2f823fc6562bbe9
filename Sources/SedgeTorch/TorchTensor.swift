// A tensor in a pickle: a view of a storage.

internal import SedgeTensor

/// A tensor in a pickle.
enum TorchTensor {
  /// A view of a storage; nothing is checked but signs.
  case view(TorchView)
  /// An array of NumPy whose elements are yet to come.
  case array
  /// A tensor of a kind that is not read: what it is, and what to do, as what follows "is in the file, but".
  case unread(String)
  /// The same of an array of NumPy's.
  case unreadArray(String)
}

extension TorchTensor {
  /// Why a tensor of the meta device is not read.
  static let metaReason =
    "it holds no values: was saved from the meta device; save the model after its weights are loaded"

  /// Whether it may be the state of an optimizer or trainer: a single number, or no floating-point numbers.
  var isBookkeeping: Bool {
    guard case .view(let view) = self else { return false }
    guard case .read(let type) = view.elementType else { return false }
    return !type.isFloatingPoint || view.shape.allSatisfy { $0 <= 1 }
  }

  /// Whether it is an array of NumPy's.
  var isArray: Bool {
    switch self {
    case .view(let view): view.arrayIsBigEndian != nil
    case .array, .unreadArray: true
    case .unread: false
    }
  }
}
