// The common form of every command's JSON.

/// The keys of all objects in a JSON value that are not in snake_case.
func keysNotInSnakeCase(_ value: Any) -> [String] {
  if let object = value as? [String: Any] {
    return object.keys.filter { $0.wholeMatch(of: /[a-z][a-z0-9]*(_[a-z0-9]+)*/) == nil }
      + object.values.flatMap { keysNotInSnakeCase($0) }
  }
  if let array = value as? [Any] { return array.flatMap { keysNotInSnakeCase($0) } }
  return []
}
