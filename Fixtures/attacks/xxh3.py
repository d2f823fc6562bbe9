"""XXH3, 64 bits, seed 0, default secret: the checksum of .sedge files and of evaluation rows (xxHash 0.8's specification)."""

MASK = (1 << 64) - 1
PRIME32 = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)
PRIME64 = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)
SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221b8084674f743248e"
    "e03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8a8fa763fe39c343ff9dcbbc7c70b4f1d"
    "8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc"
    "8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e")


def u32(data, at):
    return int.from_bytes(data[at:at + 4], "little")


def u64(data, at):
    return int.from_bytes(data[at:at + 8], "little")


def fold(a, b):
    product = a * b
    return (product & MASK) ^ (product >> 64)


def avalanche(h):
    h ^= h >> 37
    h = h * 0x165667919E3779F9 & MASK
    return h ^ h >> 32


def avalanche64(h):
    h ^= h >> 33
    h = h * PRIME64[1] & MASK
    h ^= h >> 29
    h = h * PRIME64[2] & MASK
    return h ^ h >> 32


def swapped(value):
    return int.from_bytes(value.to_bytes(8, "little"), "big")


def mix16(data, at, secret):
    return fold(u64(data, at) ^ u64(SECRET, secret), u64(data, at + 8) ^ u64(SECRET, secret + 8))


def short(data):
    """0 to 16 bytes."""
    n = len(data)
    if n > 8:
        low = u64(data, 0) ^ u64(SECRET, 24) ^ u64(SECRET, 32)
        high = u64(data, n - 8) ^ u64(SECRET, 40) ^ u64(SECRET, 48)
        return avalanche(n + swapped(low) + high + fold(low, high) & MASK)
    if n >= 4:
        mixed = (u32(data, n - 4) + (u32(data, 0) << 32)) ^ u64(SECRET, 8) ^ u64(SECRET, 16)
        mixed ^= (mixed << 49 | mixed >> 15) & MASK ^ (mixed << 24 | mixed >> 40) & MASK
        mixed = mixed * 0x9FB21C651E98DF25 & MASK
        mixed ^= (mixed >> 35) + n
        mixed = mixed * 0x9FB21C651E98DF25 & MASK
        return mixed ^ mixed >> 28
    if n:
        mixed = data[0] << 16 | data[n >> 1] << 24 | data[n - 1] | n << 8
        return avalanche64(mixed ^ u32(SECRET, 0) ^ u32(SECRET, 4))
    return avalanche64(u64(SECRET, 56) ^ u64(SECRET, 64))


def middle(data):
    """17 to 240 bytes."""
    n = len(data)
    sum = n * PRIME64[0]
    if n <= 128:
        for i in range((n - 1) // 32, -1, -1):
            sum += mix16(data, 16 * i, 32 * i) + mix16(data, n - 16 * (i + 1), 32 * i + 16)
        return avalanche(sum & MASK)
    for i in range(8):
        sum += mix16(data, 16 * i, 16 * i)
    sum = avalanche(sum & MASK)
    for i in range(8, n // 16):
        sum += mix16(data, 16 * i, 16 * (i - 8) + 3)
    return avalanche(sum + mix16(data, n - 16, 136 - 17) & MASK)


def accumulate(lanes, data, at, secret):
    for i in range(8):
        value = u64(data, at + 8 * i)
        key = value ^ u64(SECRET, secret + 8 * i)
        lanes[i ^ 1] = lanes[i ^ 1] + value & MASK
        lanes[i] = lanes[i] + (key & 0xFFFFFFFF) * (key >> 32) & MASK


def long(data):
    """More than 240 bytes: stripes of 64, scrambled after each block of 16."""
    n = len(data)
    lanes = [PRIME32[2], *PRIME64[:4], PRIME32[1], PRIME64[4], PRIME32[0]]
    stripes = (n - 1) // 64
    for stripe in range(stripes):
        accumulate(lanes, data, 64 * stripe, 8 * (stripe % 16))
        if stripe % 16 == 15:
            for i in range(8):
                lane = lanes[i] ^ lanes[i] >> 47 ^ u64(SECRET, 128 + 8 * i)
                lanes[i] = lane * PRIME32[0] & MASK
    accumulate(lanes, data, n - 64, 121)
    sum = n * PRIME64[0]
    for i in range(4):
        sum += fold(lanes[2 * i] ^ u64(SECRET, 11 + 16 * i), lanes[2 * i + 1] ^ u64(SECRET, 19 + 16 * i))
    return avalanche(sum & MASK)


def xxh3(data):
    return short(data) if len(data) <= 16 else middle(data) if len(data) <= 240 else long(data)
