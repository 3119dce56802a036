#!/usr/bin/env python3
"""Writes the corpora of fuzz_prover_proof and fuzz_prover_layers beside itself; by hand.

proof:  byte 0 the program, then changes of 4 bytes (kind, place, place, value): none, one of each kind,
        several. layers: layer, number of public values, then small public values and zeros; or 0x80 and
        changes of an honest proof.
"""
import os

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")


def write(folder, name, data):
    os.makedirs(os.path.join(here, folder), exist_ok=True)
    with open(os.path.join(here, folder, name), "wb") as f:
        f.write(bytes(data))


PUBLICS = [56, 56, 8, 8, 40] + [48] * 10  # of the layers, docs/protocol/recursion.md
for program in range(4):
    write("proof", f"honest{program}", [program])
    for kind in range(8):
        write("proof", f"change{program}{kind}", [program, kind, 4 * kind, 7 * kind, 3])
    write("proof", f"late{program}", [program, 0, 0x0B, 0x10, 1])
    write("proof", f"two{program}", [program, 1, 2, 3, 4, 6, 5, 6, 7])
for layer, n in enumerate(PUBLICS):
    write("layers", f"zero{layer}", [layer, 0, n] + [0] * 61)
    write("layers", f"short{layer}", [layer, 0, n, 1])
write("layers", "unknown", [len(PUBLICS), 0, 48, 1])
write("layers", "honest", [0x80])
for kind in range(7):
    for place in range(0, 256, 37):
        write("layers", f"honest{kind}_{place}", [0x80, kind, place, 5 * kind, 3])
