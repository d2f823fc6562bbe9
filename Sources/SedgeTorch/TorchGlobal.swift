// The names that a pickle may mention, and what each stands for here.

internal import SedgeTensor

/// A function, class or constant of Python, known by its name alone; none is ever run.
enum TorchGlobal: Hashable {
  /// `_rebuild_tensor` and `_rebuild_tensor_v2`: a view of a typed storage.
  case rebuildTensor
  /// `_rebuild_tensor_v3`: a view of bytes, with the element type as an argument.
  case rebuildTypedTensor
  /// A parameter, which is the tensor that is its first argument.
  case rebuildParameter
  /// `_rebuild_qtensor`.
  case rebuildQuantizedTensor
  /// `_rebuild_sparse_tensor`.
  case rebuildSparseTensor
  /// A dictionary that keeps its order, as all of them do here.
  case orderedDictionary
  /// A tuple of extents.
  case size
  case storage(TorchElementType)
  case elementType(TorchElementType)
  /// Something that training state holds and that is not looked into: its name.
  case inert(String)

  /// The global of a dotted name; `nil` where the name may not be mentioned.
  init?(_ name: String) {
    guard let global = Self.allowed[name] else { return nil }
    self = global
  }

  /// All names that may be mentioned.
  static let allowed: [String: TorchGlobal] = {
    var allowed: [String: TorchGlobal] = [
      "torch._utils._rebuild_tensor": .rebuildTensor,
      "torch._utils._rebuild_tensor_v2": .rebuildTensor,
      "torch._utils._rebuild_tensor_v3": .rebuildTypedTensor,
      "torch._utils._rebuild_parameter": .rebuildParameter,
      "torch._utils._rebuild_parameter_with_state": .rebuildParameter,
      "torch.nn.parameter.Parameter": .rebuildParameter,
      "torch._utils._rebuild_qtensor": .rebuildQuantizedTensor,
      "torch._utils._rebuild_sparse_tensor": .rebuildSparseTensor,
      "collections.OrderedDict": .orderedDictionary,
      "torch.Size": .size,
      "torch.UntypedStorage": .storage(.untyped),
      "torch.storage.UntypedStorage": .storage(.untyped),
      "torch.storage._UntypedStorage": .storage(.untyped),
    ]
    for (name, type) in TorchElementType.storageClasses { allowed["torch." + name] = .storage(type) }
    for (name, type) in TorchElementType.dtypes { allowed["torch." + name] = .elementType(type) }
    for name in inertNames { allowed[name] = .inert(name) }
    return allowed
  }()

  /// What training state beside a model mentions: devices, counters, and NumPy's scalars and arrays.
  private static let inertNames = [
    "torch.device", "torch.storage.TypedStorage", "torch.storage._TypedStorage",
    "torch.serialization._get_layout", "torch.per_tensor_affine", "torch.per_channel_affine",
    "torch.per_channel_affine_float_qparams", "collections.Counter", "collections.defaultdict",
    "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar",
    "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct", "numpy.ndarray",
    "numpy.dtype", "_codecs.encode", "builtins.set", "__builtin__.set", "builtins.frozenset",
    "builtins.bytearray", "builtins.complex", "__builtin__.complex", "__builtin__.bytearray",
  ]
}
