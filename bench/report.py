#!/usr/bin/env python3
"""Makes the report of bench/prover.sh: report.py WORK [--json FILE] [--plots FOLDER].

WORK holds `lines` (name value unit, of bench_product), `limits` (what the fixed kernels printed) and
`hashes` (their SHA-256), perhaps gas.json. A key whose layer is not built is null: nothing is estimated.
"""
import json
import math
import os
import re
import subprocess
import sys


def read_lines(path):
    values = {}
    with open(path, encoding="ascii") as f:
        for line in f:
            part = line.split()
            if len(part) != 3:
                continue
            try:
                values[part[0]] = float(part[1])
            except ValueError:
                values[part[0]] = part[1]
    return values


def read_limits(path):
    """`kernel: name   best X unit  median Y  (..)` -> {"kernel: name": {"best": X, "unit": unit}}"""
    out = {}
    with open(path, encoding="ascii") as f:
        for line in f:
            m = re.match(r"(.*?)\s+best ([0-9.e+]+) (\S+)\s+median ([0-9.e+]+)", line)
            if m:
                out[m.group(1)] = {"best": float(m.group(2)), "median": float(m.group(4)),
                                   "unit": m.group(3)}
    return out


def by_mix(values, key):
    """mix -> {size: value}"""
    out = {}
    for name, value in values.items():
        part = name.split(".")
        if part[0] == "mix" and part[3] == key:
            out.setdefault(part[1], {})[part[2]] = value
    return out


def text_of(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def cpu_name():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        for line in f:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return "unknown"


def native_permutations(limits, values):
    """Permutations per second of two cores without any proof, and where the figure is from."""
    best = [v["best"] for name, v in limits.items()
            if name.startswith("poseidon1:") and "2 thr" in name and v["unit"].endswith("/s")]
    if best:
        return max(best), "limits/poseidon1.c"
    return values["native.permutations"], "common/field/poseidon16"


def bars(r):
    """The bars of the prover on two cores with AVX-512: name -> value, bar, whether it is met."""
    listed = [("operations/s, 4,096 payments", r["ops_per_second"].get("payments", {}).get("4096"),
               200, "least"),
              ("seconds of a recursive child", r["child_seconds"], 0.6, "most"),
              ("seconds of the terminal proof", r["terminal_seconds"], 12, "most"),
              ("ms of verifying the range proof", r["verify_ms"].get("terminal"), 30, "most"),
              ("peak MiB", r["peak_rss_mib"], 8192, "most"),
              ("overhead of a permutation", r["overhead"], 500, "most"),
              ("gas of the range proof", r["evm_gas"], 12e6, "most"),
              ("bytes of calldata", r["calldata_bytes"], 110 * 1024, "most")]
    return {name: {"value": v, "at " + kind: bar,
                   "met": v >= bar if kind == "least" else v <= bar}
            for name, v, bar, kind in listed if v is not None}


def report(work):
    values = read_lines(os.path.join(work, "lines"))
    limits = read_limits(os.path.join(work, "limits"))
    with open(os.path.join(work, "hashes"), encoding="ascii") as f:
        hashes = {n: h for h, n in (line.split() for line in f)}
    native, source = native_permutations(limits, values)
    gas = {}
    gas_file = os.path.join(work, "gas.json")  # of tests/integration/verifier/terminal.sh
    if os.path.exists(gas_file):
        with open(gas_file, encoding="ascii") as f:
            gas = json.load(f)
    proven = values["permutations.per_second"]
    verify = {"leaf": 1e3 * values["permutations.verify"]}
    if "recursion.verify" in values:
        verify["terminal"] = 1e3 * values["recursion.verify"]
    with open(os.path.join(work, "load"), encoding="utf-8") as f:
        load = f.read().strip()
    return {
        "commit": text_of(["git", "rev-parse", "--short", "HEAD"]), "cpu": cpu_name(),
        "threads": 2, "isa": values["isa"], "load": load,
        "security_bits": values["security_bits"],
        "ops_per_second": by_mix(values, "operations_per_second"),
        "ops_per_cpu_second": by_mix(values, "operations_per_cpu_second"),
        "permutations_per_second": proven,
        "cells_per_second": values["permutations.cells_per_second"],
        "child_seconds": values.get("recursion.child"),
        "terminal_seconds": values.get("recursion.terminal"),
        "grinding_seconds": {k: {"leaves": by_mix(values, "grind_" + k),
                                 "child": values.get("recursion.child.grind_" + k),
                                 "terminal": values.get("recursion.terminal.grind_" + k)}
                             for k in ("query", "fold")},
        "child_leaf_rate": "1/4",
        "lift_large_seconds": values.get("recursion.lift_large"), "lift_large_leaf_rate": "1/2",
        "shrink_seconds": values.get("recursion.shrink"),
        "verify_ms": verify, "evm_gas": gas.get("evm_gas"),
        "calldata_bytes": gas.get("calldata_bytes"),
        "terminal_proof_bytes": values.get("recursion.terminal_proof"),
        "peak_rss_mib": values["peak_rss"],
        "overhead": native / proven,
        "limits": {"permutations_per_second": native, "permutations_source": source,
                   "kernels": limits, "sha256": hashes},
        "figures": values,
    }


# ---- plots: logarithmic axes, so that linear growth is a line of slope 1 ----

COLOURS = ["#1b6ca8", "#c8553d", "#588b3f", "#7a4f9a", "#8a6d1f"]


def plot(path, title, y_label, series):
    """series: name -> {x: y}, all positive."""
    series = {n: {float(x): y for x, y in p.items() if y and y > 0} for n, p in series.items()}
    series = {n: p for n, p in series.items() if p}
    if not series:
        return False
    xs = [x for p in series.values() for x in p]
    ys = [y for p in series.values() for y in p.values()]
    x0, x1 = math.log10(min(xs)), math.log10(max(xs))
    y0, y1 = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))
    if x1 - x0 < 0.1:
        x0, x1 = x0 - 0.3, x1 + 0.3
    if y1 == y0:
        y1 += 1
    width, height, left, top, right, bottom = 640, 400, 76, 34, 170, 48
    inner_w, inner_h = width - left - right, height - top - bottom

    def at(x, y):
        return (left + (math.log10(x) - x0) / (x1 - x0) * inner_w,
                top + (y1 - math.log10(y)) / (y1 - y0) * inner_h)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
           f'font-family="sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="white"/>',
           f'<text x="{left}" y="20" font-size="14">{title}</text>']
    for e in range(y0, y1 + 1):
        _, y = at(10 ** x0, 10.0 ** e)
        out.append(f'<path d="M{left} {y:.1f}h{inner_w}" stroke="#ddd"/>'
                   f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{10.0 ** e:g}</text>')
    for x in sorted(set(xs)):
        px, _ = at(x, 10.0 ** y0)
        out.append(f'<path d="M{px:.1f} {top}v{inner_h}" stroke="#eee"/><text x="{px:.1f}" '
                   f'y="{height - bottom + 16}" text-anchor="middle">{x:g}</text>')
    out.append(f'<text x="{left + inner_w / 2}" y="{height - 10}" text-anchor="middle">'
               f'operations</text><text transform="translate(16 {top + inner_h / 2}) rotate(-90)" '
               f'text-anchor="middle">{y_label}</text>')
    for i, (name, points) in enumerate(series.items()):
        colour = COLOURS[i % len(COLOURS)]
        line = [at(x, points[x]) for x in sorted(points)]
        out.append('<polyline fill="none" stroke="%s" stroke-width="2" points="%s"/>'
                   % (colour, " ".join(f"{x:.1f},{y:.1f}" for x, y in line)))
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in line]
        out.append(f'<text x="{width - right + 10}" y="{top + 14 + 18 * i}" fill="{colour}">'
                   f'{name}</text>')
    out.append("</svg>")
    with open(path, "w", encoding="ascii") as f:
        f.write("\n".join(out) + "\n")
    return True


