"""Ed25519 as docs/FORMAT.md section 9 has it: RFC 8032 without the cofactor, strict. Not constant time: nothing secret
may be signed with it."""

from functools import lru_cache
from hashlib import sha512

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
IDENTITY = (0, 1, 1, 0)


def add(one, other):
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = other
    a, b = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar, point):
    out = IDENTITY
    while scalar:
        if scalar & 1:
            out = add(out, point)
        point, scalar = add(point, point), scalar >> 1
    return out


def same(one, other):
    return (one[0] * other[2] - other[0] * one[2]) % P == 0 and (one[1] * other[2] - other[1] * one[2]) % P == 0


def decode(data):
    """The point of these 32 bytes, or None: not on the curve, or not the one encoding of a point."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def encode(point):
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def small_order(point):
    return same(times(8, point), IDENTITY)


BASE = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def is_key(data):
    point = decode(data)
    return point is not None and not small_order(point)


@lru_cache(maxsize=4096)
def verify(key, message, signature):
    r_bytes, s = signature[:32], int.from_bytes(signature[32:], "little")
    a, r = decode(key), decode(r_bytes)
    if s >= L or r is None or small_order(r) or a is None or small_order(a):
        return False
    k = int.from_bytes(sha512(r_bytes + key + message).digest(), "little") % L
    minus_a = (P - a[0], a[1], a[2], P - a[3])
    return encode(add(times(s, BASE), times(k, minus_a))) == r_bytes


def expanded(secret):
    """The secret scalar and the prefix of RFC 8032 section 5.1.5."""
    digest = sha512(secret).digest()
    scalar = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | 1 << 254
    return scalar, digest[32:]


def public(secret):
    return encode(times(expanded(secret)[0], BASE))


def sign(secret, message):
    scalar, prefix = expanded(secret)
    r = int.from_bytes(sha512(prefix + message).digest(), "little") % L
    r_bytes = encode(times(r, BASE))
    k = int.from_bytes(sha512(r_bytes + public(secret) + message).digest(), "little") % L
    return r_bytes + ((r + k * scalar) % L).to_bytes(32, "little")
