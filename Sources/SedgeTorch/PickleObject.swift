// An object in a pickle.

/// An object of an unknown class, as data.
struct PickleObject {
  /// The dotted name of its class or function.
  var name: String
  /// Its items by key: an index into ``PickleHeap/dictionaries``.
  var items: Int?
  /// Its attributes: an index into ``PickleHeap/dictionaries``.
  var attributes: Int?
}
