#!/usr/bin/env python3
"""Writes contracts/test/settlement/BlobVectors.sol: batches whose segments end in a blob, with openings.

A model of docs/protocol/blobs.md of its own, KZG and the arithmetic of BLS12-381's G1 included; only
Ethereum's setup is read (the monomial points in node_modules/c-kzg). The contract's tests check the
openings with the precompile of forge's EVM. About 10 s."""
import hashlib
import os

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
SETUP = os.path.join(ROOT, "node_modules", "c-kzg", "deps", "c-kzg", "trusted_setup.txt")
OUT = os.path.join(ROOT, "contracts", "test", "settlement", "BlobVectors.sol")
R = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
P = int("1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f624"
        "1eabfffeb153ffffb9feffffffffaaab", 16)
START = 1_760_000_000  # HawserBase.START
HEADER = 44
ELEMENT = 31


def sha(data):
    return hashlib.sha256(data).digest()


# ---- G1: y^2 = x^3 + 4, Jacobian coordinates, None = infinity ----

def double(a):
    if a is None:
        return None
    x, y, z = a
    s = 4 * x * y * y % P
    m = 3 * x * x % P
    x2 = (m * m - 2 * s) % P
    return x2, (m * (s - x2) - 8 * pow(y, 4, P)) % P, 2 * y * z % P


def add(a, b):
    if a is None or b is None:
        return b if a is None else a
    (x1, y1, z1), (x2, y2, z2) = a, b
    z11, z22 = z1 * z1 % P, z2 * z2 % P
    u1, u2 = x1 * z22 % P, x2 * z11 % P
    s1, s2 = y1 * z22 * z2 % P, y2 * z11 * z1 % P
    if u1 == u2:
        return double(a) if s1 == s2 else None
    h, r = (u2 - u1) % P, (s2 - s1) % P
    h2 = h * h % P
    h3, v = h2 * h % P, u1 * h2 % P
    x3 = (r * r - h3 - 2 * v) % P
    return x3, (r * (v - x3) - s1 * h3) % P, h * z1 * z2 % P


def compress(a):
    if a is None:
        return bytes([0xC0]) + bytes(47)
    x, y, z = a
    inverse = pow(z, -1, P)
    x, y = x * inverse ** 2 % P, y * inverse ** 3 % P
    out = bytearray(x.to_bytes(48, "big"))
    out[0] |= 0x80 | (0x20 if y > (P - 1) // 2 else 0)
    return bytes(out)


def decompress(data):
    x = int.from_bytes(data, "big") & ((1 << 381) - 1)
    y = pow((x ** 3 + 4) % P, (P + 1) // 4, P)
    assert y * y % P == (x ** 3 + 4) % P
    if (y > (P - 1) // 2) != bool(data[0] & 0x20):
        y = P - y
    return x, y, 1


def sum_of_products(points, scalars, window=8):
    total = None
    for shift in range(256 - window, -1, -window):
        for _ in range(window):
            total = double(total)
        buckets = [None] * (1 << window)
        for point, scalar in zip(points, scalars):
            digit = scalar >> shift & ((1 << window) - 1)
            if digit:
                buckets[digit] = add(buckets[digit], point)
        running = part = None
        for bucket in reversed(buckets[1:]):
            running = add(running, bucket)
            part = add(part, running)
        total = add(total, part)
    return total


def read_setup():
    with open(SETUP) as f:
        words = f.read().split()
    n1, n2 = int(words[0]), int(words[1])
    return [decompress(bytes.fromhex(w)) for w in words[2 + n1 + n2:2 + 2 * n1 + n2]]


# ---- blobs.md ----

def elements(data):
    return [int.from_bytes(data[i:i + ELEMENT].ljust(ELEMENT, b"\0"), "big")
            for i in range(0, len(data), ELEMENT)]


def value(sequence, z):
    """Power by power, not by Horner's rule."""
    total, power = 0, 1
    for v in reversed(sequence):
        total += v * power
        power = power * z % R
    return total % R


def part(setup, segments, heads):
    rest = [d for s, h in zip(segments, heads) for d in elements(s)[len(elements(s[:h])):]]
    coefficients = rest[::-1]  # of X^0, X^1, ..
    commitment = compress(sum_of_products(setup, coefficients))
    vh = b"\x01" + sha(commitment)[1:]
    message = b"HAWSER-BLOB-1".ljust(16, b"\0") + vh + bytes([len(segments)])
    for s, h in zip(segments, heads):
        message += sha(s) + len(s).to_bytes(4, "big") + sha(s[:h])
    z = int.from_bytes(sha(message), "big") % R
    sequence = []
    for s, h in zip(segments, heads):
        sequence += [2 ** 248 + len(s)] + elements(s[:h])
    a, b = value(sequence, z), value(rest, z)
    quotient, carry = [], 0  # (P - b) / (X - z), from the highest coefficient down
    for d in rest[:-1]:
        carry = (carry * z + d) % R
        quotient.append(carry)
    proof = compress(sum_of_products(setup, quotient[::-1]))
    opening = b.to_bytes(32, "big") + commitment + proof
    pubdata = sha(bytes([128 + len(segments)]) + b"".join(sha(s) for s in segments) +
                  z.to_bytes(32, "big") + a.to_bytes(32, "big") + b.to_bytes(32, "big"))
    return {"HASH": vh, "OPENING": opening, "Z": z.to_bytes(32, "big"), "A": a.to_bytes(32, "big"),
            "PUBDATA": pubdata}, len(rest)


def segment(i, n, length):
    """Of chain index 0, batch 1, time START, without regions: BlobsTest.segmentOf."""
    header = bytes([2, 0, 0]) + (1).to_bytes(4, "big") + bytes([i, n]) + START.to_bytes(4, "big")
    blocks = (length + 31) // 32
    stream = b"".join(sha(b"vector" + i.to_bytes(4, "big") + j.to_bytes(4, "big"))
                      for j in range(blocks))
    return header.ljust(HEADER, b"\0") + stream[:length - HEADER]


def main():
    setup = read_setup()
    lengths = {"SMALL": [200, 75, 44, 2039], "FULL": [2039] * 58 + [1738], "ONE": [70]}
    heads = {"SMALL": [62, 62, 44, 93], "FULL": [62] * 59, "ONE": [62]}
    lines = []
    for name, sizes in lengths.items():
        made, n = part(setup, [segment(i, len(sizes), size) for i, size in enumerate(sizes)], heads[name])
        lines.append(f"    // {name}: segments of {sum(sizes)} bytes, {n} elements in the blob")
        for key, data in made.items():
            if key == "OPENING":
                lines.append(f"    bytes internal constant {name}_OPENING =\n        hex\"" +
                             "\"\n        hex\"".join(data[i:i + 32].hex() for i in range(0, 128, 32)) +
                             "\";")
            else:
                lines.append(f"    bytes32 internal constant {name}_{key} =\n        0x{data.hex()};")
    seven = compress(sum_of_products(setup, [7]))
    lines.append("    // the polynomial 7: its value is 7 everywhere, the proof is the point at infinity")
    lines.append(f"    bytes internal constant SEVEN =\n        hex\"{seven.hex()}\";")
    with open(OUT, "w") as f:
        f.write("// SPDX-License-Identifier: Apache-2.0\npragma solidity ^0.8.28;\n\n"
                "/// @dev Generated by tests/unit/contracts/make_blob_vectors.py, a model of\n"
                "///      docs/protocol/blobs.md with its own KZG; the segments are those of BlobsTest.segmentOf.\n"
                "library BlobVectors {\n" + "\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
