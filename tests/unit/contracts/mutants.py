#!/usr/bin/env python3
"""Takes one check after the other out of the settlement contract and wants a test to fail each time.

Long (about 20 s a mutant); ends with `N passed, N failed`: passed = a test noticed."""
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))

# file, text, replacement
MUTANTS = [
    ("Proving.sol", "if (!verifier.verify(publics, proof)) revert ProofRefused();",
     "verifier.verify(publics, proof);"),
    ("Proving.sol", "if (!verifier.verify(publics, proof)) revert ProofRefused();", ""),
    ("Proving.sol", "if (toK <= fromK) revert NothingToProve(toK, fromK);", ""),
    ("Proving.sol", "if (toK > progress.committedK)", "if (false)"),
    ("Proving.sol", "if (toK - fromK > RANGE_MAX)", "if (false)"),
    ("Proving.sol", "batchOf[fromK].digest, batchOf[toK].digest",
     "batchOf[fromK].digest, batchOf[fromK + 1].digest"),
    ("Proving.sol", "batchOf[fromK].digest, batchOf[toK].digest",
     "batchOf[toK - 1].digest, batchOf[toK].digest"),
    ("Proving.sol", "            keySet,", "            bytes32(0),"),
    ("Proving.sol", "            spread(uint256(from)),", "            spread(uint256(from) >> 128),"),
    ("Proving.sol", "for (uint64 k = fromK + 1; k <= toK; k++)", "for (uint64 k = toK; k <= toK; k++)"),
    ("HawserStorage.sol", "if (d.verifier.keyId() != d.terminalKeyId)", "if (false)"),
    ("Batches.sol", "fromK <= progress.provenK", "false"),
    ("Batches.sol", "progress.committedRequests -= requestsBack;", ""),
    ("Batches.sol", "if (computed != stated)", "if (false)"),
    ("Batches.sol", "if (!region.outcomeAllowed(pos))", "if (false)"),
    ("Batches.sol", "segments == 0 || segments > SEGMENTS_MAX", "false"),
    ("Batches.sol", "h.version != Segments.VERSION || ", ""),
    ("Batches.sol", "|| h.segment != i ", ""),
    ("Batches.sol", "|| h.segments != n ", ""),
    ("Batches.sol", "|| h.time != s.time", ""),
    ("Batches.sol", "if (segment.length < Segments.HEADER + regions) revert SegmentTooShort(i);", ""),
    ("Batches.sol", "index += h.priority;", ""),
    ("Batches.sol", "withdrawalsAt += part.length;", ""),
    ("Batches.sol", "priorityAt += part.length;", ""),
    ("Batches.sol", "if (priority > available)", "if (false)"),
    ("Batches.sol", "if (cost > EXECUTION_COST_MAX)", "if (false)"),
    ("Batches.sol", "if (pos != region.length) revert PriorityRegionLength();", ""),
    ("Batches.sol", "if (!takesPart) revert UnexpectedSegment();", ""),
    ("Batches.sol", "checkPubdata(Blobs.pubdataHash(segments, opening), pubdata);",
     "Blobs.pubdataHash(segments, opening);"),
    ("Blobs.sol", "vh == 0 || ", ""),
    ("Blobs.sol", " || blobhash(1) != 0", ""),
    ("Blobs.sol", "opening.length != OPENING || ", ""),
    ("Blobs.sol", " || uint256(bytes32(opening)) >= R", ""),
    ("Blobs.sol", "head > length || ", ""),
    ("Blobs.sol", " || head % ELEMENT != 0", ""),
    ("Blobs.sol", "if (total > BYTES_MAX)", "if (false)"),
    ("Blobs.sol", "if (isAll)", "if (false)"),
    ("Blobs.sol", "eq(returndatasize(), 64)", "1"),
    ("Blobs.sol", "eq(mload(0), ELEMENTS)", "1"),
    ("Blobs.sol", "eq(mload(32), R)", "1"),
    ("Blobs.sol", "if (!ok) revert HawserErrors.OpeningRefused();", ""),
    ("Blobs.sol", "(s.hash, s.length, sha256(s.head))", "(s.hash, 0, sha256(s.head))"),
    ("Blobs.sol", "(s.hash, s.length, sha256(s.head))", "(s.hash, s.length, bytes32(0))"),
    ("Blobs.sol", "(1 << 248) + segments[i].length", "(1 << 248)"),
    ("Blobs.sol", "if lt(at, end) {", "if 0 {"),
    ("Blobs.sol", "let v := shl(bits, shr(add(8, bits), calldataload(at)))",
     "let v := shr(8, calldataload(at))"),
    ("Blobs.sol", "FORM + hashes.length", "hashes.length"),
    ("Statements.sol", "uint8(hashes.length), hashes", "uint8(1), hashes"),
    ("Agreement.sol", "if (uint256(s) > HALF_ORDER) revert BadSignatures();", ""),
    ("Agreement.sol", "signer <= previous ||", "signer < previous ||"),
    ("Agreement.sol", "if (digest != expected)", "if (false)"),
    ("Payments.sol", "if (k > progress.agreedK) revert NotAgreed(k);", ""),
    ("Payments.sol", "delete requestOf[index];", ""),
    ("Payments.sol", "if (keccak256(regions) != b.regionsHash) revert RegionsMismatch();", ""),
    ("Tokens.sol", "if (gasleft() < allowance * 64 / 63 + GAS_RESERVE) revert GasTooLow();", ""),
    ("Tokens.sol", "if (sum > AMOUNT_MAX) revert TokenCapReached(token);", ""),
    ("Segments.sol", "mstore8(add(p, 25), 0)", ""),
    ("HawserStorage.sol", "if (entered) revert Reentered();", ""),
    ("Requests.sol", "(slot >= 128 && msg.sender != owner)", "false"),
    ("Requests.sol", "if (words & 0xffffffff >= FIELD_P) revert KeyInvalid();", ""),
]


def run(folder, file, text, replacement):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    os.symlink(os.path.join(ROOT, "node_modules"), os.path.join(folder, "node_modules"))
    shutil.copytree(os.path.join(ROOT, "contracts"), os.path.join(folder, "contracts"),
                    ignore=shutil.ignore_patterns("out", "cache", "generated"))
    path = os.path.join(folder, "contracts", "src", file)
    with open(path) as f:
        source = f.read()
    if text not in source:
        return None, f"{file} has no `{text}` any more"
    with open(path, "w") as f:
        f.write(source.replace(text, replacement))
    env = dict(os.environ, FOUNDRY_PROFILE="settlement", FOUNDRY_INVARIANT_RUNS="8",
               FOUNDRY_FUZZ_RUNS="64")
    result = subprocess.run([os.path.join(folder, "contracts", "tools", "forge"), "test",
                             "--no-match-path", "test/verifier/*"],
                            env=env, capture_output=True, text=True)
    failed = [line for line in result.stdout.split("\n") if line.startswith("[FAIL")]
    if result.returncode == 0:
        return False, "survived"
    if not failed:
        return None, "does not compile: " + result.stderr[-300:]
    return True, failed[0][:120]


def main():
    good = bad = 0
    with tempfile.TemporaryDirectory(prefix="hawser-mutants-") as folder:
        for file, text, replacement in MUTANTS:
            noticed, why = run(os.path.join(folder, "w"), file, text, replacement)
            good += noticed is True
            bad += noticed is not True
            print(f"{'noticed' if noticed else 'NOT NOTICED'}: {file}: {text[:60]}: {why}", flush=True)
    print(f"{good} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
