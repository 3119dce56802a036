#!/usr/bin/env python3
"""Checks that includes and CMake link edges follow the allowed directions between folders.

  tools/check_layers.py [ROOT]     exit 1 and one line per violation
  tools/check_layers.py --self-test  shows on small examples that violations are found

The table below is the architecture (docs/ARCHITECTURE.md explains it). Folder names are prefixes;
the longest one that fits a file decides.
"""
import os
import re
import sys

# folder -> folders whose headers it may include and whose targets it may link
PURE = ["common/base", "common/field", "common/crypto", "common/codec", "common/xmss"]
ALLOWED = {
    "common": ["common"],
    "common/base": ["common/base"],
    "common/codec": ["common/base", "common/codec"],
    "common/crypto": ["common/base", "common/codec", "common/crypto"],
    "common/field": ["common/base", "common/field"],
    "common/kzg": ["common/base", "common/crypto", "common/kzg"],
    "core": PURE + ["common/kzg", "core"],
    "prover/ir": ["common/base", "common/field", "common/crypto", "prover/ir"],
    "prover/verify": ["common/base", "common/field", "common/crypto", "prover/ir", "prover/verify"],
    # the product's programs as constants: whoever verifies needs them
    "prover/programs": ["common/base", "common/field", "common/crypto", "prover/ir", "prover/air",
                        "prover/verify", "prover/programs"],
    # the machine and its programs: what verifies proofs is itself a verifier's constant
    "prover/recursion": ["common/base", "common/field", "common/crypto", "prover/ir", "prover/air",
                         "prover/verify", "prover/recursion"],
    # verifies every layer, proves none
    "prover/layers": ["common/base", "common/field", "common/crypto", "prover/ir", "prover/verify",
                      "prover/programs", "prover/recursion", "prover/layers"],
    "prover": ["common", "core", "prover"],
    "chain_adapters": ["common", "chain_adapters"],
    "db": ["common", "db"],
    "db/stores": ["common", "core", "db"],
    # workers may run on any host: what they send is verified before it is used
    "orchestrator": ["common", "core", "db", "chain_adapters", "prover/verify", "prover/programs",
                     "prover/recursion", "prover/layers", "orchestrator"],
    "audit": ["common", "prover/ir", "prover/verify", "audit"],
    # never db or orchestrator: an oracle judges what they produced
    "oracle": ["common", "audit", "chain_adapters", "oracle"],
    # one program, a verb per daemon: the only place where daemons meet as code
    "cli": ["common", "core", "chain_adapters", "orchestrator", "oracle", "audit", "prover/worker",
            "prover/recursion", "prover/layers", "prover/verify", "cli"],
    "contracts": ["contracts"],
}
# tests, bench and tools may use everything; nothing may use them
FREE = ["tests", "bench", "tools"]

# third-party header (prefix) -> folders that may include it
THIRD_PARTY = {
    "sqlite3.h": ["db"],
    "libpq-fe.h": ["db"],
    "yaml.h": ["common/config"],
    "nng/": ["common/loop"],
    "curl/": ["common/net"],
    "libwebsockets.h": ["common/net"],
    "openssl/": ["common/crypto"],
    "secp256k1": ["common/crypto"],
    "ckzg.h": ["common/kzg"],
    "blst": ["common/kzg"],
    "eip": ["common/kzg"],
    "gmp.h": [],
    "nettle/": [],
    "check.h": [],
}
# folders that touch no clock, socket, file, thread or event loop
PURE_FOLDERS = ["core", "prover/verify", "prover/ir", "prover/air", "common/field"]
IMPURE = re.compile(r"^(time\.h|sys/|pthread\.h|threads\.h|uv\.h|unistd\.h|fcntl\.h|signal\.h|"
                    r"netdb\.h|arpa/|poll\.h|jansson\.h|locale\.h|setjmp\.h)")
# dep_ target -> folders that may link it
DEPS = {
    "dep_sqlite3": ["db"], "dep_pq": ["db"], "dep_yaml": ["common/config"],
    "dep_nng": ["common/loop"], "dep_curl": ["common/net"], "dep_websockets": ["common/net"],
    "dep_crypto": ["common/crypto"], "dep_secp256k1": ["common/crypto"],
    "hawser_ckzg": ["common/kzg"],
    "dep_gmp": [], "dep_nettle": [], "dep_check": [],
}

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.M)
COMMENT = re.compile(r"/\*.*?\*/", re.S)


def inside(path, folders):
    return any(path == f or path.startswith(f + "/") for f in folders)


def layer_of(path):
    found = [f for f in ALLOWED if inside(path, [f])]
    return max(found, key=len) if found else None


