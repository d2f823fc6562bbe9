// Metadata of PyTorch's newer exporter at nodes and graphs, in Python's notation.

/// The strings of a Python list, such as `['', 'model.head', 'linear']`; empty where it is something else.
func quotedStrings(in list: String) -> [String] {
  guard list.first == "[", list.last == "]" else { return [] }
  guard !list.utf8.contains(UInt8(ascii: "\\")), !list.utf8.contains(UInt8(ascii: "\"")) else { return [] }
  let parts = list.split(separator: "'", omittingEmptySubsequences: false)
  guard parts.count % 2 == 1 else { return [] }
  return stride(from: 1, to: parts.count, by: 2).map { String(parts[$0]) }
}

/// The names that parameters and buffers have in the model, by those that they have in the exporter's graph.
///
/// A line of the signature is `p_head_weight: PARAMETER target='head.weight'`.
func parameterNames(ofSignature text: String) -> [String: String] {
  var names: [String: String] = [:]
  for line in text.split(separator: "\n") {
    guard let colon = line.firstIndex(of: ":") else { continue }
    let words = line[line.index(after: colon)...].split(separator: " ")
    guard let kind = words.first, kind == "PARAMETER" || kind == "BUFFER",
      let target = words.first(where: { $0.hasPrefix("target='") })
    else { continue }
    let parts = target.split(separator: "'", omittingEmptySubsequences: false)
    if parts.count == 3 { names[String(line[..<colon])] = String(parts[1]) }
  }
  return names
}

/// The names that an operation of PyTorch takes, in order: `%x, %p_head_weight` in `... (args = (%x, %p_head_weight), ...`.
func argumentNames(ofOperation text: String) -> [String] {
  guard let start = text.firstRange(of: "(args = (")?.upperBound else { return [] }
  return text[start...].split(separator: "%").dropFirst().map { part in
    String(part.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
  }
}
