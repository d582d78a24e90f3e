"""AES-256 of one block, forwards, by FIPS 197. Slow; for vectors alone."""


def _times(a, b):
    """The product in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = a << 1 ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return product


def _substitute(byte):
    inverse = next((other for other in range(256) if _times(byte, other) == 1), 0)
    turned = inverse
    for _ in range(4):
        inverse = (inverse << 1 | inverse >> 7) & 0xFF
        turned ^= inverse
    return turned ^ 0x63


SBOX = [_substitute(byte) for byte in range(256)]


def _round_keys(key):
    words = [list(key[at : at + 4]) for at in range(0, 32, 4)]
    constant = 1
    for at in range(8, 60):
        word = words[-1]
        if at % 8 == 0:
            word = [SBOX[byte] for byte in word[1:] + word[:1]]
            word[0] ^= constant
            constant = _times(constant, 2)
        elif at % 8 == 4:
            word = [SBOX[byte] for byte in word]
        words.append([a ^ b for a, b in zip(words[at - 8], word)])
    return [sum(words[at : at + 4], []) for at in range(0, 60, 4)]


def encrypt(key, block):
    first, *middle, last = _round_keys(key)
    state = [a ^ b for a, b in zip(block, first)]
    for round_key in [*middle, last]:
        # Substitute, then shift row r by r columns.
        state = [SBOX[state[(at + 4 * (at % 4)) % 16]] for at in range(16)]
        if round_key is not last:
            mixed = []
            for column in range(0, 16, 4):
                a, b, c, d = state[column : column + 4]
                for w, x, y, z in ((a, b, c, d), (b, c, d, a), (c, d, a, b), (d, a, b, c)):
                    mixed.append(_times(w, 2) ^ _times(x, 3) ^ y ^ z)
            state = mixed
        state = [a ^ b for a, b in zip(state, round_key)]
    return bytes(state)


# FIPS 197, appendix C.3.
assert encrypt(bytes(range(32)), bytes.fromhex("00112233445566778899aabbccddeeff")).hex() == "8ea2b7ca516745bfeafc49904b496089"
