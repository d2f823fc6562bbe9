#!/usr/bin/env python3
"""Lists and decodes a .sedge file, written from docs/format.md and Schemas/sedge.proto alone.

It shares no code with Sedge, so that agreement of the two says something about the specification.
Needs the packages numpy, zstandard and xxhash.

    read_sedge.py FILE                  check every byte, list the header and the tensors
    read_sedge.py FILE --npz OUT.npz    write the decoded tensors as well
"""

import argparse
import struct
import sys

import numpy
import xxhash
import zstandard

MAGIC = b"\x89SEDGE\r\n"
ROLES = ["", "linear", "convolution", "depthwise convolution", "transposed convolution", "embedding",
         "positional embedding", "bias", "norm scale", "norm shift", "layer scale", "text features", "token"]
RESIZINGS = ["square", "sed", "windows", "cat-seg"]
LAYOUTS = ["", "plain", "oi", "ohwi", "hwc"]
CODECS = ["", "f32", "f16", "int8", "trellis", "f32 planes", "f16 planes"]
FIRST_CODEC_OF_VERSION_2 = 4
# 2^(0/8), 2^(1/8) ... 2^(7/8) in binary32
EIGHTHS = ["0x1", "0x1.172b84", "0x1.306fe", "0x1.4bfdae", "0x1.6a09e6", "0x1.8ace54", "0x1.ae89fa", "0x1.d5818e"]
MAPPABLE = ("f32", "f16", "int8")
ORIGINS = ["", "given", "found", "derived", "assumed"]
REASONS = ["", "role", "depthwise", "small", "overflow", "stem", "proportion"]


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def message(data):
    """The fields of a protobuf message: number -> list of values (int or bytes)."""
    fields, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 1:
            value, at = data[at:at + 8], at + 8
        elif kind == 5:
            value, at = data[at:at + 4], at + 4
        elif kind == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        else:
            raise ValueError(f"wire type {kind}")
        fields.setdefault(key >> 3, []).append(value)
    return fields


def one(fields, number, default):
    return fields.get(number, [default])[-1]


def texts(fields, number):
    return [value.decode("utf-8") for value in fields.get(number, [])]


def text(fields, number):
    return (texts(fields, number) or [""])[-1]


def numbers(fields, number):
    """A packed repeated integer."""
    values = []
    for packed in fields.get(number, []):
        at = 0
        while at < len(packed):
            value, at = varint(packed, at)
            values.append(value)
    return values


def floats(fields, number):
    """A packed repeated float."""
    return [float(value) for value in numpy.frombuffer(b"".join(fields.get(number, [])), "<f4")]


def double(fields, number):
    return struct.unpack("<d", one(fields, number, bytes(8)))[0]


def require(condition, what):
    if not condition:
        sys.exit(f"refused: {what}")


