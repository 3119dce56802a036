// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BlobSegment, HawserErrors} from "./HawserTypes.sol";

/// @dev docs/protocol/blobs.md sections 2 and 5: the pubdata hash of a chain's part whose segments
///      end in a blob. The transaction has that one blob; the opening given with it says what its
///      polynomial is at z, a point that follows from everything else that is published.
library Blobs {
    uint256 internal constant R =
        0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001; // BLS_MODULUS
    uint256 internal constant ELEMENT = 31; // bytes of data in an element
    uint256 internal constant ELEMENTS = 4096; // of a blob, EIP-4844
    uint256 internal constant BYTES_MAX = 120_000; // of a chain's part (REQ-LIM)
    uint256 internal constant FORM = 128; // added to the number of segments
    uint256 internal constant OPENING = 128; // b 32 | commitment 48 | proof 48
    uint256 internal constant POINT_EVALUATION = 0x0a;
    /// Ten times its price. What it is given is gone when it refuses.
    uint256 internal constant POINT_EVALUATION_GAS = 500_000;

    function pubdataHash(BlobSegment[] calldata segments, bytes calldata opening)
        internal
        view
        returns (bytes32)
    {
        bytes32 vh = blobhash(0);
        if (vh == 0 || blobhash(1) != 0) revert HawserErrors.NotOneBlob();
        if (opening.length != OPENING || uint256(bytes32(opening)) >= R) {
            revert HawserErrors.BadOpening();
        }
        checkLengths(segments);
        uint256 z = point(vh, segments);
        evaluate(vh, z, opening);
        bytes32[] memory hashes = new bytes32[](segments.length);
        for (uint256 i = 0; i < hashes.length; i++) hashes[i] = segments[i].hash;
        return sha256(
            abi.encodePacked(
                uint8(FORM + hashes.length), hashes, z, valueOfHeads(segments, z), opening[:32]
            )
        );
    }

    /// A head is all of its segment or whole elements of it; something is left for the blob.
    function checkLengths(BlobSegment[] calldata segments) private pure {
        uint256 total = 0;
        bool isAll = true;
        for (uint256 i = 0; i < segments.length; i++) {
            uint256 length = segments[i].length;
            uint256 head = segments[i].head.length;
            if (head != length) {
                if (head > length || head % ELEMENT != 0) revert HawserErrors.BadHead(i);
                isAll = false;
            }
            total += length;
        }
        // So there are fewer than ELEMENTS elements.
        if (total > BYTES_MAX) revert HawserErrors.TooManyBytes(total, BYTES_MAX);
        if (isAll) revert HawserErrors.NothingInBlob();
    }

    /// z = SHA-256(tag | vh | n | n x (hash, length, SHA-256(head))) mod R
    function point(bytes32 vh, BlobSegment[] calldata segments) private pure returns (uint256) {
        bytes memory list = new bytes(68 * segments.length);
        for (uint256 i = 0; i < segments.length; i++) {
            BlobSegment calldata s = segments[i];
            (bytes32 hash, uint256 length, bytes32 head) = (s.hash, s.length, sha256(s.head));
            assembly ("memory-safe") {
                let p := add(add(list, 32), mul(68, i))
                mstore(p, hash)
                // the head's hash last: it overwrites what the length's word has behind its 4 bytes
                mstore(add(p, 4), or(shl(32, hash), length))
                mstore(add(p, 36), head)
            }
        }
        return uint256(
            sha256(abi.encodePacked(bytes16("HAWSER-BLOB-1"), vh, uint8(segments.length), list))
        ) % R;
    }

    /// The blob behind vh is opening[:32] at z: asked of the precompile of EIP-4844.
    function evaluate(bytes32 vh, uint256 z, bytes calldata opening) private view {
        bool ok;
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore(p, vh)
            mstore(add(p, 32), z)
            calldatacopy(add(p, 64), opening.offset, OPENING)
            ok := staticcall(POINT_EVALUATION_GAS, POINT_EVALUATION, p, 192, 0, 64)
            ok := and(ok, eq(returndatasize(), 64))
            ok := and(ok, and(eq(mload(0), ELEMENTS), eq(mload(32), R)))
        }
        if (!ok) revert HawserErrors.OpeningRefused();
    }

    /// Horner's rule at z over [2^248 + length, elements of the head] of all segments.
    function valueOfHeads(BlobSegment[] calldata segments, uint256 z)
        private
        pure
        returns (uint256 a)
    {
        for (uint256 i = 0; i < segments.length; i++) {
            a = addmod(mulmod(a, z, R), (1 << 248) + segments[i].length, R);
            bytes calldata head = segments[i].head;
            assembly ("memory-safe") {
                let at := head.offset
                let end := add(at, head.length)
                for {} iszero(gt(add(at, ELEMENT), end)) { at := add(at, ELEMENT) } {
                    a := addmod(mulmod(a, z, R), shr(8, calldataload(at)), R)
                }
                // the last bytes of a segment, zeros behind them
                if lt(at, end) {
                    let bits := mul(8, sub(ELEMENT, sub(end, at)))
                    let v := shl(bits, shr(add(8, bits), calldataload(at)))
                    a := addmod(mulmod(a, z, R), v, R)
                }
            }
        }
    }
}
