"""BLAKE3 (keyed hash and key derivation), from its specification, without any package."""

from functools import lru_cache

IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
CHUNK_START, CHUNK_END, PARENT, ROOT, KEYED_HASH, DERIVE_CONTEXT, DERIVE_MATERIAL = 1, 2, 4, 8, 16, 32, 64
MASK = 0xFFFFFFFF
CHUNK_BYTES, BLOCK_BYTES = 1024, 64
COLUMNS_AND_DIAGONALS = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)


def _schedule():
    """Which message word each of the 7 rounds takes where."""
    order, rounds = list(range(16)), []
    for _ in range(7):
        rounds.append(tuple(order))
        order = [order[at] for at in PERMUTATION]
    return tuple(rounds)


SCHEDULE = _schedule()


def words(data):
    return tuple(int.from_bytes(data[at:at + 4], "little") for at in range(0, len(data), 4))


def compress(chaining, block, length, counter, flags):
    """The first eight words of the compression function's output."""
    message = words(block)
    v = [*chaining, *IV[:4], counter & MASK, counter >> 32, length, flags]
    for order in SCHEDULE:
        for number, (a, b, c, d) in enumerate(COLUMNS_AND_DIAGONALS):
            va, vb, vc, vd = v[a], v[b], v[c], v[d]
            va = (va + vb + message[order[2 * number]]) & MASK
            vd ^= va
            vd = (vd >> 16 | vd << 16) & MASK
            vc = (vc + vd) & MASK
            vb ^= vc
            vb = (vb >> 12 | vb << 20) & MASK
            va = (va + vb + message[order[2 * number + 1]]) & MASK
            vd ^= va
            vd = (vd >> 8 | vd << 24) & MASK
            vc = (vc + vd) & MASK
            vb ^= vc
            vb = (vb >> 7 | vb << 25) & MASK
            v[a], v[b], v[c], v[d] = va, vb, vc, vd
    return tuple(v[at] ^ v[at + 8] for at in range(8))


def _chunk(key, data, counter, flags, last_flags):
    chaining, blocks = key, max(1, -(-len(data) // BLOCK_BYTES))
    for number in range(blocks):
        block = data[number * BLOCK_BYTES:(number + 1) * BLOCK_BYTES]
        block_flags = flags | (CHUNK_START if number == 0 else 0)
        if number == blocks - 1:
            block_flags |= CHUNK_END | last_flags
        chaining = compress(chaining, block.ljust(BLOCK_BYTES, b"\0"), len(block), counter, block_flags)
    return chaining


def _subtree(key, data, counter, flags, last_flags):
    chunks = -(-len(data) // CHUNK_BYTES)
    if chunks <= 1:
        return _chunk(key, data, counter, flags, last_flags)
    left = 1 << (chunks - 1).bit_length() - 1
    parts = (
        _subtree(key, data[:left * CHUNK_BYTES], counter, flags, 0),
        _subtree(key, data[left * CHUNK_BYTES:], counter + left, flags, 0),
    )
    block = b"".join(word.to_bytes(4, "little") for part in parts for word in part)
    return compress(key, block, BLOCK_BYTES, 0, flags | PARENT | last_flags)


def _hash(key, data, flags):
    return b"".join(word.to_bytes(4, "little") for word in _subtree(key, data, 0, flags, ROOT))


@lru_cache(maxsize=4096)
def keyed(key, data):
    return _hash(words(key), data, KEYED_HASH)


def derive(context, data):
    key = _hash(IV, context.encode(), DERIVE_CONTEXT)
    return _hash(words(key), data, DERIVE_MATERIAL)