class Bits:
    """Numbers of few bits, the lowest bit of a byte first."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, count):
        require(self.at + count <= 8 * len(self.data), "end of a trellis's parameters")
        value = 0
        for place in range(count):
            value |= (self.data[self.at >> 3] >> (self.at & 7) & 1) << place
            self.at += 1
        return value

    def golomb(self, order=0):
        length = 0
        while self.number(1):
            length += 1
            require(length + order <= 32, "number too long")
        return (1 << length + order) - (1 << order) + self.number(length + order)

    def signed(self, order=0):
        code = self.golomb(order)
        return (code + 1) // 2 if code & 1 else -(code // 2)

    def numbers(self, count, least, most):
        """An optional array; zeros where it is missing."""
        if not self.number(1):
            return numpy.zeros(count, numpy.int64)
        middle, order = self.signed(4), self.number(2)
        values = numpy.array([middle + self.signed(order) for _ in range(count)])
        require(least <= values.min() and values.max() <= most, "a row's or column's number")
        return values

    def finish(self):
        """The offset of the byte after the last one that was begun."""
        while self.at % 8:
            require(self.number(1) == 0, "a bit after a trellis's parameters")
        return self.at // 8


def trellis_matrix(role, shape):
    """Rows and columns of the matrix that codecs from version 2 on see."""
    leading = {"depthwise convolution": 2, "transposed convolution": 3}.get(role, 1)
    if not shape:
        return 1, 1
    return int(numpy.prod(shape[:leading])), int(numpy.prod(shape[leading:]))


def frequency_table(bits, count):
    """Frequencies of symbols, of which there are 4,096 together."""
    weights = [bits.number(6)]
    for _ in range(count - 1):
        weights.append(weights[-1] + bits.signed(1))
    require(all(0 <= weight <= 47 for weight in weights), "a symbol's weight")
    shares = [(64, 76, 91, 108)[weight & 3] << (weight >> 2) for weight in weights]
    total = sum(shares)
    frequencies = [max(1, share * 4096 // total) for share in shares]
    rest = 4096 - sum(frequencies)
    while rest:
        most = frequencies.index(max(frequencies))
        change = rest if rest > 0 else max(rest, -(frequencies[most] // 2))
        frequencies[most] += change
        rest -= change
    return frequencies


def powers(exponents):
    """2^(exponent / 8) in binary32."""
    eighths = [float.fromhex(text) for text in EIGHTHS]
    eighths = numpy.array(eighths, numpy.float32)
    return numpy.ldexp(eighths[exponents & 7], exponents >> 3)


def decode_trellis(data, role, shape):
    """The elements of a trellis-coded tensor, row-major."""
    rows, columns = trellis_matrix(role, shape)
    require(max(5, 4 * rows * columns // 32768) <= len(data), "expansion")
    require(len(data) <= 4 * rows * columns + 64 * (rows + columns) + 65536, "size of a trellis")
    bits = Bits(data)
    base = numpy.uint32(bits.number(32)).view(numpy.float32)
    require(2.0 ** -80 <= base <= 2.0 ** 60, "step")
    kept = numpy.ones(rows, bool)
    if bits.number(1):
        at, value = 0, True
        while at < rows:
            length = bits.golomb()
            require(length <= rows - at and (length > 0 or at == 0 and value), "run of rows")
            kept[at:at + length] = value
            at, value = at + length, not value
    values = numpy.zeros((rows, columns), numpy.float32)
    count = int(kept.sum())
    if count == 0:
        require(bits.finish() == len(data), "bytes after a trellis's parameters")
        return values
    row_steps = base * powers(bits.numbers(count, -127, 127))
    column_steps = powers(bits.numbers(columns, -127, 127))
    multiples = decode_levels(data, bits, count, columns)
    values[kept] = multiples.astype(numpy.float32) * row_steps[:, None] * column_steps
    return values


def decode_levels(data, bits, rows, columns):
    """What the levels stand for, in steps."""
    lanes, low_bits, has_escape = bits.number(4) + 1, bits.number(3), bits.number(1)
    first, count, contexts = bits.signed(4), bits.number(8) + 1, bits.number(4) + 1
    require(low_bits <= 4, "low bits")
    require(-32768 <= first <= 32767, "first symbol")
    row_classes = column_classes = None
    if contexts > 1:
        row_classes, column_classes = bits.numbers(rows, 0, 15), bits.numbers(columns, 0, 15)
    is_shared = bits.number(1)
    # For each context and quantizer 4,096 triples: the symbol, its frequency, the place among those of the symbol.
    tables = []
    for _ in range(contexts * (1 if is_shared else 2)):
        frequencies = frequency_table(bits, count) if bits.number(1) else [4096] + [0] * (count - 1)
        slots = [(symbol, frequency, place) for symbol, frequency in enumerate(frequencies) for place in range(frequency)]
        tables += [slots] * (2 if is_shared else 1)
    start = bits.finish()
    require((len(data) - start) % 2 == 0, "half a word")
    words = numpy.frombuffer(data, "<u2", offset=start).tolist()
    words.append(None)  # adding to or shifting this fails
    words.reverse()
    next_word = words.pop
    escape = count - 1 if has_escape else -1
    mask = (1 << low_bits) - 1
    multiples = numpy.zeros((rows, columns), numpy.int32)
    try:
        states = [0] * lanes
        for lane in range(lanes):
            states[lane] = next_word()
            states[lane] |= next_word() << 16
        require(all(state >= 1 << 16 for state in states), "a coder's first state")
        for left in range(0, columns, lanes):
            width = min(lanes, columns - left)
            trellis = [0] * width
            for row in range(rows):
                line = []
                for lane in range(width):
                    t, x, context = trellis[lane], states[lane], 0
                    if contexts > 1:
                        context = min(int(row_classes[row]) + int(column_classes[left + lane]), contexts - 1)
                    symbol, frequency, place = tables[2 * context + (t & 1)][x & 4095]
                    x = frequency * (x >> 12) + place
                    low = x & mask
                    x >>= low_bits
                    if x < 1 << 16:
                        x = x << 16 | next_word()
                    states[lane] = x
                    high = next_word() if symbol == escape else symbol + first
                    level = (high << low_bits | low) + 32768 & 65535
                    level -= 32768
                    line.append(2 * level - ((level > 0) - (level < 0) if t & 1 else 0))
                    trellis[lane] = (t << 1 & 7) | ((level ^ t >> 1 ^ t >> 2) & 1)
                multiples[row, left:left + width] = line
    except TypeError:
        require(False, "levels do not end where their bytes do")
    require(len(words) == 1 and all(state == 1 << 16 for state in states), "levels do not end where their bytes do")
    return multiples


def decode_planes(data, element_type, count):
    """The elements of a tensor that is stored as byte planes; `element_type` is '<f4' or '<f2'."""
    width = int(element_type[-1])
    require(max(width, width * count // 32768) <= len(data) <= width * (count + 9), "size of planes")
    bits, at = numpy.zeros(count, numpy.uint32), 0
    for _ in range(width):
        require(at < len(data) and data[at] in (0, 1), "plane")
        form, size, at = data[at], count, at + 1
        if form == 1:
            require(at + 8 <= len(data), "plane's length")
            (size,) = struct.unpack_from("<Q", data, at)
            at += 8
        require(at + size <= len(data), "plane's length")
        plane, at = data[at:at + size], at + size
        if form == 1:
            require(count // 32768 <= size, "expansion")
            plane = unzip(plane, count)
        bits = bits << 8 | numpy.frombuffer(plane, numpy.uint8)
    require(at == len(data), "bytes after the planes")
    bits = bits >> 1 | (bits & 1) << (8 * width - 1)
    values = bits.astype(f"<u{width}").view(element_type).astype(numpy.float32)
    require(numpy.isfinite(values).all(), "finite elements")
    return values


def aligned(end, alignment):
    return -(-end // alignment) * alignment


def unzip(frame, plain):
    """One Zstandard frame with its content size, and nothing behind it."""
    parameters = zstandard.get_frame_parameters(frame)
    require(parameters.content_size == plain and parameters.dict_id == 0, "frame's size")
    decompressor = zstandard.ZstdDecompressor().decompressobj()
    data = decompressor.decompress(frame)
    require(decompressor.eof and not decompressor.unused_data and len(data) == plain, "frame")
    return data


class File:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = data = file.read()
        require(data[:8] == MAGIC, "magic")
        version, plain, offset, size, total, header_sum, zeros, own_sum = struct.unpack_from("<IIQQQQQQ", data, 8)
        require(1 <= version <= 4, f"version {version}")
        require(xxhash.xxh3_64_intdigest(data[:56]) == own_sum, "preamble checksum")
        require(zeros == 0 and (plain == 0 or version > 1), "reserved bytes")
        self.version = version
        require(total == len(data) and offset >= 64 and offset + size == total, "sizes")
        require(1 <= size <= 1 << 26, "header's size")
        require(offset == aligned(offset, self.alignment(False)), "header's place")
        header = data[offset:]
        require(xxhash.xxh3_64_intdigest(header) == header_sum, "header checksum")
        if plain:
            require(size < plain <= min(32 * size, 1 << 26), "header's plain size")
            header = unzip(header, plain)
        self.header = message(header)
        self.header_offset = offset
        self.spans = [(0, 64, 64)]

    def alignment(self, mapped):
        return 64 if mapped or self.version == 1 else 1

    def segment(self, raw, mappable):
        """The plain bytes of a segment, and how many are stored; `mappable`: of codes that are the elements' own."""
        fields = message(raw)
        offset, stored, plain, compression = (one(fields, number, 0) for number in (1, 2, 3, 4))
        (checksum,) = struct.unpack("<Q", one(fields, 5, bytes(8)))
        alignment = self.alignment(mappable and compression == 1)
        require(64 <= offset and offset + stored <= self.header_offset and stored > 0, "segment's place")
        self.spans.append((offset, offset + stored, alignment))
        data = self.data[offset:offset + stored]
        require(xxhash.xxh3_64_intdigest(data) == checksum, "segment checksum")
        require(compression in (1, 2), "compression")
        if compression == 2:
            require(plain // 32768 <= stored, "expansion")
            data = unzip(data, plain)
        require(len(data) == plain, "plain size")
        return data, stored

    def tensors(self):
        for raw in self.header.get(6, []):
            fields = message(raw)
            shape = numbers(fields, 4)
            require(self.version > 1 or one(fields, 5, 0) < FIRST_CODEC_OF_VERSION_2, "codec of a newer version")
            codec = CODECS[one(fields, 5, 0)]
            data, stored = self.segment(one(fields, 6, b""), codec in MAPPABLE)
            require(codec in MAPPABLE or stored == len(data), "compressed codes that are compressed again")
            scales = None
            if 7 in fields:
                raw_scales, more = self.segment(one(fields, 7, b""), codec in MAPPABLE)
                scales = numpy.frombuffer(raw_scales, "<f4")
                stored += more
            if codec == "int8":
                codes = numpy.frombuffer(data, "i1").reshape(shape[0] if shape else 1, -1)
                values = codes.astype(numpy.float32) * scales[:, None]
            elif codec == "trellis":
                values = decode_trellis(data, ROLES[one(fields, 2, 0)], shape)
            elif codec.endswith("planes"):
                values = decode_planes(data, "<f4" if codec == "f32 planes" else "<f2", int(numpy.prod(shape)))
            else:
                values = numpy.frombuffer(data, "<f4" if codec == "f32" else "<f2").astype(numpy.float32)
            yield {
                "name": text(fields, 1), "role": ROLES[one(fields, 2, 0)], "layout": LAYOUTS[one(fields, 3, 0)],
                "shape": shape, "codec": codec, "reason": REASONS[one(fields, 8, 0)], "stored": stored,
                "largest": double(fields, 9), "rms": double(fields, 10), "importance": double(fields, 11),
                "share": double(fields, 12), "values": values.reshape(shape)}

    def check_padding(self):
        self.spans.sort()
        header = (self.header_offset, len(self.data), self.alignment(False))
        for (_, end, _), (start, _, alignment) in zip(self.spans, self.spans[1:] + [header]):
            require(start == aligned(end, alignment), f"segment at {start} after {end}")
            require(not any(self.data[end:start]), f"padding at {end}")


def print_quantization(record):
    print("quantization:", text(record, 1))
    if 2 in record:
        calibration = message(one(record, 2, b""))
        print("calibration:", one(calibration, 1, 0), "pictures,", text(calibration, 2),
              "compensated" if one(calibration, 3, 0) else "not compensated")
    if 3 in record:
        claim = message(one(record, 3, b""))
        print("claim:", one(claim, 1, 0), "pictures,", text(claim, 2), "held out" if one(claim, 3, 0) else "not held out",
              "labels changed", double(claim, 4), "scores' rms", double(claim, 5), "max", double(claim, 6),
              "classes", one(claim, 7, 0))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--npz", help="write the decoded tensors")
    arguments = parser.parse_args()
    file = File(arguments.file)
    header = file.header
    print("version", file.version, "written by Sedge", text(header, 1))
    architecture = message(one(header, 2, b""))
    image, words, decoder, transformer, costs = (message(one(architecture, n, b"")) for n in range(1, 6))
    require((4 in architecture) != (1 in architecture) and (file.version > 3 or 4 not in architecture), "image encoder")
    require(5 not in architecture or (4 in architecture and 3 not in architecture), "cost aggregation")
    if 4 in architecture:
        print("vision transformer: width, heads, layers, hidden width, patch, grid, embedding",
              [one(transformer, number, 0) for number in range(1, 8)], "quick GELU", bool(one(architecture, 6, 0)))
    else:
        print("image: depths", numbers(image, 1), "widths", numbers(image, 2), "head", one(image, 3, 0),
              one(image, 4, 0), "embedding", one(image, 5, 0), "kernel", one(image, 6, 0))
    print("text:", [one(words, number, 0) for number in range(1, 6)])
    if 5 in architecture:
        print("cost aggregation:", [one(costs, number, 0) for number in range(1, 11)],
              [numbers(costs, number) for number in (11, 12, 13)])
    print("decoder: prompts", one(decoder, 1, 0), "hidden", one(decoder, 2, 0), "widths", numbers(decoder, 3),
          "guidance", numbers(decoder, 4), "heads, kernel, cost kernel, pooling",
          [one(decoder, number, 0) for number in range(5, 9)])
    preprocessing = message(one(header, 3, b""))
    resizing = one(preprocessing, 5, 0)
    allowed = [0, 2, 3] if 5 in architecture else [0, 1] if file.version > 2 and 3 in architecture else [0]
    require(resizing in allowed and (one(preprocessing, 6, 0) > 0) == (5 in architecture), "resizing")
    print("preprocessing: mean", floats(preprocessing, 1), "deviation", floats(preprocessing, 2),
          "resolution", one(preprocessing, 3, 0), "top-k", one(preprocessing, 4, 0), "resizing", RESIZINGS[resizing], "window", one(preprocessing, 6, 0))
    print("form:", [bool(one(message(one(header, 4, b"")), number, 0)) for number in (1, 2, 3)])
    for raw in header.get(5, []):
        fold = message(raw)
        print("fold:", one(fold, 1, 0), text(fold, 2), "into", texts(fold, 3), text(fold, 4) or "applied")
    print("templates:", texts(header, 8))
    for raw in header.get(10, []):
        classes = message(raw)
        print("classes:", text(classes, 1), texts(classes, 2), "in", text(classes, 3))
    for raw in header.get(15, []):
        known = message(raw)
        print("hyperparameter:", text(known, 1), ORIGINS[one(known, 2, 0)], text(known, 3))
    for raw in header.get(11, []):
        source = message(raw)
        print("source:", text(source, 1), one(source, 2, b"").hex(), one(source, 3, 0), text(source, 4))
    for raw in header.get(12, []):
        option = message(raw)
        print("option:", text(option, 1), "=", text(option, 2))
    if 9 in header:
        tokenizer = message(one(header, 9, b""))
        merges, _ = file.segment(one(tokenizer, 1, b""), False)
        print("tokenizer:", len(merges), "bytes, context", one(tokenizer, 2, 0))
    if 14 in header:
        print_quantization(message(one(header, 14, b"")))
    arrays = {}
    for tensor in file.tensors():
        values = arrays[tensor["name"]] = tensor.pop("values")
        print(*tensor.values(), f"sum {values.sum(dtype=numpy.float64):.9g}")
    file.check_padding()
    if arguments.npz:
        numpy.savez(arguments.npz, **arrays)


if __name__ == "__main__":
    main()
