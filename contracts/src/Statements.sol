// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChainEntry, Statement} from "./HawserTypes.sol";

/// @dev The hashes that all chains, the sequencer and the oracles compute alike: SHA-256 over fixed
///      layouts (REQ-DEP, REQ-STMT). Every tag is 16 bytes, padded with zeros on the right.
library Statements {
    uint32 internal constant VERSION = 4;

    function chainsDigest(ChainEntry[] memory chains) internal pure returns (bytes32) {
        bytes memory list;
        for (uint256 i = 0; i < chains.length; i++) {
            ChainEntry memory c = chains[i];
            list = abi.encodePacked(
                list, c.index, c.chainId, bytes32(uint256(uint160(c.hawser))), c.finality
            );
        }
        return sha256(abi.encodePacked(bytes16("HAWSER-CHAINS-1"), uint16(chains.length), list));
    }

    /// id: the terminal program's key id.
    function programsDigest(bytes32 id) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes16("HAWSER-PROGS-1"), uint16(1), id));
    }

    function deploymentId(
        bytes32 chains,
        bytes32 programs,
        bytes32 genesisRoot,
        uint16 threshold,
        address[] memory oracles,
        bytes32 salt
    ) internal pure returns (bytes32) {
        bytes memory list;
        for (uint256 i = 0; i < oracles.length; i++) {
            list = abi.encodePacked(list, oracles[i]);
        }
        return sha256(
            abi.encodePacked(
                bytes16("HAWSER-DEPLOY-1"),
                chains,
                programs,
                genesisRoot,
                threshold,
                uint16(oracles.length),
                list,
                salt
            )
        );
    }

    /// ids and roots of all chains of the deployment, ascending.
    function finalRoot(uint64 k, uint64[] memory ids, bytes32[] memory roots)
        internal
        pure
        returns (bytes32)
    {
        bytes memory list = new bytes(40 * ids.length);
        for (uint256 i = 0; i < ids.length; i++) {
            uint64 id = ids[i];
            bytes32 root = roots[i];
            assembly ("memory-safe") {
                let p := add(add(list, 32), mul(40, i))
                mstore(add(p, 8), root)
                // 8 bytes of id before the root that was just written
                mstore(p, or(shl(192, id), shr(64, root)))
            }
        }
        return sha256(abi.encodePacked(bytes16("HAWSER-ROOT-1"), k, uint16(ids.length), list));
    }

    function statement(
        Statement calldata s,
        bytes32 deployment,
        bytes32 chains,
        bytes32 programs
    ) internal pure returns (bytes32) {
        bytes memory list;
        for (uint256 i = 0; i < s.participants.length; i++) {
            list = abi.encodePacked(list, s.participants[i], s.pubdataHashes[i]);
        }
        bytes memory head = abi.encodePacked(
            bytes16("HAWSER-STMT-1"), deployment, VERSION, s.k, s.prevFinalRoot, s.finalRoot, s.time
        );
        return sha256(
            abi.encodePacked(head, chains, programs, uint16(s.participants.length), list)
        );
    }

    function firstDigest(bytes32 deployment, bytes32 finalRoot0) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes16("HAWSER-D0-1"), deployment, finalRoot0));
    }

    function nextDigest(bytes32 digest, bytes32 stmt) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes16("HAWSER-DK-1"), digest, stmt));
    }

    /// Pubdata of a chain's segments in order: SHA-256(u8 n | their SHA-256), n < 256.
    function pubdataHash(bytes[] calldata segments) internal pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](segments.length);
        for (uint256 i = 0; i < hashes.length; i++) hashes[i] = sha256(segments[i]);
        return sha256(abi.encodePacked(uint8(hashes.length), hashes));
    }
}
