// Writing ONNX files by hand, right ones and wrong ones.

import TestSupport

/// A message of Protocol Buffers being put together.
struct Message {
  /// The fields so far.
  var bytes: [UInt8] = []

  /// Adds bytes as they are.
  func raw(_ more: [UInt8]) -> Message { Message(bytes: bytes + more) }

  /// Adds an integer.
  func varint(_ field: Int, _ value: Int) -> Message {
    raw(Self.varint(field << 3) + Self.varint(value))
  }

  /// Adds bytes with their length.
  func bytes(_ field: Int, _ value: [UInt8]) -> Message {
    raw(Self.varint(field << 3 | 2) + Self.varint(value.count) + value)
  }

  /// Adds a text.
  func text(_ field: Int, _ value: String) -> Message { bytes(field, Array(value.utf8)) }

  /// Adds a message.
  func message(_ field: Int, _ value: Message) -> Message { bytes(field, value.bytes) }

  /// Adds a float outside of a packed field.
  func float(_ field: Int, _ value: Float) -> Message {
    raw(Self.varint(field << 3 | 5) + littleEndian(value.bitPattern))
  }

  /// Adds a double outside of a packed field.
  func double(_ field: Int, _ value: Double) -> Message {
    raw(Self.varint(field << 3 | 1) + littleEndian(value.bitPattern))
  }

  /// Adds a dictionary's entry.
  func entry(_ field: Int, _ key: String, _ value: String) -> Message {
    message(field, Message().text(1, key).text(2, value))
  }

  /// The bytes of one varint.
  static func varint(_ value: Int) -> [UInt8] {
    var (rest, bytes) = (UInt64(bitPattern: Int64(value)), [UInt8]())
    while rest > 0x7F {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
}

/// A model of one graph.
func model(_ graph: Message) -> [UInt8] {
  Message().varint(1, 8).text(2, "hand").message(7, graph).message(8, Message().varint(2, 18)).bytes
}

/// A graph of one initializer.
func model(initializer: Message) -> [UInt8] { model(Message().message(5, initializer)) }

/// A tensor without its elements.
func tensor(_ name: String, type: Int = 1, _ shape: [Int]) -> Message {
  shape.reduce(Message()) { $0.varint(1, $1) }.varint(2, type).text(8, name)
}

/// A tensor of float32, its elements raw.
func floats(_ name: String, _ shape: [Int], _ values: [Float]) -> Message {
  tensor(name, shape).bytes(9, values.flatMap { littleEndian($0.bitPattern) })
}

/// A node.
func node(_ operation: String, _ name: String, _ inputs: [String], _ outputs: [String]) -> Message {
  let arguments = inputs.reduce(Message()) { $0.text(1, $1) }
  return outputs.reduce(arguments) { $0.text(2, $1) }.text(3, name).text(4, operation)
}
