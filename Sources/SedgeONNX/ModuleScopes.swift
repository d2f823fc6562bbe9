// The module of PyTorch for a scope in a node's name.

/// Modules by scope, inferred from the nodes that take a parameter whose name the file has.
///
/// PyTorch's older exporter names a node by the modules that were called around it: `/visual/stages.0/downsample/...`.
/// Modules that only hold others leave no trace there, so `/visual/stages.0` may be `clip.visual.trunk.stages.0`. Each
/// parameter with a name restricts the scopes around its node; a module is known where one reading remains.
struct ModuleScopes {
  /// What is known of a scope's module.
  enum Reading {
    /// Its name.
    case known(String)
    /// What it may be called, one name or more; `nil` where nothing is known.
    case open([String]?)
  }

  private var readings: [[String]: Set<[String]>] = [:]
  private var calledModules: Set<[String]> = []
  /// By a module's name: what all scopes and all modules of parameters in it begin with.
  private var common: [[String]: (scope: [String], module: [String])] = [:]

  /// Far deeper than modules are nested.
  private static let maximumDepth = 32

  /// Infers modules from the parameters of a graph.
  init(_ nodes: [GraphNode], isParameter: (String) -> Bool) {
    for node in nodes {
      guard let scope = Self.scope(of: node) else { continue }
      for input in node.inputs where isParameter(input) {
        let module = Array(input.split(separator: ".").map(String.init).dropLast())
        restrict(scope, module)
      }
    }
    calledModules = Set(readings.values.filter { $0.count == 1 }.flatMap(\.self))
  }

  /// The scope in a node's name; `nil` where it has none.
  static func scope(of node: GraphNode) -> [String]? {
    guard node.name.hasPrefix("/") else { return nil }
    var parts = node.name.split(separator: "/").map(String.init)
    // ONNX Runtime names a node that it made of several `/fc1/MatMul/MatMulAddFusion`, after the first of them.
    if let last = parts.popLast(), last.contains("Fusion") { _ = parts.popLast() }
    return parts
  }

  /// The module of a scope.
  func module(of scope: [String]) -> Reading {
    guard !scope.isEmpty, scope.count <= Self.maximumDepth, !common.isEmpty else { return .open(nil) }
    var depth = scope.count
    while depth > 0, readings[Array(scope[..<depth])] == nil { depth -= 1 }
    let around = depth > 0 ? readings[Array(scope[..<depth])] ?? [] : [[]]
    var candidates = around
    for module in around where depth < scope.count {
      candidates.remove(module)
      for holder in Set([module, holder(in: module)]) {
        if let inner = descend(from: holder, by: scope, at: depth) { candidates.insert(inner) }
      }
    }
    let names = candidates.map { $0.joined(separator: ".") }.sorted()
    return names.count == 1 ? .known(names[0]) : .open(names)
  }

  /// The module of a scope that goes on from `depth` within a module; `nil` where other layers contradict it.
  private func descend(from module: [String], by scope: [String], at depth: Int) -> [String]? {
    var module = module
    for end in depth..<scope.count {
      module = Self.child(scope[end], of: module)
      // A module that was called has its scope around all that is in it.
      let isContradicted = common[module].map { !$0.scope.starts(with: scope[...end]) } ?? false
      if isContradicted { return nil }
    }
    return module
  }

  /// The innermost module, not called itself, that holds all that is known within another.
  private func holder(in module: [String]) -> [String] {
    var holder = module
    for name in (common[module]?.module ?? []).dropFirst(module.count) {
      if calledModules.contains(holder + [name]) { break }
      holder.append(name)
    }
    return holder
  }

  /// The module that a part of a scope names below another; `block.0` is the child `0` of `block`.
  private static func child(_ part: String, of module: [String]) -> [String] {
    let names = part.split(separator: ".").map(String.init)
    let parent = Array(names.dropLast())
    return !parent.isEmpty && module.suffix(parent.count) == parent[...]
      ? module + names.suffix(1) : module + names
  }

  private static func commonPrefix(_ first: [String], _ second: [String]) -> [String] {
    zip(first, second).prefix { $0 == $1 }.map(\.0)
  }

  private mutating func restrict(_ scope: [String], _ module: [String]) {
    guard scope.count <= Self.maximumDepth, module.count <= Self.maximumDepth else { return }
    for depth in 0...module.count {
      let known = common[Array(module[..<depth])] ?? (scope, module)
      common[Array(module[..<depth])] = (
        Self.commonPrefix(known.0, scope), Self.commonPrefix(known.1, module)
      )
    }
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