def check_include(path, kind, target):
    """One violation as text, or None."""
    if inside(path, FREE):
        return None
    layer = layer_of(path)
    if layer is None:
        return None
    if kind == "<":
        for prefix, folders in THIRD_PARTY.items():
            if target.startswith(prefix) and not inside(path, folders):
                where = ", ".join(folders) or "tests"
                return f"<{target}> belongs to {where} only"
        if inside(path, PURE_FOLDERS) and IMPURE.match(target):
            return f"<{target}>: {layer} is pure (no clock, file, socket, thread)"
        return None
    if "/" not in target:
        return f'"{target}": write includes from the root'
    if target.startswith(".."):
        return f'"{target}": write includes from the root'
    if not inside(target, ALLOWED[layer]):
        return f'"{target}": {layer} may use only {", ".join(ALLOWED[layer])}'
    return None


def source_files(root):
    for top, folders, files in os.walk(root):
        rel = os.path.relpath(top, root)
        folders[:] = [f for f in folders if not f.startswith(".")
                      and os.path.normpath(os.path.join(rel, f)) not in ("build", "node_modules",
                                                                         "contracts/out",
                                                                         "contracts/cache")]
        for name in files:
            yield os.path.normpath(os.path.join(rel, name))


def check_sources(root):
    for path in sorted(source_files(root)):
        if not path.endswith((".c", ".h")):
            continue
        with open(os.path.join(root, path), encoding="utf-8") as f:
            text = COMMENT.sub(lambda m: "\n" * m.group().count("\n"), f.read())
        for match in INCLUDE.finditer(text):
            problem = check_include(path, match.group(1), match.group(2))
            if problem:
                line = text.count("\n", 0, match.start()) + 1
                yield f"{path}:{line}: includes {problem}"


def cmake_targets(text):
    """(name, linked targets) of every library and program in one CMakeLists.txt."""
    text = re.sub(r"#[^\n]*", "", text)
    for call in re.finditer(r"\b(hawser_library|hawser_program)\s*\(([^)]*)\)", text):
        words = call.group(2).split()
        name = words[words.index("NAME") + 1] if "NAME" in words else "?"
        libs = words[words.index("LIBS") + 1:] if "LIBS" in words else []
        yield name, libs
    for call in re.finditer(r"\btarget_link_libraries\s*\(([^)]*)\)", text):
        words = [w for w in call.group(1).split() if w not in ("PUBLIC", "PRIVATE", "INTERFACE")]
        if words:
            yield words[0], words[1:]


def check_cmake(root):
    owner = {}
    edges = []
    for path in sorted(source_files(root)):
        if os.path.basename(path) != "CMakeLists.txt":
            continue
        folder = os.path.dirname(path)
        with open(os.path.join(root, path), encoding="utf-8") as f:
            text = f.read()
        for match in re.finditer(r"\b(?:hawser_library\s*\(\s*NAME|add_library\s*\()\s*(\w+)", text):
            owner[match.group(1)] = folder
        for name, libs in cmake_targets(text):
            edges += [(path, folder, name, lib) for lib in libs]
    for path, folder, name, lib in edges:
        if folder == "" or inside(folder, FREE) or layer_of(folder) is None:
            continue
        layer = layer_of(folder)
        if lib in DEPS and not inside(folder, DEPS[lib]):
            yield f"{path}: {name} links {lib}, which belongs to {', '.join(DEPS[lib]) or 'tests'}"
        # hawser_common stands for every folder of common
        target = owner.get(lib)
        if target is not None and not inside(target, ALLOWED[layer]):
            yield f"{path}: {name} links {lib} ({target}): {layer} may use only " \
                  f"{', '.join(ALLOWED[layer])}"


def self_test():
    bad = [("core/a.c", '"', "db/x.h"), ("core/a.c", "<", "time.h"), ("audit/a.c", '"', "core/x.h"),
           ("prover/verify/a.c", '"', "prover/prove/x.h"), ("oracle/a.c", '"', "db/engine/db.h"),
           ("oracle/a.c", '"', "orchestrator/x.h"), ("common/log/a.c", '"', "core/x.h"),
           ("orchestrator/a.c", "<", "sqlite3.h"), ("db/engine/a.c", '"', "core/x.h"),
           ("cli/a.c", '"', "tests/x.h"), ("cli/a.c", '"', "x.h"), ("cli/a.c", '"', "../core/x.h"),
           ("common/base/a.c", '"', "common/crypto/x.h")]
    good = [("core/a.c", '"', "common/base/err.h"), ("core/a.c", "<", "stdint.h"),
            ("audit/a.c", '"', "prover/verify/x.h"), ("db/stores/a.c", '"', "core/x.h"),
            ("tests/unit/a.c", '"', "core/x.h"), ("common/crypto/a.c", "<", "openssl/evp.h")]
    failed = [c for c in bad if check_include(*c) is None]
    failed += [c for c in good if check_include(*c) is not None]
    for case in failed:
        print("wrong verdict:", case)
    print(f"{len(bad) + len(good) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def main(argv):
    if argv[1:] == ["--self-test"]:
        return self_test()
    root = argv[1] if len(argv) > 1 else os.path.join(os.path.dirname(__file__), "..")
    problems = list(check_sources(root)) + list(check_cmake(root))
    for problem in problems:
        print(problem)
    print(f"check_layers: {len(problems)} violations")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
