// Which module of PyTorch a scope in a node's name stands for.

/// Modules by scope, learned from the nodes that take a parameter whose name the file has.
///
/// PyTorch's older exporter names a node by the modules that were called around it: `/visual/stages.0/downsample/...`.
/// Modules that only hold others leave no trace there, so `/visual/stages.0` may be `clip.visual.trunk.stages.0`. Each
/// parameter with a name says what the scopes around its node can be; where all of them leave one reading, it is known.
struct ModuleScopes {
  private var readings: [[String]: Set<[String]>] = [:]
  private var anchors: [(scope: [String], module: [String])] = []
  private var commonPrefix: [String]?

  /// Learns from the parameters of a graph.
  init(_ nodes: [GraphNode], isParameter: (String) -> Bool) {
    for node in nodes {
      guard let scope = Self.scope(of: node) else { continue }
      for input in node.inputs where isParameter(input) {
        let module = Array(input.split(separator: ".").map(String.init).dropLast())
        learn(scope, module)
      }
    }
  }

  /// The scope in a node's name; `nil` where it has none.
  static func scope(of node: GraphNode) -> [String]? {
    guard node.name.hasPrefix("/") else { return nil }
    return node.name.split(separator: "/").dropLast().map(String.init)
  }

  /// The module of a scope, and the scope around it that it is known from; `nil` where that is not certain.
  func module(of scope: [String]) -> (name: String, knownScope: String)? {
    guard !scope.isEmpty else { return nil }
    var depth = scope.count
    while depth > 0, readings[Array(scope[..<depth])] == nil { depth -= 1 }
    var module: [String] = []
    if depth > 0 {
      guard let known = readings[Array(scope[..<depth])], known.count == 1, let only = known.first else {
        return nil
      }
      module = only
    }
    let knownDepth = depth
    while depth < scope.count {
      module = Self.child(scope[depth], of: module)
      depth += 1
      // A module that was called has its scope around all that is in it.
      let known = Array(scope[..<depth])
      let isContradicted = anchors.contains { anchor in
        anchor.module.starts(with: module) && !anchor.scope.starts(with: known)
      }
      if isContradicted { return nil }
    }
    guard module.starts(with: commonPrefix ?? []) else { return nil }
    return (module.joined(separator: "."), "/" + scope[..<knownDepth].joined(separator: "/"))
  }

  /// The module that a part of a scope names below another; `block.0` is the child `0` of `block`.
  private static func child(_ part: String, of module: [String]) -> [String] {
    let names = part.split(separator: ".").map(String.init)
    let parent = Array(names.dropLast())
    return !parent.isEmpty && module.suffix(parent.count) == parent[...]
      ? module + names.suffix(1) : module + names
  }

  private mutating func learn(_ scope: [String], _ module: [String]) {
    anchors.append((scope, module))
    commonPrefix =
      commonPrefix.map { prefix in zip(prefix, module).prefix { $0 == $1 }.map(\.0) } ?? module
    let parts = scope.map { $0.split(separator: ".").map(String.init) }
    // Where the scope's parts can end in the module's name, each behind the one before.
    var ends: [Set<Int>] = []
    for part in parts {
      let first = (ends.last ?? [0]).min() ?? module.count
      ends.append(
        Set(
          (0...module.count).filter { end in end > first && module[..<end].suffix(part.count) == part[...] }))
    }
    for index in parts.indices.dropLast().reversed() {
      let last = ends[index + 1].max() ?? 0
      ends[index] = ends[index].filter { $0 < last }
    }
    for index in parts.indices {
      let found = Set(ends[index].map { Array(module[..<$0]) })
      readings[Array(scope[...index]), default: found].formIntersection(found)
    }
  }
}
