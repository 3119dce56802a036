#!/usr/bin/env python3
"""check_bounds.py CONTRACT.sol...: recomputes, from the text of generated verifiers alone, the
greatest and least possible lane of every expression in the functions that hawser-solgen writes with
tracked bounds (table_*, row_values, publics_sum; of a split verifier together with its parts), and fails where a lane could reach 2^51, fall below
zero, or exceed what a function of the packed arithmetic takes. It shares no code with the generator.
"""
import os
import re
import sys

P = 2**31 - 2**24 + 1
TOP = 2**51 - 1
RED = 2**31 + 2**23  # f_red: p + 2^24 + 2^51 (2^54 mod p) / 2^54 at most, see below
B_MAX = 104000 * 65536 + 65535
C_MAX = 2**48
DOT_MAX = 32

# f_red: x - p q with q = floor(c floor(x / 2^24) / 2^30), c = floor(2^54 / p)
C = 2**54 // P
assert P + 2**24 + (2**51 * (2**54 - C * P)) // 2**54 + 1 <= RED
# f_mul, f_muladd: coefficient k of a product modulo X^5 + X^2 - 1 has PLUS[k] products a_i b_j with
# sign + and MINUS[k] with sign -; recomputed here by multiplying out
PLUS, MINUS = [0] * 5, [0] * 5
for i in range(5):
    for j in range(5):
        todo = [(i + j, 1)]
        while todo:
            k, sign = todo.pop()
            if k < 5:
                (PLUS if sign > 0 else MINUS)[k] += 1
            else:
                todo += [(k - 5, sign), (k - 3, -sign)]


def offset_covers(word, a, b, extra=0):
    for k in range(5):
        lane = word >> (51 * k) & TOP
        if lane % P or lane < MINUS[k] * a * b or lane + PLUS[k] * a * b + extra > TOP:
            return False
    return True


class Bad(Exception):
    pass


def need(ok, what):
    if not ok:
        raise Bad(what)


def parse(s):
    """nested calls, numbers and names to tuples"""
    tokens = re.findall(r"[A-Za-z_]\w*|0x[0-9a-f]+|\d+|[(),]", s)
    pos = 0

    def expr():
        nonlocal pos
        t = tokens[pos]
        pos += 1
        if t[0].isdigit():
            return int(t, 0)
        if pos < len(tokens) and tokens[pos] == "(":
            pos += 1
            args = []
            while tokens[pos] != ")":
                args.append(expr())
                if tokens[pos] == ",":
                    pos += 1
            pos += 1
            return (t, *args)
        return t

    e = expr()
    need(pos == len(tokens), "trailing text: " + s)
    return e


