// Class names with their text features.

public import CSedge
import Sedge
import SedgeTensor
import SedgeTokenizer

/// `sedge_classes`.
final class ClassesHandle: Handle {
  let features: TextFeatures
  /// The model that the features are of.
  let model: SedgeModel
  let names: [FixedText]
  private let values: FixedArray<Float>

  init(_ list: ClassList, of model: SedgeModel, _ progress: Progress) throws {
    self.model = model
    features = try model.textFeatures(of: list) { try progress.show($0) }
    names = list.classes.map { FixedText($0.name) }
    values = FixedArray(features.tensor.values)
  }

  var array: sedge_array { sedge_array(values, shape: features.tensor.shape) }

  /// Makes sure that the features are of a model.
  func check(of other: SedgeModel) throws(CallError) {
    guard model === other else {
      throw .argument("classes were encoded for another model: encode them for this one")
    }
  }
}

extension sedge_array {
  /// Values with at most four dimensions.
  init(_ values: FixedArray<Float>, shape: [Int]) {
    let sizes = shape + [Int](repeating: 0, count: 4 - shape.count)
    self.init(
      values: values.pointer, dimension_count: shape.count,
      dimensions: (sizes[0], sizes[1], sizes[2], sizes[3]))
  }
}

/// As `sedge.h` says.
@c @implementation
public func sedge_classes_encode(
  _ model: OpaquePointer?, _ names: UnsafePointer<UnsafePointer<CChar>?>?, _ count: Int,
  _ progress: UnsafePointer<sedge_progress>?, _ classes: UnsafeMutablePointer<OpaquePointer?>?
) -> sedge_status {
  make(classes, "classes") {
    let model = try ModelHandle.object(model, "model").model
    let names = UnsafeBufferPointer(start: try required(names, "names"), count: count)
    let list = try ClassList(
      names: names.enumerated().map { try text($1, "names[\($0)]") })
    return try ClassesHandle(list, of: model, Progress(progress))
  }
}

/// As `sedge.h` says.
@c @implementation
public func sedge_classes_open(
  _ model: OpaquePointer?, _ list: UnsafePointer<CChar>?, _ progress: UnsafePointer<sedge_progress>?,
  _ classes: UnsafeMutablePointer<OpaquePointer?>?
) -> sedge_status {
  make(classes, "classes") {
    let model = try ModelHandle.object(model, "model").model
    let classes =
      try list.map { try ClassList(argument: text($0, "list")) } ?? model.ownClasses()
    return try ClassesHandle(classes, of: model, Progress(progress))
  }
}

extension SedgeModel {
  /// The first class list of the file.
  fileprivate func ownClasses() throws -> ClassList {
    guard let name = classListNames.first, let list = try classList(named: name) else {
      throw UsageError(.classListRequired, path: path)
    }
    return list
  }
}

/// As `sedge.h` says.
@c @implementation
public func sedge_classes_close(_ classes: OpaquePointer?) { Handle.release(classes) }

/// As `sedge.h` says.
@c @implementation
public func sedge_classes_count(_ classes: OpaquePointer?) -> Int {
  (try? ClassesHandle.object(classes, "classes").names.count) ?? 0
}

/// As `sedge.h` says.
@c @implementation
public func sedge_classes_name(_ classes: OpaquePointer?, _ index: Int) -> UnsafePointer<CChar>? {
  guard let names = try? ClassesHandle.object(classes, "classes").names, names.indices.contains(index)
  else { return nil }
  return names[index].pointer
}

/// As `sedge.h` says.
@c @implementation
public func sedge_classes_features(
  _ classes: OpaquePointer?, _ features: UnsafeMutablePointer<sedge_array>?
) -> sedge_status {
  call {
    let features = try required(features, "features")
    features.pointee = try ClassesHandle.object(classes, "classes").array
  }
}
