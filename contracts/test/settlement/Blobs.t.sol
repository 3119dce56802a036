// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Hawser} from "../../src/Hawser.sol";
import {BlobSegment, Statement} from "../../src/HawserTypes.sol";
import {BlobVectors} from "./BlobVectors.sol";
import {HawserBase} from "./HawserBase.sol";

interface VmBlobs {
    function blobhashes(bytes32[] calldata hashes) external;
    function mockCall(address callee, bytes calldata data, bytes calldata returned) external;
    function mockCallRevert(address callee, bytes calldata data, bytes calldata revertData) external;
    function clearMockedCalls() external;
}

/// @dev commitBlobBatch (docs/protocol/blobs.md section 5). Two kinds of openings: those of
///      BlobVectors, of real data, and the constant polynomial 7, which opens at every z: the
///      contract cannot know the bytes in the blob, so with it segments can be anything.
contract BlobsTest is HawserBase {
    uint256 private constant R =
        0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;
    VmBlobs private constant cheats = VmBlobs(address(vm));

    /// What is sent beside the statement; hashes are those of the transaction's blobs.
    struct Part {
        BlobSegment[] segments;
        bytes opening;
        bytes32[] hashes;
    }

    function versionedHash(bytes memory opening) private pure returns (bytes32) {
        bytes memory commitment = new bytes(48);
        for (uint256 i = 0; i < 48; i++) commitment[i] = opening[32 + i];
        return bytes32(uint256(sha256(commitment)) << 8 >> 8 | 1 << 248);
    }

    function hashesOf(bytes32 one_) private pure returns (bytes32[] memory list) {
        list = new bytes32[](1);
        list[0] = one_;
    }

    function seven() private pure returns (bytes memory) {
        return abi.encodePacked(uint256(7), BlobVectors.SEVEN, bytes1(0xc0), new bytes(47));
    }

    // ---- a model of section 2, byte by byte ----

    function elementOf(bytes memory head, uint256 j) private pure returns (uint256 v) {
        for (uint256 i = 31 * j; i < 31 * j + 31; i++) {
            v = v * 256 + (i < head.length ? uint8(head[i]) : 0);
        }
    }

    function pointOf(Part memory p) private pure returns (uint256) {
        bytes memory message = abi.encodePacked(
            "HAWSER-BLOB-1", bytes3(0), versionedHash(p.opening), uint8(p.segments.length)
        );
        for (uint256 i = 0; i < p.segments.length; i++) {
            BlobSegment memory s = p.segments[i];
            message = abi.encodePacked(message, s.hash, s.length, sha256(s.head));
        }
        return uint256(sha256(message)) % R;
    }

    /// Sum of v_i z^(m - i): powers, from the last value to the first.
    function valueOf(Part memory p, uint256 z) private pure returns (uint256 a) {
        uint256 power = 1;
        for (uint256 i = p.segments.length; i > 0; i--) {
            bytes memory head = p.segments[i - 1].head;
            for (uint256 j = (head.length + 30) / 31; j > 0; j--) {
                a = addmod(a, mulmod(elementOf(head, j - 1), power, R), R);
                power = mulmod(power, z, R);
            }
            a = addmod(a, mulmod(2 ** 248 + p.segments[i - 1].length, power, R), R);
            power = mulmod(power, z, R);
        }
    }

    function pubdataOf(Part memory p) private pure returns (bytes32) {
        uint256 z = pointOf(p);
        bytes memory message = abi.encodePacked(uint8(128 + p.segments.length));
        for (uint256 i = 0; i < p.segments.length; i++) {
            message = abi.encodePacked(message, p.segments[i].hash);
        }
        bytes32 b;
        bytes memory opening = p.opening;
        assembly {
            b := mload(add(opening, 32))
        }
        return sha256(abi.encodePacked(message, z, valueOf(p, z), b));
    }

    // ---- batches ----

    function segmentOf(uint256 i, uint256 n, uint256 length) private view returns (bytes memory s) {
        bytes memory header = abi.encodePacked(
            uint8(2), uint16(0), uint32(1), uint8(i), uint8(n), uint32(block.timestamp), bytes31(0)
        );
        s = new bytes(length);
        for (uint256 j = 0; j < 44; j++) s[j] = header[j];
        for (uint256 j = 0; 44 + 32 * j < length; j++) {
            bytes32 block_ = sha256(abi.encodePacked("vector", uint32(i), uint32(j)));
            for (uint256 t = 0; t < 32 && 44 + 32 * j + t < length; t++) {
                s[44 + 32 * j + t] = block_[t];
            }
        }
    }

    function cut(bytes memory data, uint256 length) private pure returns (bytes memory out) {
        out = new bytes(length);
        for (uint256 i = 0; i < length; i++) out[i] = data[i];
    }

    function blobSegment(bytes memory segment, uint256 head)
        private
        pure
        returns (BlobSegment memory)
    {
        return BlobSegment(sha256(segment), uint32(segment.length), cut(segment, head));
    }

    function vector(uint256[] memory lengths, uint256[] memory heads, bytes memory opening)
        private
        view
        returns (Part memory p)
    {
        p.segments = new BlobSegment[](lengths.length);
        for (uint256 i = 0; i < lengths.length; i++) {
            p.segments[i] = blobSegment(segmentOf(i, lengths.length, lengths[i]), heads[i]);
        }
        p.opening = opening;
        p.hashes = hashesOf(versionedHash(opening));
    }

    function small() private view returns (Part memory) {
        uint256[] memory lengths = new uint256[](4);
        uint256[] memory heads = new uint256[](4);
        (lengths[0], lengths[1], lengths[2], lengths[3]) = (200, 75, 44, 2039);
        (heads[0], heads[1], heads[2], heads[3]) = (62, 62, 44, 93);
        return vector(lengths, heads, BlobVectors.SMALL_OPENING);
    }

    function full() private view returns (Part memory) {
        uint256[] memory lengths = new uint256[](59);
        uint256[] memory heads = new uint256[](59);
        for (uint256 i = 0; i < 59; i++) (lengths[i], heads[i]) = (i < 58 ? 2039 : 1738, 62);
        return vector(lengths, heads, BlobVectors.FULL_OPENING);
    }

    /// One segment with these regions, 7 in the blob.
    function withRegions(Wish memory w) private view returns (Part memory p) {
        bytes memory segment = abi.encodePacked(
            headerOf(world.k + 1, uint64(block.timestamp), w), w.priority, w.withdrawals, new bytes(99)
        );
        uint256 head = (44 + w.priority.length + w.withdrawals.length + 30) / 31 * 31;
        p.segments = new BlobSegment[](1);
        p.segments[0] = blobSegment(segment, head);
        p.opening = seven();
        p.hashes = hashesOf(versionedHash(p.opening));
    }

    /// The next batch of both chains; this one's pubdata hash is the given one.
    function batch(bytes32 pubdata) private returns (Made memory m) {
        World memory was = world;
        m = make(quiet());
        world = was;
        m.s.pubdataHashes[0] = pubdata;
        finish(m);
    }

    function send(Statement memory s, Part memory p) private {
        cheats.blobhashes(p.hashes);
        vm.prank(operator, operator);
        hawser.commitBlobBatch(s, p.segments, p.opening, 0);
    }

    function refused(Statement memory s, Part memory p, bytes memory why) private {
        cheats.blobhashes(p.hashes);
        vm.prank(operator, operator);
        vm.expectRevert(why);
        hawser.commitBlobBatch(s, p.segments, p.opening, 0);
        same(hawser.committedK(), 0, "nothing committed");
    }

    /// A statement that says of p what section 2 says, so that only the rule itself can refuse it.
    function refusedByRule(Part memory p, bytes memory why) private {
        uint256 before = vm.snapshotState();
        refused(batch(pubdataOf(p)).s, p, why);
        vm.revertToState(before);
    }

    /// The statement is that of `small`.
    function refusedAsSmall(Part memory p, bytes4 why) private {
        uint256 before = vm.snapshotState();
        refused(batch(BlobVectors.SMALL_PUBDATA).s, p, abi.encodeWithSelector(why));
        vm.revertToState(before);
    }

    /// The same, and what differs from `small` makes another z (OpeningRefused) or a part that is cut
    /// otherwise: one of these two has to see it.
    function refusedAsAnother(Part memory p) private {
        refusedAsSmall(p, OpeningRefused.selector);
        // seven opens everywhere: the pubdata hash sees it too
        p.opening = seven();
        p.hashes = hashesOf(versionedHash(p.opening));
        bytes32 computed = pubdataOf(p);
        Part memory was = small();
        (was.opening, was.hashes) = (p.opening, p.hashes);
        bytes32 stated = pubdataOf(was);
        uint256 before = vm.snapshotState();
        refused(
            batch(stated).s, p, abi.encodeWithSelector(PubdataMismatch.selector, computed, stated)
        );
        vm.revertToState(before);
    }

    // ---- taken ----

    function stored(Made memory m) private view {
        Hawser.BatchView memory b = hawser.batches(m.s.k);
        same(b.stmt, m.stmt, "stmt");
        same(b.digest, m.digest, "D_k");
        same(b.finalRoot, m.s.finalRoot, "final root");
        same(b.state, 1, "state");
        same(hawser.committedK(), m.s.k, "committedK");
    }

    function test_segments_that_end_in_a_blob_are_committed() public {
        Part memory p = small();
        same(bytes32(pointOf(p)), BlobVectors.SMALL_Z, "z of the other model");
        same(bytes32(valueOf(p, pointOf(p))), BlobVectors.SMALL_A, "a of the other model");
        Made memory m = batch(BlobVectors.SMALL_PUBDATA);
        send(m.s, p);
        stored(m);
        m = make(quiet());
        commit(m); // calldata after it
        stored(m);
    }

    function test_a_blob_of_one_element_is_committed() public {
        uint256[] memory lengths = new uint256[](1);
        uint256[] memory heads = new uint256[](1);
        (lengths[0], heads[0]) = (70, 62);
        Made memory m = batch(BlobVectors.ONE_PUBDATA);
        send(m.s, vector(lengths, heads, BlobVectors.ONE_OPENING));
        stored(m);
    }

    event Gas(string what, uint256 gas_);

    function test_the_greatest_batch_is_committed() public {
        Part memory p = full();
        Made memory m = batch(BlobVectors.FULL_PUBDATA);
        cheats.blobhashes(p.hashes);
        vm.prank(operator, operator);
        uint256 before = gasleft();
        hawser.commitBlobBatch(m.s, p.segments, p.opening, 0);
        emit Gas("120,000 bytes, without calldata and intrinsic gas", before - gasleft());
        stored(m);
    }

    /// Any heads: the contract's value is that of the model above.
    /// forge-config: settlement.fuzz.runs = 48
    function test_the_value_of_heads_is_that_of_a_slow_model(uint256 seed) public {
        uint256 n = 1 + seed % 5;
        Part memory p;
        p.segments = new BlobSegment[](n);
        for (uint256 i = 0; i < n; i++) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 length = 44 + seed % 300;
            uint256 elements = length / 31;
            bool isWhole = i + 1 < n && seed >> 32 & 3 == 0;
            uint256 head = isWhole ? length : 31 * (2 + (seed >> 64) % elements);
            if (head > length || i + 1 == n) (head, length) = (62, 63 + seed % 300);
            p.segments[i] = blobSegment(segmentOf(i, n, length), head);
        }
        p.opening = seven();
        p.hashes = hashesOf(versionedHash(p.opening));
        Made memory m = batch(pubdataOf(p));
        send(m.s, p);
        stored(m);
    }

    function test_requests_and_withdrawals_in_heads_are_served() public {
        depositEth(10);
        Wish memory w = withPriority(depositEthRecord(0, 10), 1);
        w.withdrawals = withdrawalRecord(1, address(0xCAFE), 4);
        w.withdrawalCount = 1;
        Part memory p = withRegions(w);
        Made memory m = batch(pubdataOf(p));
        m.regions = abi.encodePacked(w.priority, w.withdrawals);
        send(m.s, p);
        stored(m);
        same(hawser.committedRequests(), 1, "served");
        prove(m);
        agree(1, m.digest);
        vm.warp(block.timestamp + DELAY);
        execute(m);
        same(address(0xCAFE).balance, 4, "paid");
    }

    // ---- the transaction's blobs ----

    function test_exactly_one_blob() public {
        Part memory p = small();
        bytes32 own = p.hashes[0];
        p.hashes = new bytes32[](0);
        refusedByRule(p, abi.encodeWithSelector(NotOneBlob.selector));
        p.hashes = new bytes32[](2);
        (p.hashes[0], p.hashes[1]) = (own, own);
        refusedByRule(p, abi.encodeWithSelector(NotOneBlob.selector));
    }

    function test_another_blob_is_refused() public {
        Part memory p = small();
        p.hashes = hashesOf(BlobVectors.FULL_HASH);
        refusedAsSmall(p, OpeningRefused.selector);
    }

    // ---- the opening ----

    function test_every_part_of_the_opening_counts() public {
        // first and last bytes of b, commitment and proof are among them
        uint8[12] memory places = [0, 1, 17, 31, 32, 33, 60, 79, 80, 81, 105, 127];
        for (uint256 i = 0; i < places.length; i++) {
            Part memory p = small();
            p.opening[places[i]] ^= 0x01;
            refusedAsSmall(p, OpeningRefused.selector);
        }
    }

    function test_the_proof_of_another_polynomial_is_refused() public {
        Part memory p = small();
        for (uint256 i = 80; i < 128; i++) p.opening[i] = BlobVectors.FULL_OPENING[i];
        refusedAsSmall(p, OpeningRefused.selector);
    }

    function test_an_opening_has_128_bytes_and_a_canonical_value() public {
        Part memory p = small();
        p.opening = cut(p.opening, 127);
        refusedAsSmall(p, BadOpening.selector);
        p.opening = abi.encodePacked(BlobVectors.SMALL_OPENING, uint8(0));
        refusedAsSmall(p, BadOpening.selector);
        p = small();
        for (uint256 i = 0; i < 32; i++) p.opening[i] = bytes32(R)[i];
        refusedAsSmall(p, BadOpening.selector);
        p.opening[31] = 0; // R - 1
        refusedAsSmall(p, OpeningRefused.selector);
    }

    /// What the precompile answers is looked at: nothing (a chain without EIP-4844), other constants.
    function test_answers_of_another_precompile_are_refused() public {
        Part memory p = small();
        bytes[4] memory answers = [
            bytes(""),
            abi.encode(uint256(4095), R),
            abi.encode(uint256(4096), R - 1),
            abi.encodePacked(uint256(4096), R, uint8(0))
        ];
        Made memory m = batch(BlobVectors.SMALL_PUBDATA);
        for (uint256 i = 0; i < answers.length; i++) {
            cheats.mockCall(address(0x0a), "", answers[i]);
            refused(m.s, p, abi.encodeWithSelector(OpeningRefused.selector));
        }
        cheats.mockCallRevert(address(0x0a), "", abi.encode(uint256(4096), R));
        refused(m.s, p, abi.encodeWithSelector(OpeningRefused.selector));
        cheats.clearMockedCalls();
        send(m.s, p);
        stored(m);
    }

    // ---- segments ----

    function test_lengths_of_heads() public {
        Part memory p = small();
        p.segments[0].head = cut(p.segments[0].head, 61); // no whole elements
        refusedByRule(p, abi.encodeWithSelector(BadHead.selector, 0));
        p = small();
        p.segments[1].head = cut(segmentOf(1, 4, 75), 74);
        refusedByRule(p, abi.encodeWithSelector(BadHead.selector, 1));
        p = small();
        p.segments[2].head = abi.encodePacked(p.segments[2].head, bytes18(0)); // 62 of 44
        refusedByRule(p, abi.encodeWithSelector(BadHead.selector, 2));
        p = small();
        (p.opening, p.hashes) = (seven(), hashesOf(versionedHash(seven())));
        bytes memory head = p.segments[2].head;
        p.segments[2].length = 43;
        p.segments[2].head = cut(head, 43);
        refusedByRule(p, abi.encodeWithSelector(SegmentTooShort.selector, 2));
        (p.segments[2].length, p.segments[2].head) = (44, head);
        p.segments[0].head = cut(p.segments[0].head, 31); // not the whole header
        refusedByRule(p, abi.encodeWithSelector(SegmentTooShort.selector, 0));
        p.segments[0].head = "";
        refusedByRule(p, abi.encodeWithSelector(SegmentTooShort.selector, 0));
    }

    function test_regions_lie_within_the_head() public {
        depositEth(10);
        Part memory p = withRegions(withPriority(depositEthRecord(0, 10), 1));
        same(p.segments[0].head.length, 93, "44 + 42 bytes are three elements");
        p.segments[0].head = cut(p.segments[0].head, 62);
        refusedByRule(p, abi.encodeWithSelector(SegmentTooShort.selector, 0));
    }

    function test_something_lies_in_the_blob() public {
        Part memory p = small();
        for (uint256 i = 0; i < 4; i++) {
            p.segments[i].head = segmentOf(i, 4, p.segments[i].length);
        }
        refusedByRule(p, abi.encodeWithSelector(NothingInBlob.selector));
    }

    function test_a_part_has_at_most_120000_bytes() public {
        Part memory p = full();
        p.segments[3].length++;
        refusedByRule(p, abi.encodeWithSelector(TooManyBytes.selector, 120001, 120000));
        p.segments[3].length = type(uint32).max;
        uint256 sum = 120000 - 2039 + uint256(type(uint32).max);
        refusedByRule(p, abi.encodeWithSelector(TooManyBytes.selector, sum, 120000));
    }

    function test_one_to_64_segments() public {
        Part memory p = small();
        p.segments = new BlobSegment[](0);
        refusedByRule(p, abi.encodeWithSelector(BadSegmentCount.selector, 0));
        p.segments = new BlobSegment[](65);
        for (uint256 i = 0; i < 65; i++) p.segments[i] = blobSegment(segmentOf(i, 65, 70), 62);
        refusedByRule(p, abi.encodeWithSelector(BadSegmentCount.selector, 65));
        p.segments = new BlobSegment[](64);
        for (uint256 i = 0; i < 64; i++) p.segments[i] = blobSegment(segmentOf(i, 64, 70), 62);
        p.opening = seven();
        p.hashes = hashesOf(versionedHash(p.opening));
        Made memory m = batch(pubdataOf(p));
        send(m.s, p);
        stored(m);
    }

    function test_any_other_hash_length_head_or_order_is_another_part() public {
        for (uint256 i = 0; i < 4; i++) {
            Part memory p = small();
            p.segments[i].hash ^= bytes32(uint256(1));
            refusedAsAnother(p);
            p = small();
            if (i != 2) {
                p.segments[i].length++;
                refusedAsAnother(p);
            }
        }
        uint256[4] memory places = [uint256(0), 43, 44, 61];
        for (uint256 i = 0; i < 4; i++) {
            Part memory p = small();
            p.segments[3].head[places[i]] ^= 0x80;
            refusedAsAnother(p);
        }
        Part memory last = small();
        last.segments[2].head[43] ^= 0x01; // in an element of 13 bytes
        refusedAsAnother(last);
        last = small();
        (last.segments[0], last.segments[1]) = (last.segments[1], last.segments[0]);
        refusedAsAnother(last);
        last = small();
        last.segments[3].head = cut(segmentOf(3, 4, 2039), 62); // a shorter head of the same bytes
        refusedAsAnother(last);
        send(batch(BlobVectors.SMALL_PUBDATA).s, small());
    }

    /// The part as calldata has another hash, even with the same segments.
    function test_the_two_forms_do_not_mix() public {
        bytes[] memory segments = new bytes[](1);
        segments[0] = segmentOf(0, 1, 70);
        Made memory m = batch(BlobVectors.ONE_PUBDATA);
        vm.prank(operator, operator);
        vm.expectRevert();
        hawser.commitBatch(m.s, segments, 0);
    }

    // ---- what it shares with commitBatch ----

    function test_headers_are_checked() public {
        for (uint256 i = 0; i < 13; i++) {
            Part memory p = small();
            p.opening = seven();
            p.hashes = hashesOf(versionedHash(p.opening));
            p.segments[1].head[i] ^= 0x01;
            refusedByRule(p, abi.encodeWithSelector(BadHeader.selector, 1));
        }
    }

    function test_the_queue_tokens_and_the_cost_of_execution_are_checked() public {
        Part memory p = withRegions(withPriority(depositEthRecord(0, 10), 1));
        refusedByRule(p, abi.encodeWithSelector(TooManyPriorityRecords.selector, 1, 0));
        depositEth(11);
        refusedByRule(p, abi.encodeWithSelector(PriorityQueueMismatch.selector, 0));
        p = withRegions(withWithdrawals(withdrawalRecord(9, address(1), 5), 1));
        refusedByRule(p, abi.encodeWithSelector(TokenUnknown.selector, 9));
        bytes memory many;
        for (uint256 i = 0; i < 73; i++) many = bytes.concat(many, withdrawalRecord(1, address(1), 5));
        p = withRegions(withWithdrawals(many, 73));
        refusedByRule(p, abi.encodeWithSelector(TooMuchToExecute.selector, 365, 360));
    }

    function test_callers_order_and_times_are_checked() public {
        Part memory p = small();
        Made memory m = batch(BlobVectors.SMALL_PUBDATA);
        vm.expectRevert(abi.encodeWithSelector(NotOperator.selector, address(this)));
        hawser.commitBlobBatch(m.s, p.segments, p.opening, 0);
        vm.prank(operator, address(0x99));
        vm.expectRevert(NotTopLevelCall.selector);
        hawser.commitBlobBatch(m.s, p.segments, p.opening, 0);
        vm.prank(operator, operator);
        vm.expectRevert(abi.encodeWithSelector(WrongEpoch.selector, 3, 0));
        hawser.commitBlobBatch(m.s, p.segments, p.opening, 3);
        m.s.k = 2;
        refused(m.s, p, abi.encodeWithSelector(WrongBatch.selector, 2, 1));
        m.s.k = 1;
        bytes32 root = m.s.prevFinalRoot;
        m.s.prevFinalRoot = 0;
        refused(m.s, p, abi.encodeWithSelector(WrongPreviousRoot.selector, bytes32(0), root));
        m.s.prevFinalRoot = root;
        m.s.time = uint64(START + 301);
        refused(m.s, p, abi.encodeWithSelector(TimeOutsideWindow.selector, START + 301, START));
        m.s.time = uint64(START - 3601);
        refused(m.s, p, abi.encodeWithSelector(TimeOutsideWindow.selector, START - 3601, START));
    }

    function test_a_chain_that_takes_no_part_has_no_blob() public {
        Wish memory w = quiet();
        w.aTakesPart = false;
        refused(make(w).s, small(), abi.encodeWithSelector(UnexpectedSegment.selector));
    }
}
