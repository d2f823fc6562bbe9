// PyTorch and ONNX files written byte by byte, sound and malformed.

/// Pieces of Python's pickles.
package enum Pickle {
  package static func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }

  /// `GLOBAL`, of every protocol.
  package static func global(_ name: String) -> [UInt8] {
    let dot = name.lastIndex(of: ".") ?? name.endIndex
    return ascii("c\(name[..<dot])\n\(name[dot...].dropFirst())\n")
  }

  /// `BINUNICODE`, of protocol 1 and later.
  package static func text(_ text: String) -> [UInt8] {
    ascii("X") + littleEndian(UInt32(text.utf8.count)) + Array(text.utf8)
  }

  /// `LONG1`, of protocol 2 and later.
  package static func integer(_ value: Int) -> [UInt8] { [0x8A, 8] + littleEndian(value) }

  package static func tuple(_ parts: [[UInt8]]) -> [UInt8] { ascii("(") + parts.joined() + ascii("t") }

  /// `REDUCE`: the call of a function.
  package static func call(_ function: String, _ arguments: [[UInt8]]) -> [UInt8] {
    global(function) + tuple(arguments) + ascii("R")
  }

  package static func dictionary(_ entries: [(String, [UInt8])]) -> [UInt8] {
    ascii("}(") + entries.flatMap { text($0.0) + $0.1 } + ascii("u")
  }

  /// A pickle of one value.
  package static func whole(_ value: [UInt8], version: UInt8 = 2) -> [UInt8] {
    (version < 2 ? [] : [0x80, version]) + value + ascii(".")
  }

  /// A state dict of float32 tensors whose storages are numbered.
  package static func stateDict(_ tensors: [StoredTensor]) -> [UInt8] {
    dictionary(
      tensors.enumerated().map { key, tensor in
        let strides = tensor.shape.indices.map { tensor.shape[($0 + 1)...].reduce(1, *) }
        let storage = tuple([
          text("storage"), global("torch.FloatStorage"), text("\(key)"), text("cpu"),
          integer(tensor.bytes.count / 4), ascii("N"),
        ])
        let view = call(
          "torch._utils._rebuild_tensor_v2",
          [
            storage + ascii("Q"), integer(0), tuple(tensor.shape.map(integer)), tuple(strides.map(integer)),
            [0x89], call("collections.OrderedDict", []),
          ])
        return (tensor.name, view)
      })
  }
}

/// Files as `torch.save` writes them.
package enum TorchFile {
  /// A zip archive of stored records.
  package static func zip(_ records: [(name: String, contents: [UInt8])]) -> [UInt8] {
    var (file, directory): ([UInt8], [UInt8]) = ([], [])
    for (name, contents) in records {
      let size = littleEndian(UInt32(contents.count))
      let facts = [UInt8](repeating: 0, count: 12) + size + size + littleEndian(UInt16(name.utf8.count))
      directory += Pickle.ascii("PK\u{1}\u{2}") + littleEndian(UInt32(20)) + facts
      directory += [UInt8](repeating: 0, count: 12) + littleEndian(UInt32(file.count)) + Array(name.utf8)
      file += Pickle.ascii("PK\u{3}\u{4}") + littleEndian(UInt16(20)) + facts + [0, 0] + Array(name.utf8)
      file += contents
    }
    let count = littleEndian(UInt16(records.count))
    let end = Pickle.ascii("PK\u{5}\u{6}") + [0, 0, 0, 0] + count + count
    return file + directory + end + littleEndian(UInt32(directory.count)) + littleEndian(UInt32(file.count))
      + [0, 0]
  }

  /// The zip form: a pickle and the storages.
  package static func zip(_ pickle: [UInt8], _ tensors: [StoredTensor] = []) -> [UInt8] {
    zip(
      [("archive/data.pkl", pickle)] + tensors.enumerated().map { ("archive/data/\($0)", $1.bytes) })
  }

  /// The form before it: pickles one after the other, then the storages.
  ///
  /// - Parameters:
  ///   - system: The third pickle, facts of the machine.
  ///   - keys: The fifth, a list of the storages' keys; the true one where `nil`.
  package static func legacy(
    _ pickle: [UInt8], _ tensors: [StoredTensor] = [], system: [UInt8]? = nil, keys: [UInt8]? = nil
  ) -> [UInt8] {
    let magic = Pickle.whole([0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19])
    let list = Pickle.ascii("](") + tensors.indices.flatMap { Pickle.text("\($0)") } + Pickle.ascii("e")
    let pickles =
      magic + Pickle.whole(Pickle.integer(1001)) + (system ?? Pickle.whole(Pickle.ascii("}"))) + pickle
    return pickles + (keys ?? Pickle.whole(list))
      + tensors.flatMap { littleEndian($0.bytes.count / 4) + $0.bytes }
  }
}

/// ONNX files of the simplest kind.
package enum ONNXFile {
  /// A model of float32 initializers, their elements in the file, or all in one file at a location.
  package static func bytes(_ tensors: [StoredTensor], location: String? = nil) -> [UInt8] {
    var (graph, byteOffset): ([UInt8], Int) = ([], 0)
    for tensor in tensors {
      var message = tensor.shape.flatMap { number(1, $0) } + number(2, 1) + field(8, Array(tensor.name.utf8))
      if let location {
        message += entry("location", location) + entry("offset", "\(byteOffset)")
        message += entry("length", "\(tensor.bytes.count)") + number(14, 1)
        byteOffset += tensor.bytes.count
      } else {
        message += field(9, tensor.bytes)
      }
      graph += field(5, message)
    }
    return number(1, 8) + field(2, Array("pytorch".utf8)) + field(7, graph) + field(8, number(2, 18))
  }

  /// A model whose only node is a branch with a graph of its own.
  package static func branch() -> [UInt8] {
    let attribute = field(1, Array("then_branch".utf8)) + field(6, field(2, Array("g".utf8))) + number(20, 5)
    let node = field(4, Array("If".utf8)) + field(5, attribute)
    return number(1, 8) + field(2, Array("pytorch".utf8)) + field(7, field(1, node)) + field(8, number(2, 18))
  }

  private static func varint(_ value: Int) -> [UInt8] {
    value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7)
  }

  private static func number(_ field: Int, _ value: Int) -> [UInt8] { varint(field << 3) + varint(value) }

  private static func field(_ field: Int, _ value: [UInt8]) -> [UInt8] {
    varint(field << 3 | 2) + varint(value.count) + value
  }

  private static func entry(_ key: String, _ value: String) -> [UInt8] {
    field(13, field(1, Array(key.utf8)) + field(2, Array(value.utf8)))
  }
}