class Checker:
    def __init__(self, text):
        self.memory = {}
        self.regions = []  # (from, to, lo, hi)
        grab = lambda pattern: tuple(int(x) for x in re.search(pattern, text).groups())
        lo, hi = grab(r"let k := \w+\n\s*for \{ let d := (\d+) \} lt\(d, (\d+)\)")
        for i in range((hi - lo) // 32):
            self.memory[lo + 32 * i] = (P << i, P << i)
        v, v_end = grab(r"function z_columns\(o\) \{\n.*\n\s*for \{ let d := (\d+) \} lt\(d, (\d+)\)")
        self.regions.append((v, v_end, 0, P - 1))
        (w,) = grab(r"function g_weights\(counter\) \{\n\s*mstore\((\d+), 1\)")
        self.regions.append((w, w + 1024, 0, RED))
        pv = re.search(r"function z_publics\(o\) \{\n\s*for \{ let d := (\d+) \} lt\(d, (\d+)\)", text)
        if pv:
            self.regions.append((int(pv[1]), int(pv[2]), 0, P - 1))
        c, _cover = grab(r"sum := f_red\(add\(add\(mload\((\d+)\), num\), sub\(mload\((\d+)\), sum\)\)\)")
        self.cover = self.memory[_cover][0]
        self.memory[c] = (0, RED)
        self.c = c
        m = re.search(r"addmod\(mulmod\(a, and\(shr\(16, b\), \w+\), (\w+)\), (\w+), \w+\)", text)
        need(int(m[1], 0) == 2**255 + 2**102 - 1, "modulus")
        need(offset_covers(int(m[2], 0), RED, B_MAX >> 16), "offset of f_mul, high half")
        need(offset_covers(int(m[2], 0), RED, 65535, (RED << 16) + C_MAX), "offset of f_mul, low half")
        m = re.search(r"r := f_red\(addmod\(r, (\w+), \w+\)\)", text)
        need(offset_covers(int(m[1], 0), DOT_MAX * RED, 2047, RED << 11), "offset of f_dot")
        self.count = 0

    def load(self, at):
        need(isinstance(at, int), f"address {at}")
        if at in self.memory:
            return self.memory[at]
        for lo, hi, a, b in self.regions:
            if lo <= at < hi:
                return (a, b)
        raise Bad(f"memory at {at} is not known")

    def value(self, e, names):
        """(least, greatest) lane"""
        self.count += 1
        if isinstance(e, int):
            lanes = [e >> (51 * k) & TOP for k in range(5)]
            need(e < 2**255, "a literal has five lanes")
            return (min(lanes), max(lanes))
        if isinstance(e, str):
            return names[e]
        f, *args = e
        if f == "mload":
            return self.load(args[0])
        if f == "f_dot":
            w, v, n = args
            need(n <= DOT_MAX, "f_dot: too many terms")
            for i in range(n):
                need(self.load(w + 32 * i)[1] <= RED, "f_dot: weight")
                need(self.load(v + 32 * i)[1] <= RED, "f_dot: value")
            return (0, RED)
        if f == "mul":
            a = self.value(args[0], names)
            need(isinstance(args[1], int), "mul by a number")
            need(a[1] * args[1] <= TOP, "mul overflows")
            return (a[0] * args[1], a[1] * args[1])
        if f == "shl":
            a = self.value(args[1], names)
            need(a[1] << args[0] <= TOP, "shl overflows")
            return (a[0] << args[0], a[1] << args[0])
        if f == "f_scale":
            a = self.value(args[0], names)
            k = (args[1], args[1]) if isinstance(args[1], int) else self.value(args[1], names)
            need(a[1] <= RED and k[1] < 2**31, "f_scale")
            return (0, RED)
        v = [self.value(a, names) for a in args]
        if f == "add":
            need(v[0][1] + v[1][1] <= TOP, "add overflows")
            return (v[0][0] + v[1][0], v[0][1] + v[1][1])
        if f == "sub":
            need(v[0][0] >= v[1][1], "sub falls below zero")
            return (v[0][0] - v[1][1], v[0][1] - v[1][0])
        if f == "f_red":
            need(v[0][1] <= TOP, "f_red")
            return (0, RED)
        if f in ("f_mul", "f_muladd"):
            need(v[0][1] <= RED, f + ": first factor")
            need(v[1][1] <= B_MAX, f + ": second factor")
            need(f == "f_mul" or v[2][1] <= C_MAX, f + ": summand")
            return (0, RED)
        raise Bad("unknown function " + f)

    def line(self, s, names):
        if not s or s.startswith("//") or s == "let x" or s == "let d":
            return
        m = re.match(r"(?:let )?(\w+) := (.*)$", s)
        if m:
            names[m[1]] = self.value(parse(m[2]), names)
            return
        e = parse(s)
        f, *args = e
        if f == "mstore":
            v = self.value(args[1], names)
            self.memory[args[0]] = v
        elif f == "c_add":
            need(self.value(args[0], names)[1] <= C_MAX, "c_add")
        elif f == "c_bool":
            need(self.load(args[0])[1] < P, "c_bool")
        elif f == "m_add":
            total = self.value(args[1], names)
            num = self.value(args[2], names)
            need(total[1] <= self.cover, "m_add: sum")
            need(num[1] + RED + self.cover <= TOP, "m_add: numerator")
        elif f == "f_eq_table":
            for i in range(2 ** args[2]):
                self.memory[args[0] + 32 * i] = (0, RED)
        else:
            raise Bad("unknown statement " + f)


def functions(text, pattern):
    for m in re.finditer(r"^( *)function (" + pattern + r")\(\)(?: -> \w+)? \{\n(.*?)^\1\}", text,
                         re.M | re.S):
        yield m[2], m[3]


def main():
    failed = 0
    for path in sys.argv[1:]:
        text = open(path).read()
        if "function verify_at(" not in text:
            continue  # a part, looked at with its entry
        parts = path[:-len(".sol")] + ".parts"
        if os.path.exists(parts):
            for name in open(parts).read().split():
                text += open(os.path.join(os.path.dirname(path), name + ".sol")).read()
        try:
            c = Checker(text)
            s = re.search(r"z_round\(add\(pf, \d+\), \d+, (\d+), sigma\)", text)
            if s:
                n = len(re.findall(r"sigma := z_round", text))
                c.regions.append((int(s[1]), int(s[1]) + 32 * n, 0, RED))
            tables = 0
            for name, body in list(functions(text, "publics_sum")) + list(
                    functions(text, "row_values")) + list(functions(text, r"table_\d+")):
                names = {}
                for s in body.splitlines():
                    try:
                        c.line(s.strip(), names)
                    except (Bad, KeyError) as e:
                        raise Bad(f"{name}: {e}: {s.strip()[:200]}") from e
                tables += name.startswith("table_")
            need(tables > 0, "no table function found")
            print(f"{path.split('/')[-1]}: {tables} tables, {c.count} expressions within bounds")
        except Bad as e:
            print(f"{path}: {e}")
            failed += 1
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
