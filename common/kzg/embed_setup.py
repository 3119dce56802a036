#!/usr/bin/env python3
"""Writes Ethereum's KZG setup (trusted_setup.txt of c-kzg-4844) as C arrays.

  embed_setup.py TRUSTED_SETUP.txt OUT.c

The file: the numbers 4096 and 65, then points in hex: G1 in Lagrange form, G2 in monomial form, G1 in
monomial form. Its SHA-256 is fixed here, so that a changed package does not build.
"""
import hashlib
import sys

SHA256 = "d39b9f2d047cc9dca2de58f264b6a09448ccd34db967881a6713eacacf0f26b7"


def array(name, points, size):
    data = bytes.fromhex("".join(points))
    assert len(data) == len(points) * size
    lines = (",".join(map(str, data[i:i + 32])) for i in range(0, len(data), 32))
    return "const unsigned char %s[%d] = {\n%s};\n" % (name, len(data), ",\n".join(lines))


def main(source, target):
    with open(source, "rb") as f:
        text = f.read()
    found = hashlib.sha256(text).hexdigest()
    if found != SHA256:
        sys.exit(f"{source}: SHA-256 {found} is not that of Ethereum's setup")
    words = text.decode().split()
    n1, n2, points = int(words[0]), int(words[1]), words[2:]
    assert (n1, n2) == (4096, 65) and len(points) == 2 * n1 + n2
    with open(target, "w", encoding="ascii") as f:
        f.write(array("KZG_SETUP_G1_LAGRANGE", points[:n1], 48))
        f.write(array("KZG_SETUP_G2_MONOMIAL", points[n1:n1 + n2], 96))
        f.write(array("KZG_SETUP_G1_MONOMIAL", points[n1 + n2:], 48))


if __name__ == "__main__":
    main(*sys.argv[1:])
