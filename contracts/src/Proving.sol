// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Batches} from "./Batches.sol";
import {Statements} from "./Statements.sol";

/// @dev The only way to a proven batch (REQ-L1-4). The proof says that the batches between two digests
///      are valid and consecutive; both digests are the ones stored when the batches were committed.
abstract contract Proving is Batches {
    uint256 internal constant PUBLICS = 48;
    uint64 internal constant RANGE_MAX = 64;

    /// The statements that this contract computes: clients of another version find out here.
    function statementVersion() external pure returns (uint32) {
        return Statements.VERSION;
    }

    /// One proof for the batches provenK + 1 .. toK. Anyone may call.
    function proveBatches(uint64 toK, bytes calldata proof) external nonReentrant {
        uint64 fromK = progress.provenK;
        if (toK <= fromK) revert NothingToProve(toK, fromK);
        if (toK > progress.committedK) revert WrongBatch(toK, progress.committedK);
        if (toK - fromK > RANGE_MAX) revert RangeTooLong(toK - fromK, RANGE_MAX);
        bytes memory publics = publicsOf(batchOf[fromK].digest, batchOf[toK].digest);
        if (!verifier.verify(publics, proof)) revert ProofRefused();
        progress.provenK = toK;
        for (uint64 k = fromK + 1; k <= toK; k++) {
            batchOf[k].provenAt = uint40(block.timestamp);
            emit BatchProven(k, batchOf[k].finalRoot);
        }
    }

    /// recursion.md section 4: K, eight zeros, 16 limbs of each digest; 4 bytes each.
    function publicsOf(bytes32 from, bytes32 to) private view returns (bytes memory publics) {
        publics = abi.encodePacked(
            keySet,
            bytes32(0),
            spread(uint256(from) >> 128),
            spread(uint256(from)),
            spread(uint256(to) >> 128),
            spread(uint256(to))
        );
        assert(publics.length == 4 * PUBLICS);
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
