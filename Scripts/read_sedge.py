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
         "positional embedding", "bias", "norm scale", "norm shift", "layer scale", "text features"]
LAYOUTS = ["", "plain", "oi", "ohwi", "hwc"]
CODECS = ["", "f32", "f16", "int8"]
REASONS = ["", "role", "depthwise", "small", "overflow", "stem"]


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


class File:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = data = file.read()
        require(data[:8] == MAGIC, "magic")
        version, zero, offset, size, total, header_sum, zeros, own_sum = struct.unpack_from("<IIQQQQQQ", data, 8)
        require(version == 1, f"version {version}")
        require(xxhash.xxh3_64_intdigest(data[:56]) == own_sum, "preamble checksum")
        require(zero == 0 and zeros == 0, "reserved bytes")
        require(total == len(data) and offset + size == total and offset % 64 == 0, "sizes")
        header = data[offset:]
        require(xxhash.xxh3_64_intdigest(header) == header_sum, "header checksum")
        self.header = message(header)
        self.header_offset = offset
        self.spans = [(0, 64)]

    def segment(self, raw):
        fields = message(raw)
        offset, stored, plain, compression = (one(fields, number, 0) for number in (1, 2, 3, 4))
        (checksum,) = struct.unpack("<Q", one(fields, 5, bytes(8)))
        require(offset % 64 == 0 and offset + stored <= self.header_offset, "segment's place")
        self.spans.append((offset, offset + stored))
        data = self.data[offset:offset + stored]
        require(xxhash.xxh3_64_intdigest(data) == checksum, "segment checksum")
        if compression == 2:
            data = zstandard.ZstdDecompressor().decompress(data, max_output_size=plain)
        require(compression in (1, 2) and len(data) == plain, "plain size")
        return data, stored

    def tensors(self):
        for raw in self.header.get(6, []):
            fields = message(raw)
            shape = numbers(fields, 4)
            codec = CODECS[one(fields, 5, 0)]
            data, stored = self.segment(one(fields, 6, b""))
            scales = None
            if 7 in fields:
                raw_scales, more = self.segment(one(fields, 7, b""))
                scales = numpy.frombuffer(raw_scales, "<f4")
                stored += more
            if codec == "int8":
                codes = numpy.frombuffer(data, "i1").reshape(shape[0] if shape else 1, -1)
                values = codes.astype(numpy.float32) * scales[:, None]
            else:
                values = numpy.frombuffer(data, "<f4" if codec == "f32" else "<f2").astype(numpy.float32)
            yield {
                "name": text(fields, 1), "role": ROLES[one(fields, 2, 0)], "layout": LAYOUTS[one(fields, 3, 0)],
                "shape": shape, "codec": codec, "reason": REASONS[one(fields, 8, 0)], "stored": stored,
                "largest": double(fields, 9), "rms": double(fields, 10), "values": values.reshape(shape)}

    def check_padding(self):
        self.spans.sort()
        for (_, end), (start, _) in zip(self.spans, self.spans[1:] + [(self.header_offset, 0)]):
            require(start == -(-end // 64) * 64, f"segment at {start} after {end}")
            require(not any(self.data[end:start]), f"padding at {end}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--npz", help="write the decoded tensors")
    arguments = parser.parse_args()
    file = File(arguments.file)
    header = file.header
    print("written by Sedge", text(header, 1))
    architecture = message(one(header, 2, b""))
    image, words, decoder = (message(one(architecture, number, b"")) for number in (1, 2, 3))
    print("image: depths", numbers(image, 1), "widths", numbers(image, 2), "head", one(image, 3, 0),
          one(image, 4, 0), "embedding", one(image, 5, 0), "kernel", one(image, 6, 0))
    print("text:", [one(words, number, 0) for number in range(1, 6)])
    print("decoder: prompts", one(decoder, 1, 0), "hidden", one(decoder, 2, 0), "widths", numbers(decoder, 3),
          "guidance", numbers(decoder, 4), "heads, kernel, cost kernel, pooling",
          [one(decoder, number, 0) for number in range(5, 9)])
    preprocessing = message(one(header, 3, b""))
    print("preprocessing: mean", floats(preprocessing, 1), "deviation", floats(preprocessing, 2),
          "resolution", one(preprocessing, 3, 0), "top-k", one(preprocessing, 4, 0))
    print("form:", [bool(one(message(one(header, 4, b"")), number, 0)) for number in (1, 2, 3)])
    for raw in header.get(5, []):
        fold = message(raw)
        print("fold:", one(fold, 1, 0), text(fold, 2), "into", texts(fold, 3), text(fold, 4) or "applied")
    print("templates:", texts(header, 8))
    for raw in header.get(10, []):
        classes = message(raw)
        print("classes:", text(classes, 1), texts(classes, 2), "in", text(classes, 3))
    for raw in header.get(11, []):
        source = message(raw)
        print("source:", text(source, 1), one(source, 2, b"").hex(), one(source, 3, 0), text(source, 4))
    for raw in header.get(12, []):
        option = message(raw)
        print("option:", text(option, 1), "=", text(option, 2))
    if 9 in header:
        tokenizer = message(one(header, 9, b""))
        merges, _ = file.segment(one(tokenizer, 1, b""))
        print("tokenizer:", len(merges), "bytes, context", one(tokenizer, 2, 0))
    arrays = {}
    for tensor in file.tensors():
        values = arrays[tensor["name"]] = tensor.pop("values")
        print(*tensor.values(), f"sum {values.sum(dtype=numpy.float64):.9g}")
    file.check_padding()
    if arguments.npz:
        numpy.savez(arguments.npz, **arrays)


if __name__ == "__main__":
    main()
