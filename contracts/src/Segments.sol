// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev Reads the published bytes of docs/protocol/state.md section 5 in calldata: the header and
///      the two regions. Callers have checked that what they ask for lies inside.
library Segments {
    uint256 internal constant VERSION = 2;
    uint256 internal constant HEADER = 44;
    uint256 internal constant WITHDRAWAL = 44;
    uint256 internal constant NEW_ACCOUNT = 0xFFFFFF;

    struct Header {
        uint256 version;
        uint256 chain;
        uint256 k;
        uint256 segment;
        uint256 segments;
        uint256 time;
        uint256 priority; // records
        uint256 withdrawals; // records
        uint256 priorityBytes;
    }

    /// Bytes in calldata, for a list in memory.
    struct Slice {
        uint256 offset;
        uint256 length;
    }

    function slice(bytes calldata bytes_) internal pure returns (Slice memory s) {
        assembly ("memory-safe") {
            mstore(s, bytes_.offset)
            mstore(add(s, 32), bytes_.length)
        }
    }

    function bytesOf(Slice memory s) internal pure returns (bytes calldata bytes_) {
        assembly ("memory-safe") {
            bytes_.offset := mload(s)
            bytes_.length := mload(add(s, 32))
        }
    }

    function wordAt(bytes calldata data, uint256 pos) private pure returns (uint256 w) {
        assembly ("memory-safe") {
            w := calldataload(add(data.offset, pos))
        }
    }

    function header(bytes calldata data) internal pure returns (Header memory h) {
        uint256 w = wordAt(data, 0); // byte i of the segment is at bits 248 - 8 i
        h.version = w >> 248;
        h.chain = (w >> 232) & 0xffff;
        h.k = (w >> 200) & 0xffffffff;
        h.segment = (w >> 192) & 0xff;
        h.segments = (w >> 184) & 0xff;
        h.time = (w >> 152) & 0xffffffff;
        h.priority = (w >> 112) & 0xffff;
        h.withdrawals = (w >> 96) & 0xffff;
        h.priorityBytes = (w >> 64) & 0xffffffff;
    }

    /// The caller made room: pos + data.length <= out.length.
    function copyTo(bytes calldata data, bytes memory out, uint256 pos) internal pure {
        assembly ("memory-safe") {
            calldatacopy(add(add(out, 32), pos), data.offset, data.length)
        }
    }

    function kindAt(bytes calldata data, uint256 pos) internal pure returns (uint256) {
        return wordAt(data, pos) >> 252;
    }

    function outcomeAt(bytes calldata data, uint256 pos) internal pure returns (uint256) {
        return (wordAt(data, pos) >> 248) & 15;
    }

    /// 0 for an unknown kind or past the end.
    function recordSize(bytes calldata data, uint256 pos) internal pure returns (uint256) {
        if (pos >= data.length) return 0;
        uint256 kind = kindAt(data, pos);
        if (kind == 1 || kind == 4) return 42;
        if (kind == 2) return 62;
        if (kind == 3) return 46;
        return 0;
    }

    /// SHA-256 of the record with outcome 0 and, for EXIT, zero token and amount (last 17 bytes).
    function requestHash(bytes calldata data, uint256 pos, uint256 size)
        internal
        view
        returns (bytes32 hash)
    {
        uint256 kind = kindAt(data, pos);
        bool ok;
        assembly ("memory-safe") {
            let p := mload(0x40)
            calldatacopy(p, add(data.offset, pos), size)
            mstore8(p, shl(4, kind))
            if eq(kind, 4) {
                // the last 17 bytes of 42: byte 25, then 16
                mstore8(add(p, 25), 0)
                mstore(add(p, 26), 0)
            }
            ok := staticcall(gas(), 2, p, size, 0, 32)
            hash := mload(0)
        }
        require(ok, "sha256");
    }

    /// The exhaustive list of outcomes of each kind (state.md REQ-OP, priority requests).
    function outcomeAllowed(bytes calldata data, uint256 pos) internal pure returns (bool) {
        uint256 w = wordAt(data, pos);
        uint256 kind = w >> 252;
        uint256 outcome = (w >> 248) & 15;
        if (outcome == 0) return true;
        bool isNew = (w >> 224) & 0xffffff == NEW_ACCOUNT;
        // bit c set: code c may occur
        uint256 codes;
        if (kind == 1) codes = isNew ? 0x18 : 0x0e; // 3 4 | 1 2 3
        else if (kind == 2) codes = isNew ? 0x18 : 0x2e; // 3 4 | 1 2 3 5
        else if (kind == 3) codes = 0x26; // 1 2 5
        else codes = 0x0e; // 1 2 3
        if (codes >> outcome & 1 == 0) return false;
        if (kind != 4) return true;
        (uint32 token, uint128 amount,) = exitResult(data, pos);
        return token == 0 && amount == 0;
    }

    /// Results of an EXIT at `pos`, and its owner.
    function exitResult(bytes calldata data, uint256 pos)
        internal
        pure
        returns (uint32 token, uint128 amount, address owner)
    {
        owner = address(uint160(wordAt(data, pos + 5) >> 96));
        uint256 w = wordAt(data, pos + 25);
        token = uint32(w >> 232);
        amount = uint128((w >> 120) & ((1 << 112) - 1));
    }

    /// Token, amount and address of a withdrawal record at `pos`.
    function withdrawal(bytes calldata data, uint256 pos)
        internal
        pure
        returns (uint32 token, uint128 amount, address to)
    {
        uint256 w = wordAt(data, pos);
        token = uint32((w >> 192) & 0xffffff);
        to = address(uint160((w >> 32) & type(uint160).max));
        amount = uint128(wordAt(data, pos + 28) >> 144);
    }
}