def plots(folder, r):
    os.makedirs(folder, exist_ok=True)
    values = r["figures"]
    series = {}
    for key, label in (("sequence", "sequencing"), ("prove", "proving")):
        for mix, points in by_mix(values, key).items():
            series[f"{label}, {mix}"] = points
    made = []
    if plot(os.path.join(folder, "time.svg"), "Sequencing and proving", "seconds", series):
        made.append("time.svg")
    verify = {f"leaves, {m}": p for m, p in by_mix(values, "verify").items()}
    if "recursion.verify" in values:
        sizes = {x for p in verify.values() for x in p}
        verify["range (terminal)"] = {x: values["recursion.verify"] for x in sizes}
    if plot(os.path.join(folder, "verify.svg"), "Verification", "seconds", verify):
        made.append("verify.svg")
    if r["evm_gas"]:  # one terminal program for every batch: measured once, the same for all sizes
        sizes = {x for p in verify.values() for x in p}
        gas = {"of the terminal proof": {x: r["evm_gas"] for x in sizes},
               "for each operation": {x: r["evm_gas"] / float(x) for x in sizes}}
        if plot(os.path.join(folder, "gas.svg"), "Gas of verification on L1", "gas", gas):
            made.append("gas.svg")
    return made


def option(name):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else None


def main():
    r = report(sys.argv[1])
    for mix, points in r["ops_per_second"].items():
        for size, v in points.items():
            print(f"== {mix}, {size} operations: {v:.1f} operations/s of leaf proving")
    for name, b in bars(r).items():
        bar = b.get("at least", b.get("at most"))
        print(f"== {name}: {b['value']:.4g}, {'at least' if 'at least' in b else 'at most'} {bar:g}: "
              f"{'met' if b['met'] else 'MISSED'}")
    limit = r["limits"]["permutations_per_second"]
    for name, digest in r["limits"]["sha256"].items():
        print(f"== limits/{name}: {digest}")
    print(f"== permutations proven: {r['permutations_per_second']:.0f} /s; limit {limit:.3g} /s "
          f"({r['limits']['permutations_source']}); overhead {r['overhead']:.0f}")
    if option("--json"):
        with open(option("--json"), "w", encoding="ascii") as f:
            json.dump({**r, "bars": bars(r)}, f, indent=1)
            f.write("\n")
        print("== wrote", option("--json"))
    folder = option("--plots") or (os.path.splitext(option("--json"))[0] + ".plots"
                                   if option("--json") else None)
    if folder:
        print("== plots:", folder, *plots(folder, r))


if __name__ == "__main__":
    main()
