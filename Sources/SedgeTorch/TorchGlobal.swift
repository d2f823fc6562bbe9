// Python names that a pickle may mention, and their meaning here.

internal import SedgeTensor

/// A function, class or constant of Python, known by its name alone; none is ever run.
enum TorchGlobal: Hashable {
  /// `_rebuild_tensor` and `_rebuild_tensor_v2`: a view of a typed storage.
  case rebuildTensor
  /// `_rebuild_tensor_v3`: a view of bytes, with the element type as an argument.
  case rebuildTypedTensor
  /// A parameter, a buffer or a copy on another device, which is the tensor that is its first argument.
  case rebuildParameter
  /// `_rebuild_from_type_v2`: a tensor of a subclass or with attributes, made by the function that is its first argument.
  case rebuildFromType
  case rebuildQuantizedTensor
  case rebuildSparseTensor
  case rebuildNestedTensor
  /// A tensor on the meta device.
  case rebuildMetaTensor
  /// `_rebuild_wrapper_subclass`: a tensor without elements of its own.
  case rebuildWrapperSubclass
  /// `_load_from_bytes`: a storage out of the older form of file, which Python's own `pickle` keeps within the pickle.
  case loadFromBytes
  /// A dictionary that keeps its order, as all of them do here.
  case dictionary
  /// A dictionary whose first argument makes values that are missing.
  case defaultDictionary
  case set
  /// A tuple of extents.
  case size
  case storage(TorchElementType)
  case elementType(TorchElementType)
  /// `_reconstruct` of NumPy: an array whose state follows.
  case reconstructArray
  /// `_frombuffer` of NumPy.
  case arrayFromBuffer
  /// `numpy.dtype`.
  case arrayType
  /// `_codecs.encode`, `bytes` and `bytearray`: bytes, which old protocols hold as text where there are any.
  case encode
  /// `_reconstructor` of Python: an object of the class that is its first argument.
  case reconstructObject
  /// `__newobj__` of Python: as ``reconstructObject``, with the arguments behind.
  case newObject
  /// Anything else: its dotted name.
  case object(String)

  /// The global of a dotted name.
  init(_ name: String) {
    self = Self.known[Self.modernName(name)] ?? .object(String(name.prefix(Self.maximumNameCount)))
  }

  /// Characters of a name that is not known which are kept.
  private static let maximumNameCount = 200

  /// The name that today's Python and NumPy give to what an older or newer one calls `name`.
  private static func modernName(_ name: String) -> String {
    for (theirs, ours) in [
      ("__builtin__.", "builtins."), ("copy_reg.", "copyreg."), ("numpy._core.", "numpy.core."),
      ("torch.tensor.", "torch._tensor."), ("torch.cuda.", "torch."),
    ] where name.hasPrefix(theirs) {
      return ours + name.dropFirst(theirs.count)
    }
    return name
  }

  /// All names that stand for something.
  private static let known: [String: TorchGlobal] = {
    var known: [String: TorchGlobal] = [
      "torch._utils._rebuild_tensor": .rebuildTensor,
      "torch._utils._rebuild_tensor_v2": .rebuildTensor,
      "torch._utils._rebuild_tensor_v3": .rebuildTypedTensor,
      "torch._utils._rebuild_parameter": .rebuildParameter,
      "torch._utils._rebuild_parameter_with_state": .rebuildParameter,
      "torch._utils._rebuild_device_tensor_from_cpu_tensor": .rebuildParameter,
      "torch._utils._rebuild_device_tensor_from_numpy": .rebuildParameter,
      "torch._utils._rebuild_xla_tensor": .rebuildParameter,
      "torch.nn.parameter.Parameter": .rebuildParameter,
      "torch.nn.parameter.Buffer": .rebuildParameter,
      "torch._tensor._rebuild_from_type": .rebuildFromType,
      "torch._tensor._rebuild_from_type_v2": .rebuildFromType,
      "torch._utils._rebuild_qtensor": .rebuildQuantizedTensor,
      "torch._utils._rebuild_sparse_tensor": .rebuildSparseTensor,
      "torch._utils._rebuild_sparse_csr_tensor": .rebuildSparseTensor,
      "torch._utils._rebuild_nested_tensor": .rebuildNestedTensor,
      "torch._utils._rebuild_meta_tensor_no_storage": .rebuildMetaTensor,
      "torch._utils._rebuild_wrapper_subclass": .rebuildWrapperSubclass,
      "torch.storage._load_from_bytes": .loadFromBytes,
      "collections.OrderedDict": .dictionary,
      "builtins.dict": .dictionary,
      "collections.defaultdict": .defaultDictionary,
      "builtins.set": .set,
      "builtins.frozenset": .set,
      "torch.Size": .size,
      "torch.UntypedStorage": .storage(.untyped),
      "torch.storage.UntypedStorage": .storage(.untyped),
      "torch.storage._UntypedStorage": .storage(.untyped),
      "numpy.core.multiarray._reconstruct": .reconstructArray,
      "numpy.core.numeric._frombuffer": .arrayFromBuffer,
      "numpy.dtype": .arrayType,
      "_codecs.encode": .encode,
      "builtins.bytes": .encode,
      "builtins.bytearray": .encode,
      "copyreg._reconstructor": .reconstructObject,
      "copyreg.__newobj__": .newObject,
      "copyreg.__newobj_ex__": .newObject,
    ]
    for (name, type) in TorchElementType.storageClasses { known["torch." + name] = .storage(type) }
    for (name, type) in TorchElementType.dtypes { known["torch." + name] = .elementType(type) }
    return known
  }()
}
