"""Bob Jenkins' lookup3 with the initial value 0: the checksum of HDF5's newer structures."""

MASK = 0xFFFFFFFF


def rotated(value, bits):
    return (value << bits | value >> 32 - bits) & MASK


def lookup3(data):
    a = b = c = 0xDEADBEEF + len(data) & MASK
    words = lambda piece: [int.from_bytes(piece[i:i + 4], "little") for i in (0, 4, 8)]
    while len(data) > 12:
        x, y, z = words(data)
        a, b, c = a + x & MASK, b + y & MASK, c + z & MASK
        a = a - c & MASK ^ rotated(c, 4); c = c + b & MASK
        b = b - a & MASK ^ rotated(a, 6); a = a + c & MASK
        c = c - b & MASK ^ rotated(b, 8); b = b + a & MASK
        a = a - c & MASK ^ rotated(c, 16); c = c + b & MASK
        b = b - a & MASK ^ rotated(a, 19); a = a + c & MASK
        c = c - b & MASK ^ rotated(b, 4); b = b + a & MASK
        data = data[12:]
    if not data:
        return c
    x, y, z = words(data)
    a, b, c = a + x & MASK, b + y & MASK, c + z & MASK
    c = (c ^ b) - rotated(b, 14) & MASK
    a = (a ^ c) - rotated(c, 11) & MASK
    b = (b ^ a) - rotated(a, 25) & MASK
    c = (c ^ b) - rotated(b, 16) & MASK
    a = (a ^ c) - rotated(c, 4) & MASK
    b = (b ^ a) - rotated(a, 14) & MASK
    return (c ^ b) - rotated(b, 24) & MASK
