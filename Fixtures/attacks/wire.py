"""Protobuf's wire format, and Zstandard frames without compression: what ONNX and .sedge headers are made of."""
import struct


def varint(value):
    """A number of up to 64 bits; negative ones as protobuf has them, in ten bytes."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def key(number, kind):
    return varint(number << 3 | kind)


def number(field, value):
    return key(field, 0) + varint(value)


def chunk(field, data):
    """Bytes, a text, a message or packed numbers."""
    data = data.encode() if isinstance(data, str) else data
    return key(field, 2) + varint(len(data)) + data


def fixed32(field, value):
    return key(field, 5) + (struct.pack("<f", value) if isinstance(value, float) else struct.pack("<I", value))


def fixed64(field, value):
    return key(field, 1) + (struct.pack("<d", value) if isinstance(value, float) else struct.pack("<Q", value))


def packed(field, values):
    return chunk(field, b"".join(varint(value) for value in values))


def floats(field, values):
    return chunk(field, struct.pack(f"<{len(values)}f", *values))


def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def parse(data):
    """The fields of a message in order: [number, kind, value], values as numbers or bytes."""
    fields, at = [], 0
    while at < len(data):
        tag, at = read_varint(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = read_varint(data, at)
        elif kind == 2:
            size, at = read_varint(data, at)
            value, at = data[at:at + size], at + size
        else:
            size = 8 if kind == 1 else 4
            value, at = data[at:at + size], at + size
        fields.append([tag >> 3, kind, value])
    return fields


def join(fields):
    """What `parse` takes apart."""
    out = b""
    for tag, kind, value in fields:
        out += key(tag, kind) + (varint(value) if kind == 0 else varint(len(value)) + value if kind == 2 else value)
    return out


def edited(data, path, change):
    """A message with a field changed: `path` has numbers, each alone or with its occurrence, and leads to the field.

    `change` gets the encoded occurrences' list [[number, kind, value], ...] and the place, and changes the list.
    """
    fields = parse(data)
    step = path[0] if isinstance(path[0], tuple) else (path[0], 0)
    places = [i for i, field in enumerate(fields) if field[0] == step[0]]
    if len(path) > 1:
        place = places[step[1]]
        fields[place][2] = edited(fields[place][2], path[1:], change)
    else:
        change(fields, places[step[1]] if len(places) > step[1] else len(fields), step[0])
    return join(fields)


def put(data, path, *encoded):
    """Replaces the field at `path` by encoded ones, or adds them where it is missing."""
    def change(fields, place, _):
        fields[place:place + 1] = parse(b"".join(encoded))
    return edited(data, path, change)


def remove(data, path):
    return put(data, path)


def get(data, path):
    """The value of the field at `path`."""
    for step in path:
        step = step if isinstance(step, tuple) else (step, 0)
        data = [field[2] for field in parse(data) if field[0] == step[0]][step[1]]
    return data


def zstd(blocks, size=None, checksum=False):
    """A Zstandard frame of blocks: bytes are stored as they are, (byte, count) is a run; `size` is what the header says."""
    total = sum(len(block) if isinstance(block, bytes) else block[1] for block in blocks)
    out = b"\x28\xb5\x2f\xfd" + bytes([0xE0 | 4 * checksum]) + struct.pack("<Q", total if size is None else size)
    parts = []
    for block in blocks:
        if isinstance(block, bytes):
            parts += [(0, block[i:i + 131072], min(131072, len(block) - i)) for i in range(0, max(1, len(block)), 131072)]
        else:
            byte, count = block
            parts += [(1, bytes([byte]), min(131072, count - i)) for i in range(0, max(1, count), 131072)]
    for i, (kind, data, count) in enumerate(parts):
        out += struct.pack("<I", (i == len(parts) - 1) | kind << 1 | count << 3)[:3] + data
    return out
