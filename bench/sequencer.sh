#!/usr/bin/env bash
# Durable acknowledged operations per second of sequencer and store, beside the engine's raw limits.
# usage: ./dev bench sequencer [--json FILE] [--ops N] [--window N] [--dir FOLDER]
#   --ops     operations signed ahead and sent (default 30000; the first 2000 are not measured)
#   --window  operations under way at once (default 256)
#   --dir     folder for the databases (default: beside the build; tmpfs makes no sense here)
# Two runs on SQLite: as the product runs here, and as a program without vector instructions (window 96).
# The cluster is measured where HAWSER_CLUSTER names one that is new (`./dev cluster uri`); else its key is
# null.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() { sed -n '2,9s/^# //p' bench/sequencer.sh; }
build=build/release json='' ops=30000 window=256 dir=''
while [ $# -gt 0 ]; do
    case $1 in
    --build) build=${2:?--build needs a folder}; shift 2 ;;
    --json) json=${2:?--json needs a file}; shift 2 ;;
    --ops) ops=${2:?--ops needs a number}; shift 2 ;;
    --window) window=${2:?--window needs a number}; shift 2 ;;
    --dir) dir=${2:?--dir needs a folder}; shift 2 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
    esac
done

work=$(mktemp -d "${dir:-$build}/bench-sequencer-XXXXXX")
trap 'rm -rf "$work"' EXIT
uptime | tee "$work/load"
echo "== signing $ops operations"
"$build/bin/bench_sequencer" --make "$work/traffic" --ops "$ops"
: >"$work/lines"
measure() { # program name store window
    echo "== $2"
    "$build/bin/$1" --traffic "$work/traffic" --name "$2" --store "$3" --window "$4" | tee -a "$work/lines"
}
measure bench_sequencer sqlite "$work/sqlite.db" "$window"
# Half as many operations would do, but the traffic is one: its first --ops are enough.
head_ops=$((ops < 10000 ? ops : 10000))
echo "== portable"
"$build/bin/bench_sequencer_portable" --traffic "$work/traffic" --name portable --store "$work/portable.db" \
    --window 96 --limits 0 --ops "$head_ops" | tee -a "$work/lines"
if [ -n "${HAWSER_CLUSTER:-}" ]; then
    measure bench_sequencer cluster "$HAWSER_CLUSTER" "$window"
else
    echo "== cluster: not measured (HAWSER_CLUSTER is not set)"
fi

if [ -n "$json" ]; then
    python3 - "$work/lines" "$work/load" "$json" <<'P'
import json, os, subprocess, sys
out = {"sqlite": None, "portable": None, "cluster": None}
for text in open(sys.argv[1], encoding="ascii"):
    part = text.split()
    if len(part) >= 2 and "." in part[0]:
        name, key = part[0].split(".", 1)
        if out.get(name) is None:
            out[name] = {}
        out[name][key] = float(part[1])
cpu = [l.split(":", 1)[1].strip() for l in open("/proc/cpuinfo", encoding="utf-8") if l.startswith("model name")]
out["machine"] = {"cpu": cpu[0] if cpu else "unknown", "cores": os.cpu_count(),
                  "load_before": open(sys.argv[2], encoding="ascii").read().strip()}
out["commit"] = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True,
                               check=False).stdout.strip() or "unknown"
with open(sys.argv[3], "w", encoding="ascii") as f:
    json.dump(out, f, indent=1)
    f.write("\n")
P
    echo "== wrote $json"
fi
