// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Batch, BlobSegment, Statement} from "./HawserTypes.sol";
import {Blobs} from "./Blobs.sol";
import {Requests} from "./Requests.sol";
import {Segments} from "./Segments.sol";
import {Statements} from "./Statements.sol";

/// @dev Commit and revert (REQ-L1-3, F1).
abstract contract Batches is Requests {
    using Segments for bytes;
    using Segments for Segments.Slice;

    uint64 internal constant TIME_BEHIND_MAX = 3600; // seconds T_k may lie before the block (N3)
    uint64 internal constant TIME_AHEAD_MAX = 300;
    uint256 internal constant PARTICIPANTS_MAX = 16; // of the batch program
    uint256 internal constant SEGMENTS_MAX = 64; // of the batch program
    /// What executeBatch can do within a transaction of 16,777,216 gas, in units of 42,000 gas: a
    /// request takes one, a payment (withdrawal, exit) PAYMENT_COST of them. A proven batch is
    /// irrevocable, so one that cannot be executed would stop the chain for ever.
    uint256 internal constant EXECUTION_COST_MAX = 360;
    uint256 internal constant PAYMENT_COST = 5;

    /// segments: this chain's part of the batch in order; empty iff the chain takes no part.
    function commitBatch(Statement calldata s, bytes[] calldata segments, uint64 epoch_)
        external
        onlyOperator
        nonReentrant
    {
        (bool takesPart, bytes32 pubdata) = checkStatement(s, epoch_);
        Batch memory b;
        if (takesPart) {
            checkCount(segments.length);
            checkPubdata(Statements.pubdataHash(segments), pubdata);
            Segments.Slice[] memory parts = new Segments.Slice[](segments.length);
            for (uint256 i = 0; i < parts.length; i++) parts[i] = segments[i].slice();
            readSegments(b, s, parts);
        } else {
            if (segments.length != 0) revert UnexpectedSegment();
            b.regionsHash = keccak256("");
        }
        store(b, s);
    }

    /// The same with the bytes behind the segments' heads in the one blob of the transaction.
    /// opening: value of the blob's polynomial at z (32 bytes), KZG commitment and proof (48 each).
    function commitBlobBatch(
        Statement calldata s,
        BlobSegment[] calldata segments,
        bytes calldata opening,
        uint64 epoch_
    ) external onlyOperator nonReentrant {
        (bool takesPart, bytes32 pubdata) = checkStatement(s, epoch_);
        if (!takesPart) revert UnexpectedSegment();
        checkCount(segments.length);
        checkPubdata(Blobs.pubdataHash(segments, opening), pubdata);
        Segments.Slice[] memory heads = new Segments.Slice[](segments.length);
        for (uint256 i = 0; i < heads.length; i++) heads[i] = segments[i].head.slice();
        Batch memory b;
        readSegments(b, s, heads);
        store(b, s);
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

    /// What has nothing to do with the published bytes. Returns whether this chain takes part, and its
    /// pubdata hash.
    function checkStatement(Statement calldata s, uint64 epoch_)
        private
        view
        returns (bool takesPart, bytes32 pubdata)
    {
        // Whoever audits finds the segments in the calldata of the transaction itself.
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
        (takesPart, pubdata) = checkParticipants(s);
        if (takesPart && s.time + TIME_BEHIND_MAX < block.timestamp) {
            revert TimeOutsideWindow(s.time, uint64(block.timestamp));
        }
    }

    function checkCount(uint256 segments) private pure {
        if (segments == 0 || segments > SEGMENTS_MAX) revert BadSegmentCount(segments);
    }

    function checkPubdata(bytes32 computed, bytes32 stated) private pure {
        if (computed != stated) revert PubdataMismatch(computed, stated);
    }

    /// b has what the segments say.
    function store(Batch memory b, Statement calldata s) private {
        b.stmt = Statements.statement(s, deploymentId, chainsDigest, programsDigest);
        b.finalRoot = s.finalRoot;
        b.digest = Statements.nextDigest(batchOf[s.k - 1].digest, b.stmt);
        b.time = uint32(s.time);
        b.committedAt = uint40(block.timestamp);
        batchOf[s.k] = b;
        progress.committedK = s.k;
        progress.committedRequests += b.priorityCount;
        emit BatchCommitted(s.k, b.stmt, b.finalRoot, b.digest);
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

    /// Checks the headers, then reads the regions of all segments into one list each: the priority
    /// records are the next requests of the queue, withdrawals name known tokens. segments: at least
    /// as much of each as holds its regions.
    function readSegments(Batch memory b, Statement calldata s, Segments.Slice[] memory segments)
        private
        view
    {
        uint256 priority = 0;
        uint256 priorityBytes = 0;
        uint256 withdrawals = 0;
        for (uint256 i = 0; i < segments.length; i++) {
            Segments.Header memory h = checkHeader(s, segments[i].bytesOf(), i, segments.length);
            priority += h.priority;
            priorityBytes += h.priorityBytes;
            withdrawals += h.withdrawals;
        }
        uint256 index = progress.committedRequests;
        uint256 available = progress.totalRequests - index;
        if (priority > available) revert TooManyPriorityRecords(priority, available);

        // priority regions | withdrawal regions, as executeBatch wants them
        bytes memory regions = new bytes(priorityBytes + Segments.WITHDRAWAL * withdrawals);
        uint256 cost = priority + PAYMENT_COST * withdrawals;
        uint256 priorityAt = 0;
        uint256 withdrawalsAt = priorityBytes;
        for (uint256 i = 0; i < segments.length; i++) {
            bytes calldata region = segments[i].bytesOf();
            Segments.Header memory h = region.header();
            region = region[Segments.HEADER:];
            bytes calldata part = region[:h.priorityBytes];
            part.copyTo(regions, priorityAt);
            priorityAt += part.length;
            cost += (PAYMENT_COST - 1) * comparePriority(part, h.priority, index);
            index += h.priority;
            part = region[h.priorityBytes:h.priorityBytes + Segments.WITHDRAWAL * h.withdrawals];
            part.copyTo(regions, withdrawalsAt);
            withdrawalsAt += part.length;
            for (uint256 pos = 0; pos < part.length; pos += Segments.WITHDRAWAL) {
                (uint32 token,,) = part.withdrawal(pos);
                if (!isToken(token)) revert TokenUnknown(token);
            }
        }
        if (cost > EXECUTION_COST_MAX) revert TooMuchToExecute(cost, EXECUTION_COST_MAX);
        b.regionsHash = keccak256(regions);
        // No overflow: cost bounds the counts, and a record has at most 62 bytes.
        b.priorityCount = uint16(priority);
        b.withdrawalCount = uint16(withdrawals);
        b.priorityBytes = uint32(priorityBytes);
    }

    /// Segment i of n is this chain's, of this batch, and holds its regions.
    function checkHeader(Statement calldata s, bytes calldata segment, uint256 i, uint256 n)
        private
        view
        returns (Segments.Header memory h)
    {
        if (segment.length < Segments.HEADER) revert SegmentTooShort(i);
        h = segment.header();
        if (
            h.version != Segments.VERSION || h.chain != ownIndex || h.k != s.k
                || h.segment != i || h.segments != n || h.time != s.time
        ) revert BadHeader(i);
        uint256 regions = h.priorityBytes + Segments.WITHDRAWAL * h.withdrawals;
        if (segment.length < Segments.HEADER + regions) revert SegmentTooShort(i);
    }

    /// Every record, its outcome (and an exit's results) masked, is the next request of the queue
    /// from `index` on. Returns the number of exits.
    function comparePriority(bytes calldata region, uint256 count, uint256 index)
        private
        view
        returns (uint256 exits)
    {
        uint256 pos = 0;
        for (uint256 end = index + count; index < end; index++) {
            uint256 size = region.recordSize(pos);
            if (size == 0 || pos + size > region.length) revert PriorityRegionLength();
            if (region.requestHash(pos, size) != requestOf[uint64(index)].hash) {
                revert PriorityQueueMismatch(uint64(index));
            }
            if (!region.outcomeAllowed(pos)) {
                revert OutcomeNotAllowed(uint64(index), uint8(region[pos]));
            }
            if (region.kindAt(pos) == KIND_EXIT) {
                exits++;
                (uint32 token, uint128 amount,) = region.exitResult(pos);
                if (amount > 0 && !isToken(token)) revert TokenUnknown(token);
            }
            pos += size;
        }
        if (pos != region.length) revert PriorityRegionLength();
    }
}
