// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {HawserBase} from "./HawserBase.sol";

/// @dev Commits of several segments: headers, order, the queue and the regions through all of them.
contract SegmentsTest is HawserBase {
    address internal constant ALICE = address(0xA11CE5);

    /// Regions of one segment.
    struct Part {
        bytes priority;
        uint16 priorityCount;
        bytes withdrawals;
        uint16 withdrawalCount;
    }

    function header(uint64 k, uint64 time, uint8 i, uint8 n, Part memory p)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(
            abi.encodePacked(uint8(2), uint16(0), uint32(k), i, n, uint32(time), uint24(0)),
            p.priorityCount,
            p.withdrawalCount,
            uint32(p.priority.length),
            uint32(p.priorityCount + p.withdrawalCount),
            bytes16(0)
        );
    }

    function segmentsOf(uint64 k, uint64 time, Part[] memory parts)
        private
        pure
        returns (bytes[] memory list)
    {
        list = new bytes[](parts.length);
        for (uint256 i = 0; i < parts.length; i++) {
            bytes memory h = header(k, time, uint8(i), uint8(parts.length), parts[i]);
            list[i] = abi.encodePacked(h, parts[i].priority, parts[i].withdrawals, "stream", uint8(i));
        }
    }

    /// SHA-256(u8 n | SHA-256 of each), after the text of state.md section 5.
    function pubdataOf(bytes[] memory list) private pure returns (bytes32) {
        bytes memory hashes;
        for (uint256 i = 0; i < list.length; i++) {
            hashes = abi.encodePacked(hashes, sha256(list[i]));
        }
        return sha256(abi.encodePacked(uint8(list.length), hashes));
    }

    /// The next batch with these segments: statement, regions (all priority, then all withdrawals).
    function makeOf(Part[] memory parts) private returns (Made memory m, bytes[] memory list) {
        m = make(quiet());
        list = segmentsOf(m.s.k, m.s.time, parts);
        m.s.pubdataHashes[0] = pubdataOf(list);
        bytes memory withdrawals;
        m.regions = "";
        for (uint256 i = 0; i < parts.length; i++) {
            m.regions = bytes.concat(m.regions, parts[i].priority);
            withdrawals = bytes.concat(withdrawals, parts[i].withdrawals);
        }
        m.regions = bytes.concat(m.regions, withdrawals);
        again(m);
    }

    /// Statement and digest once more, after s was changed: m stays the last batch.
    function again(Made memory m) private {
        world.digest = m.digestBefore;
        finish(m);
    }

    function send(Made memory m, bytes[] memory list) private {
        vm.prank(operator, operator);
        hawser.commitBatch(m.s, list, 0);
    }

    function refused(Made memory m, bytes[] memory list, bytes memory why) private {
        m.s.pubdataHashes[0] = pubdataOf(list);
        vm.prank(operator, operator);
        vm.expectRevert(why);
        hawser.commitBatch(m.s, list, 0);
    }

    function noParts(uint256 n) private pure returns (Part[] memory) {
        return new Part[](n);
    }

    /// Three deposits and an exit, spread over segments 0, 2 and 3; withdrawals in 1, 2 and 3.
    function four() private returns (Part[] memory p) {
        depositEth(10 ether);
        depositEth(20);
        hawser.requestExit{value: BASE_FEE}(9, 130);
        depositEth(30);
        p = new Part[](4);
        p[0].priority = depositEthRecord(0, 10 ether);
        p[0].priorityCount = 1;
        p[1].withdrawals = withdrawalRecord(1, address(0x1011), 1);
        p[1].withdrawalCount = 1;
        p[2].priority =
            bytes.concat(depositEthRecord(3, 20), exitRecord(0, 9, 130, address(this), 1, 4));
        p[2].priorityCount = 2;
        p[2].withdrawals =
            bytes.concat(withdrawalRecord(1, address(0x1012), 2), withdrawalRecord(1, ALICE, 3));
        p[2].withdrawalCount = 2;
        p[3].priority = depositEthRecord(0, 30);
        p[3].priorityCount = 1;
        p[3].withdrawals = withdrawalRecord(1, address(0x1013), 4);
        p[3].withdrawalCount = 1;
    }

    function test_four_segments_settle_and_every_region_is_paid_in_order() public {
        (Made memory m, bytes[] memory list) = makeOf(four());
        send(m, list);
        same(hawser.batches(1).stmt, m.stmt, "stmt");
        same(hawser.batches(1).digest, m.digest, "digest");
        same(hawser.batches(1).priorityCount, 4, "priority");
        same(hawser.batches(1).withdrawalCount, 4, "withdrawals");
        same(hawser.committedRequests(), 4, "committed");
        prove(m);
        agree(1, m.digest);
        vm.warp(block.timestamp + DELAY);
        execute(m);
        same(hawser.firstOpenRequest(), 4, "served");
        same(address(0x1011).balance, 1, "first withdrawal");
        same(address(0x1012).balance, 2, "second");
        same(ALICE.balance, 3, "third");
        same(address(0x1013).balance, 4, "fourth");
        same(hawser.pending(1, address(this)), 20, "the refused deposit comes back");
    }

    function test_1_to_64_segments_are_taken() public {
        uint8[5] memory counts = [1, 2, 33, 63, 64];
        for (uint256 i = 0; i < counts.length; i++) {
            (Made memory m, bytes[] memory list) = makeOf(noParts(counts[i]));
            send(m, list);
            same(hawser.batches(m.s.k).stmt, m.stmt, "stmt");
            same(hawser.batches(m.s.k).digest, m.digest, "digest");
        }
    }

    function test_no_segment_or_65_are_refused() public {
        (Made memory m, bytes[] memory list) = makeOf(noParts(65));
        refused(m, list, abi.encodeWithSelector(BadSegmentCount.selector, 65));
        list = new bytes[](0);
        refused(m, list, abi.encodeWithSelector(BadSegmentCount.selector, 0));
    }

    function test_data_without_part_in_the_batch_is_refused() public {
        Wish memory w = quiet();
        w.aTakesPart = false;
        Made memory m = make(w);
        vm.prank(operator, operator);
        vm.expectRevert(UnexpectedSegment.selector);
        hawser.commitBatch(m.s, new bytes[](1), 0);
    }

    function test_segments_in_another_order_are_refused() public {
        Part[] memory p = four();
        for (uint256 i = 0; i < 4; i++) {
            for (uint256 j = i + 1; j < 4; j++) {
                uint256 before = vm.snapshotState();
                (Made memory m, bytes[] memory list) = makeOf(p);
                (list[i], list[j]) = (list[j], list[i]);
                refused(m, list, abi.encodeWithSelector(BadHeader.selector, i));
                vm.revertToState(before);
            }
        }
    }

    function test_a_missing_or_repeated_segment_is_refused() public {
        Part[] memory p = four();
        for (uint256 gone = 0; gone < 4; gone++) {
            uint256 before = vm.snapshotState();
            (Made memory m, bytes[] memory list) = makeOf(p);
            bytes[] memory three = new bytes[](3);
            for (uint256 i = 0; i < 3; i++) three[i] = list[i < gone ? i : i + 1];
            refused(m, three, abi.encodeWithSelector(BadHeader.selector, 0)); // "of" is 4
            list[gone] = list[(gone + 1) % 4];
            refused(m, list, abi.encodeWithSelector(BadHeader.selector, gone));
            vm.revertToState(before);
        }
    }

    /// Version, chain, k, segment, of and T_k of every segment, not of the first alone.
    function test_every_header_field_of_every_segment_must_match() public {
        Part[] memory p = four();
        for (uint256 s = 0; s < 4; s++) {
            for (uint256 i = 0; i < 13; i++) {
                uint256 before = vm.snapshotState();
                (Made memory m, bytes[] memory list) = makeOf(p);
                list[s][i] ^= 0x01;
                refused(m, list, abi.encodeWithSelector(BadHeader.selector, s));
                vm.revertToState(before);
            }
        }
    }

    /// Any bit of any segment, and a change of where one segment ends and the next begins.
    function test_every_byte_is_bound_by_the_pubdata_hash(uint256 which, uint256 place) public {
        (Made memory m, bytes[] memory list) = makeOf(four());
        bytes memory segment = list[which % 4];
        segment[place % segment.length] ^= 0x01;
        bytes32 computed = pubdataOf(list);
        vm.prank(operator, operator);
        vm.expectRevert(
            abi.encodeWithSelector(PubdataMismatch.selector, computed, m.s.pubdataHashes[0])
        );
        hawser.commitBatch(m.s, list, 0);
        segment[place % segment.length] ^= 0x01;
        send(m, list);
    }

    /// What the pubdata hash of version 2 said of the same bytes in one segment.
    function test_the_number_of_segments_is_in_the_hash() public {
        (Made memory m, bytes[] memory list) = makeOf(noParts(2));
        m.s.pubdataHashes[0] = sha256(abi.encodePacked(sha256(list[0]), sha256(list[1])));
        bytes32 computed = pubdataOf(list);
        vm.prank(operator, operator);
        vm.expectRevert(
            abi.encodeWithSelector(PubdataMismatch.selector, computed, m.s.pubdataHashes[0])
        );
        hawser.commitBatch(m.s, list, 0);
    }

    function test_a_segment_that_is_shorter_than_its_regions_is_refused() public {
        Part[] memory p = four();
        (Made memory m, bytes[] memory list) = makeOf(p);
        bytes memory good = list[3];
        for (uint256 cut = 8; cut <= good.length; cut += 13) {
            bytes memory s = new bytes(good.length - cut);
            for (uint256 i = 0; i < s.length; i++) s[i] = good[i];
            list[3] = s;
            refused(m, list, abi.encodeWithSelector(SegmentTooShort.selector, 3));
        }
    }

    /// The queue goes on from segment to segment: no record twice, none left out, none swapped.
    function test_the_queue_is_compared_across_the_border_of_segments() public {
        Part[] memory p = four();
        (Made memory m, bytes[] memory list) = makeOf(p);
        (p[0].priority, p[3].priority) = (p[3].priority, p[0].priority);
        list = segmentsOf(1, m.s.time, p);
        refused(m, list, abi.encodeWithSelector(PriorityQueueMismatch.selector, 0));
        p[0].priority = p[3].priority; // the first request once more at the end
        list = segmentsOf(1, m.s.time, p);
        refused(m, list, abi.encodeWithSelector(PriorityQueueMismatch.selector, 3));
        p[1].priority = depositEthRecord(0, 30);
        p[1].priorityCount = 1;
        list = segmentsOf(1, m.s.time, p);
        refused(m, list, abi.encodeWithSelector(TooManyPriorityRecords.selector, 5, 4));
    }

    /// A record that lies across two regions, or a count that is another segment's.
    function test_a_record_lies_in_one_segment() public {
        Part[] memory p = four();
        (Made memory m, bytes[] memory list) = makeOf(p);
        bytes memory whole = p[2].priority;
        (bytes memory a, bytes memory b) = (new bytes(50), new bytes(34));
        for (uint256 i = 0; i < 84; i++) {
            if (i < 50) a[i] = whole[i];
            else b[i - 50] = whole[i];
        }
        (p[2].priority, p[3].priority) = (a, bytes.concat(b, p[3].priority));
        list = segmentsOf(1, m.s.time, p);
        refused(m, list, abi.encodeWithSelector(PriorityRegionLength.selector));
        (p[2].priorityCount, p[3].priorityCount) = (1, 2);
        list = segmentsOf(1, m.s.time, p);
        refused(m, list, abi.encodeWithSelector(PriorityRegionLength.selector));
    }

    function test_tokens_and_outcomes_of_late_segments_are_checked() public {
        Part[] memory p = four();
        (Made memory m, bytes[] memory list) = makeOf(p);
        bytes memory was = p[3].withdrawals;
        p[3].withdrawals = withdrawalRecord(9, ALICE, 1);
        list = segmentsOf(1, m.s.time, p);
        refused(m, list, abi.encodeWithSelector(TokenUnknown.selector, 9));
        p[3].withdrawals = was;
        p[3].priority = depositEthRecord(4, 30);
        list = segmentsOf(1, m.s.time, p);
        refused(m, list, abi.encodeWithSelector(OutcomeNotAllowed.selector, 3, 0x14));
    }

    function test_regions_in_the_order_of_the_segments_are_not_the_regions() public {
        (Made memory m, bytes[] memory list) = makeOf(four());
        send(m, list);
        prove(m);
        agree(1, m.digest);
        vm.warp(block.timestamp + DELAY);
        bytes memory mixed;
        for (uint256 i = 0; i < 4; i++) {
            uint256 n = list[i].length - 44 - 7;
            bytes memory part = new bytes(n);
            for (uint256 j = 0; j < n; j++) part[j] = list[i][44 + j];
            mixed = bytes.concat(mixed, part);
        }
        same(mixed.length, m.regions.length, "the same bytes");
        vm.expectRevert(RegionsMismatch.selector);
        hawser.executeBatch(1, mixed);
        execute(m);
    }

    /// F1, F17: an unproven batch of several segments goes back as a whole, with its requests.
    function test_a_reverted_batch_gives_all_its_requests_back() public {
        Part[] memory p = four();
        World memory was = world;
        (Made memory m, bytes[] memory list) = makeOf(p);
        send(m, list);
        same(hawser.committedRequests(), 4, "committed");
        vm.prank(operator);
        hawser.revertBatches(1);
        same(hawser.committedRequests(), 0, "open again");
        same(hawser.batches(1).stmt, 0, "gone");
        world = was;
        p[3].priority = depositEthRecord(2, 30); // sealed again with another outcome
        (m, list) = makeOf(p);
        send(m, list);
        same(hawser.committedRequests(), 4, "served again");
    }

    /// Every chain its own part: the data of B, well-formed and covered by the hash, is not A's.
    function test_segments_of_another_chain_are_refused() public {
        (Made memory m, bytes[] memory list) = makeOf(noParts(3));
        for (uint256 i = 0; i < 3; i++) {
            list[i][2] = 0x01; // chain index 1
            refused(m, list, abi.encodeWithSelector(BadHeader.selector, i));
            list[i][2] = 0x00;
        }
    }

    /// A batch that no transaction could execute is not committed: the limit is met exactly.
    function test_a_batch_that_could_not_be_executed_is_refused() public {
        depositEth(1 ether);
        for (uint256 i = 0; i < 4; i++) hawser.requestExit{value: BASE_FEE}(9, 130);
        Part[] memory p = new Part[](3);
        p[0].priority = depositEthRecord(0, 1 ether);
        for (uint256 i = 0; i < 4; i++) {
            p[0].priority =
                bytes.concat(p[0].priority, exitRecord(1, 9, 130, address(this), 0, 0));
        }
        p[0].priorityCount = 5; // cost 1 + 4 * 5
        for (uint256 i = 0; i < 67; i++) {
            p[1 + i % 2].withdrawals =
                bytes.concat(p[1 + i % 2].withdrawals, withdrawalRecord(1, ALICE, 1));
            p[1 + i % 2].withdrawalCount++;
        }
        uint256 before = vm.snapshotState();
        (Made memory m, bytes[] memory list) = makeOf(p); // 356 of 360
        send(m, list);
        vm.revertToState(before);
        p[1].withdrawals = bytes.concat(p[1].withdrawals, withdrawalRecord(1, ALICE, 1));
        p[1].withdrawalCount++;
        (m, list) = makeOf(p);
        refused(m, list, abi.encodeWithSelector(TooMuchToExecute.selector, 361, 360));
    }
}
