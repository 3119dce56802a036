// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Batch, Part, Statement} from "./HawserTypes.sol";
import {Batches} from "./Batches.sol";
import {IProofVerifier} from "./verifier/IProofVerifier.sol";
import {Statements} from "./Statements.sol";

/// @dev The only way to a proven batch (REQ-L1-4). Every public value of every proof is put together
///      here from the stored statement, the roots that hash to it and the deployment.
abstract contract Proving is Batches {
    uint256 internal constant LEAF_PUBLICS = 56;
    uint256 internal constant PAIRING_PUBLICS = 30;
    uint16 internal constant NO_CHAIN = 0xFFFF;
    /// Sponge of no tuples: [TAG_TUPLES = 32, length 0, version 1, 0 ..] (state.md REQ-PAIR-2).
    bytes32 internal constant NO_TUPLES = bytes32(uint256(32) << 224 | uint256(1) << 160);

    /// proofs: one of the leaf program for every participant, in order, then one of the pairing
    /// program unless no participant has a tuple. Anyone may call.
    function proveBatch(
        Statement calldata s,
        bytes32[] calldata rootsBefore,
        bytes32[] calldata rootsAfter,
        Part[] calldata parts,
        bytes[] calldata proofs
    ) external nonReentrant {
        uint64 k = progress.provenK + 1;
        if (s.k != k) revert WrongBatch(s.k, k);
        if (k > progress.committedK) revert WrongBatch(k, progress.committedK);
        Batch storage b = batchOf[k];
        bytes32 stmt = Statements.statement(s, deploymentId, chainsDigest, programsDigest);
        if (stmt != b.stmt) revert StatementMismatch(stmt, b.stmt);
        checkRoots(s, rootsBefore, rootsAfter);
        checkProofs(s, rootsBefore, rootsAfter, parts, proofs);
        b.root = rootsAfter[ownPlace];
        b.provenAt = uint40(block.timestamp);
        progress.provenK = k;
        emit BatchProven(k, b.finalRoot);
    }

    /// Both lists hash to the statement's final roots; chains that take no part stand still.
    function checkRoots(
        Statement calldata s,
        bytes32[] calldata rootsBefore,
        bytes32[] calldata rootsAfter
    ) private view {
        uint64[] memory ids = chainIds;
        uint256 n = ids.length;
        if (rootsBefore.length != n || rootsAfter.length != n) revert RootsMismatch(s.k);
        if (Statements.finalRoot(s.k - 1, ids, rootsBefore) != s.prevFinalRoot) {
            revert RootsMismatch(s.k - 1);
        }
        if (Statements.finalRoot(s.k, ids, rootsAfter) != s.finalRoot) revert RootsMismatch(s.k);
        uint256 next = 0;
        for (uint256 i = 0; i < n; i++) {
            if (next < s.participants.length && s.participants[next] == ids[i]) {
                next++;
            } else if (rootsBefore[i] != rootsAfter[i]) {
                revert RootOfNonParticipantChanged(ids[i]);
            }
        }
        // commitBatch has checked it; here it also means that every participant was met above.
        if (next != s.participants.length) revert BadParticipants();
    }

    function checkProofs(
        Statement calldata s,
        bytes32[] calldata rootsBefore,
        bytes32[] calldata rootsAfter,
        Part[] calldata parts,
        bytes[] calldata proofs
    ) private view {
        uint256 n = s.participants.length;
        if (parts.length != n) revert BadProofCount(parts.length, n);
        uint256 tuples = 0;
        for (uint256 i = 0; i < n; i++) tuples += parts[i].tupleCount;
        uint256 expected = tuples == 0 ? n : n + 1;
        if (proofs.length != expected) revert BadProofCount(proofs.length, expected);
        for (uint256 i = 0; i < n; i++) {
            uint256 place = placeOf(s.participants[i]);
            bytes memory roots = abi.encodePacked(rootsBefore[place], rootsAfter[place]);
            checkLeaf(s, i, chainIndexes[place], roots, parts[i], proofs[i]);
        }
        if (tuples > 0) check(pairingVerifier, pairingPublics(s, parts), proofs[n], n);
    }

    function checkLeaf(
        Statement calldata s,
        uint256 i,
        uint16 chain,
        bytes memory roots,
        Part calldata part,
        bytes calldata proof
    ) private view {
        bytes32 pubdata = Statements.pubdataHash(part.segmentHash);
        if (pubdata != s.pubdataHashes[i]) revert PubdataMismatch(pubdata, s.pubdataHashes[i]);
        check(leafVerifier, leafPublics(s, chain, roots, part), proof, i);
    }

    function check(
        IProofVerifier verifier,
        bytes memory publics,
        bytes calldata proof,
        uint256 index
    ) private view {
        if (!verifier.verify(publics, proof)) revert ProofRefused(index);
    }

    function placeOf(uint64 chainId) private view returns (uint256 place) {
        while (chainIds[place] != chainId) place++;
    }

    /// state.md section 8: chain, k lo, k hi, T lo, T hi, segment, of, dep 8, old root 8, new root 8,
    /// SHA-256 of the segment as 16 u16, tuple digest 8, tuple count; 4 bytes each.
    function leafPublics(
        Statement calldata s,
        uint16 chain,
        bytes memory roots,
        Part calldata part
    ) internal view returns (bytes memory publics) {
        publics = abi.encodePacked(
            uint32(chain),
            uint32(s.k & 0xffff),
            uint32(s.k >> 16),
            uint32(s.time & 0xffff),
            uint32(s.time >> 16),
            uint32(0),
            uint32(1),
            dep,
            roots
        );
        uint256 hash = uint256(part.segmentHash);
        publics = abi.encodePacked(
            publics, spread(hash >> 128), spread(hash), part.tupleDigest, part.tupleCount
        );
        assert(publics.length == 4 * LEAF_PUBLICS);
    }

    /// T lo, T hi, dep 8, then chain, digest 8, count of both sides.
    function pairingPublics(Statement calldata s, Part[] calldata parts)
        internal
        view
        returns (bytes memory publics)
    {
        uint32 chainB = NO_CHAIN;
        bytes32 digestB = NO_TUPLES;
        uint32 countB = 0;
        if (parts.length == 2) {
            chainB = chainIndexes[placeOf(s.participants[1])];
            digestB = parts[1].tupleDigest;
            countB = parts[1].tupleCount;
        }
        publics = abi.encodePacked(
            uint32(s.time & 0xffff),
            uint32(s.time >> 16),
            dep,
            uint32(chainIndexes[placeOf(s.participants[0])]),
            parts[0].tupleDigest,
            parts[0].tupleCount,
            chainB,
            digestB,
            countB
        );
        assert(publics.length == 4 * PAIRING_PUBLICS);
    }

    /// The low 128 bits as eight 16-bit numbers of 4 bytes each.
    function spread(uint256 x) private pure returns (bytes32 out) {
        uint256 r = 0;
        for (uint256 i = 0; i < 8; i++) {
            r |= ((x >> (16 * i)) & 0xffff) << (32 * i);
        }
        out = bytes32(r);
    }
}
