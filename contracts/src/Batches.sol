// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Batch, Statement} from "./HawserTypes.sol";
import {Requests} from "./Requests.sol";
import {Segments} from "./Segments.sol";
import {Statements} from "./Statements.sol";

/// @dev Commit and revert (REQ-L1-3, F1).
abstract contract Batches is Requests {
    using Segments for bytes;

    uint64 internal constant TIME_BEHIND_MAX = 3600; // seconds T_k may lie before the block (N3)
    uint64 internal constant TIME_AHEAD_MAX = 300;
    uint256 internal constant PARTICIPANTS_MAX = 16; // of the batch program

    function commitBatch(Statement calldata s, bytes calldata segment, uint64 epoch_)
        external
        onlyOperator
        nonReentrant
    {
        // Whoever audits finds the segment in the calldata of the transaction itself.
        if (msg.sender != tx.origin) revert NotTopLevelCall();
        if (epoch_ != epoch) revert WrongEpoch(epoch_, epoch);
        uint64 k = progress.committedK + 1;
        if (s.k != k || k > type(uint32).max) revert WrongBatch(s.k, k);
        Batch storage last = batchOf[k - 1];
        if (s.prevFinalRoot != last.finalRoot) {
            revert WrongPreviousRoot(s.prevFinalRoot, last.finalRoot);
        }
        if (s.time < last.time) revert TimeWentBack(s.time, last.time);
        if (s.time > type(uint32).max || s.time > block.timestamp + TIME_AHEAD_MAX) {
            revert TimeOutsideWindow(s.time, uint64(block.timestamp));
        }

        Batch memory b;
        (bool takesPart, bytes32 pubdata) = checkParticipants(s);
        if (takesPart) {
            if (s.time + TIME_BEHIND_MAX < block.timestamp) {
                revert TimeOutsideWindow(s.time, uint64(block.timestamp));
            }
            bytes32 computed = Statements.pubdataHash(sha256(segment));
            if (computed != pubdata) revert PubdataMismatch(computed, pubdata);
            readSegment(b, s, segment);
        } else {
            if (segment.length != 0) revert UnexpectedSegment();
            b.regionsHash = keccak256("");
        }
        b.stmt = Statements.statement(s, deploymentId, chainsDigest, programsDigest);
        b.finalRoot = s.finalRoot;
        b.digest = Statements.nextDigest(last.digest, b.stmt);
        b.time = uint32(s.time);
        b.committedAt = uint40(block.timestamp);
        batchOf[k] = b;
        progress.committedK = k;
        progress.committedRequests += b.priorityCount;
        emit BatchCommitted(k, b.stmt, b.finalRoot, b.digest);
    }

    /// Takes back the batches fromK .. committedK. A proven batch stays for ever.
    function revertBatches(uint64 fromK) external onlyOperator nonReentrant {
        uint64 k = progress.committedK;
        if (fromK > k || fromK <= progress.provenK) revert NotRevertible(fromK);
        uint64 requestsBack = 0;
        for (; k >= fromK; k--) {
            requestsBack += batchOf[k].priorityCount;
            delete batchOf[k];
            emit BatchReverted(k);
        }
        progress.committedK = k;
        progress.committedRequests -= requestsBack;
    }

    /// Gives the operator's role away; every epoch is greater than the one before.
    function handOver(address to, uint64 newEpoch) external onlyOperator {
        if (to == address(0)) revert OwnerInvalid();
        if (newEpoch <= epoch) revert WrongEpoch(newEpoch, epoch);
        operator = to;
        epoch = newEpoch;
        emit OperatorChanged(to, newEpoch);
    }

    /// Participants are chains of the deployment, ascending. Returns this chain's entry.
    function checkParticipants(Statement calldata s)
        private
        view
        returns (bool takesPart, bytes32 pubdata)
    {
        uint256 n = s.participants.length;
        if (n == 0 || n > PARTICIPANTS_MAX || s.pubdataHashes.length != n) revert BadParticipants();
        uint256 place = 0;
        for (uint256 i = 0; i < n; i++) {
            uint64 id = s.participants[i];
            while (place < chainIds.length && chainIds[place] != id) place++;
            if (place == chainIds.length) revert BadParticipants();
            if (place == ownPlace) (takesPart, pubdata) = (true, s.pubdataHashes[i]);
            place++;
        }
    }

    /// Checks the header, compares the priority region with the queue, looks at the withdrawals.
    function readSegment(Batch memory b, Statement calldata s, bytes calldata segment)
        private
        view
    {
        if (segment.length < Segments.HEADER) revert SegmentTooShort();
        Segments.Header memory h = segment.header();
        if (
            h.version != 2 || h.chain != ownIndex || h.k != s.k || h.time != s.time
                || h.segment != 0 || h.segments != 1
        ) revert BadHeader();
        uint256 regions = h.priorityBytes + Segments.WITHDRAWAL * h.withdrawals;
        if (segment.length < Segments.HEADER + regions) revert SegmentTooShort();
        bytes calldata region = segment[Segments.HEADER:Segments.HEADER + regions];
        comparePriority(region[:h.priorityBytes], h.priority);
        for (uint256 i = 0; i < h.withdrawals; i++) {
            (uint32 token,,) = region.withdrawal(h.priorityBytes + i * Segments.WITHDRAWAL);
            if (!isToken(token)) revert TokenUnknown(token);
        }
        b.regionsHash = keccak256(region);
        b.priorityCount = uint16(h.priority);
        b.withdrawalCount = uint16(h.withdrawals);
        b.priorityBytes = uint32(h.priorityBytes);
    }

    /// Every record, its outcome (and an exit's results) masked, is the next request of the queue.
    function comparePriority(bytes calldata region, uint256 count) private view {
        uint64 index = progress.committedRequests;
        uint256 available = progress.totalRequests - index;
        if (count > available) revert TooManyPriorityRecords(count, available);
        uint256 pos = 0;
        for (uint256 i = 0; i < count; i++) {
            uint256 size = region.recordSize(pos);
            if (size == 0 || pos + size > region.length) revert PriorityRegionLength();
            if (region.requestHash(pos, size) != requestOf[index].hash) {
                revert PriorityQueueMismatch(index);
            }
            if (!region.outcomeAllowed(pos)) {
                revert OutcomeNotAllowed(index, uint8(region[pos]));
            }
            if (region.kindAt(pos) == KIND_EXIT) {
                (uint32 token, uint128 amount,) = region.exitResult(pos);
                if (amount > 0 && !isToken(token)) revert TokenUnknown(token);
            }
            pos += size;
            index++;
        }
        if (pos != region.length) revert PriorityRegionLength();
    }
}
