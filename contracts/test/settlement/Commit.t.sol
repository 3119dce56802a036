// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Hawser} from "../../src/Hawser.sol";
import {HawserBase} from "./HawserBase.sol";

contract CommitTest is HawserBase {
    function refusedWith(Made memory m, bytes memory why) internal {
        vm.prank(operator, operator);
        vm.expectRevert(why);
        hawser.commitBatch(m.s, one(m.segment), 0);
    }

    /// Puts a changed segment into the statement, so that only the change itself can be refused.
    function reseal(Made memory m, bytes memory segment) internal view {
        m.segment = segment;
        bytes32 hash = sha256(segment);
        uint256 own = block.chainid == CHAIN_A ? 0 : m.s.participants.length - 1;
        m.s.pubdataHashes[own] = sha256(abi.encodePacked(uint8(1), hash));
    }

    function test_a_commit_stores_the_statement_of_the_protocol_text() public {
        Made memory m = make(quiet());
        commit(m);
        Hawser.BatchView memory b = hawser.batches(1);
        same(b.stmt, m.stmt, "stmt");
        same(b.digest, m.digest, "D_1");
        same(b.finalRoot, m.s.finalRoot, "final root");
        same(b.prevFinalRoot, m.s.prevFinalRoot, "previous final root");
        same(b.state, 1, "state");
        same(b.time, block.timestamp, "T_k");
        same(hawser.committedK(), 1, "committedK");
        Made memory m2 = make(quiet());
        commit(m2);
        same(hawser.batches(2).digest, m2.digest, "D_2");
    }

    function test_the_second_chain_stores_the_same_statement() public {
        setUpOn(CHAIN_B);
        Made memory m = make(quiet());
        commit(m);
        same(hawser.batches(1).stmt, m.stmt, "stmt");
    }

    function test_only_the_operator_commits_and_only_by_itself() public {
        Made memory m = make(quiet());
        vm.expectRevert(abi.encodeWithSelector(NotOperator.selector, address(this)));
        hawser.commitBatch(m.s, one(m.segment), 0);
        vm.prank(operator, address(0x99));
        vm.expectRevert(NotTopLevelCall.selector);
        hawser.commitBatch(m.s, one(m.segment), 0);
        vm.prank(operator, operator);
        vm.expectRevert(abi.encodeWithSelector(WrongEpoch.selector, 3, 0));
        hawser.commitBatch(m.s, one(m.segment), 3);
    }

    // ---- roots and numbers ----

    function test_an_unknown_previous_root_is_refused() public {
        Made memory m = make(quiet());
        m.s.prevFinalRoot = 0;
        refusedWith(m, abi.encodeWithSelector(WrongPreviousRoot.selector, bytes32(0), finalRoot0()));
        m.s.prevFinalRoot = keccak256("unknown");
        refusedWith(
            m,
            abi.encodeWithSelector(WrongPreviousRoot.selector, keccak256("unknown"), finalRoot0())
        );
    }

    function finalRoot0() private pure returns (bytes32) {
        return finalRootOf(0, GENESIS, GENESIS);
    }

    function test_an_old_previous_root_is_refused() public {
        commit(make(quiet()));
        bytes32 current = world.finalRoot;
        Made memory m = make(quiet());
        m.s.prevFinalRoot = finalRoot0();
        refusedWith(m, abi.encodeWithSelector(WrongPreviousRoot.selector, finalRoot0(), current));
    }

    function test_numbers_are_consecutive() public {
        Made memory m = make(quiet());
        commit(m);
        refusedWith(m, abi.encodeWithSelector(WrongBatch.selector, 1, 2));
        make(quiet());
        Made memory third = make(quiet());
        refusedWith(third, abi.encodeWithSelector(WrongBatch.selector, 3, 2));
    }

    // ---- time ----

    function test_a_participant_takes_times_within_its_window(uint256 offset) public {
        uint64 time = uint64(bound(offset, START - 4000, START + 400));
        Made memory m = makeAt(quiet(), time);
        bool ok = time + 3600 >= START && time <= START + 300;
        if (!ok) {
            refusedWith(m, abi.encodeWithSelector(TimeOutsideWindow.selector, time, START));
        } else {
            commit(m);
        }
    }

    function test_the_edges_of_the_window() public {
        uint256 before = vm.snapshotState();
        commit(makeAt(quiet(), uint64(START - 3600)));
        vm.revertToState(before);
        commit(makeAt(quiet(), uint64(START + 300)));
        vm.revertToState(before);
        refusedWith(
            makeAt(quiet(), uint64(START - 3601)),
            abi.encodeWithSelector(TimeOutsideWindow.selector, START - 3601, START)
        );
        vm.revertToState(before);
        refusedWith(
            makeAt(quiet(), uint64(START + 301)),
            abi.encodeWithSelector(TimeOutsideWindow.selector, START + 301, START)
        );
    }

    /// N3: a chain that takes in an old batch without taking part is not held up by the window.
    function test_a_chain_that_takes_no_part_takes_old_times() public {
        Wish memory w = quiet();
        w.aTakesPart = false;
        commit(makeAt(w, uint64(START - 3 days)));
        same(hawser.batches(1).state, 1, "committed");
        refusedWith(
            makeAt(w, uint64(START + 301)),
            abi.encodeWithSelector(TimeOutsideWindow.selector, START + 301, START)
        );
    }

    function test_time_never_goes_back() public {
        commit(makeAt(quiet(), uint64(START - 10)));
        commit(makeAt(quiet(), uint64(START - 10)));
        refusedWith(
            makeAt(quiet(), uint64(START - 11)),
            abi.encodeWithSelector(TimeWentBack.selector, START - 11, START - 10)
        );
    }

    // ---- participants ----

    function test_participants_are_chains_of_the_deployment_ascending() public {
        Made memory m = make(quiet());
        uint64[] memory was = m.s.participants;
        m.s.participants = new uint64[](2);
        (m.s.participants[0], m.s.participants[1]) = (was[1], was[0]);
        refusedWith(m, abi.encodeWithSelector(BadParticipants.selector));
        (m.s.participants[0], m.s.participants[1]) = (CHAIN_A, CHAIN_A);
        refusedWith(m, abi.encodeWithSelector(BadParticipants.selector));
        (m.s.participants[0], m.s.participants[1]) = (CHAIN_A, 77);
        refusedWith(m, abi.encodeWithSelector(BadParticipants.selector));
        m.s.participants = new uint64[](0);
        m.s.pubdataHashes = new bytes32[](0);
        refusedWith(m, abi.encodeWithSelector(BadParticipants.selector));
    }

    function test_a_participant_that_is_no_chain_of_the_deployment_is_refused() public {
        Made memory m = make(quiet());
        m.s.participants = new uint64[](3);
        m.s.pubdataHashes = new bytes32[](3);
        (m.s.participants[0], m.s.participants[1], m.s.participants[2]) = (CHAIN_A, CHAIN_B, 31003);
        refusedWith(m, abi.encodeWithSelector(BadParticipants.selector));
    }

    function test_data_comes_with_participants_only() public {
        Wish memory w = quiet();
        w.aTakesPart = false;
        Made memory m = make(w);
        m.segment = hex"00";
        refusedWith(m, abi.encodeWithSelector(UnexpectedSegment.selector));
        m.segment = "";
        commit(m);
        Made memory p = make(quiet());
        p.segment = "";
        vm.prank(operator, operator);
        vm.expectRevert();
        hawser.commitBatch(p.s, one(p.segment), 0);
    }

    // ---- pubdata and header ----

    function test_pubdata_that_differs_from_the_statement_is_refused(uint256 place) public {
        Made memory m = make(quiet());
        bytes memory segment = m.segment;
        segment[place % segment.length] ^= 0x01;
        m.segment = segment;
        vm.prank(operator, operator);
        vm.expectRevert();
        hawser.commitBatch(m.s, one(m.segment), 0);
    }

    function test_every_header_field_must_match() public {
        // version, chain (2), k (4), segment, of, T_k (4): byte numbers 0..12
        for (uint256 i = 0; i < 13; i++) {
            uint256 before = vm.snapshotState();
            Made memory m = make(quiet());
            bytes memory segment = m.segment;
            segment[i] ^= 0x01;
            reseal(m, segment);
            refusedWith(m, abi.encodeWithSelector(BadHeader.selector, 0));
            vm.revertToState(before);
        }
    }

    function test_a_short_segment_is_refused() public {
        Made memory m = make(quiet());
        reseal(m, hex"0102030405");
        refusedWith(m, abi.encodeWithSelector(SegmentTooShort.selector, 0));
        Wish memory w = quiet();
        w.withdrawals = new bytes(30);
        w.withdrawalCount = 1;
        m = makeAt(w, world.time);
        m.s.k = 1;
        reseal(m, abi.encodePacked(headerOf(1, m.s.time, w), new bytes(30)));
        m.s.prevFinalRoot = finalRoot0();
        refusedWith(m, abi.encodeWithSelector(SegmentTooShort.selector, 0));
    }

    function test_withdrawals_of_unknown_tokens_are_refused() public {
        Made memory m = make(withWithdrawals(withdrawalRecord(9, address(1), 5), 1));
        refusedWith(m, abi.encodeWithSelector(TokenUnknown.selector, 9));
    }

    // ---- the queue ----

    function openFour() private {
        depositEth(10); // 0
        hawser.requestExit{value: BASE_FEE}(9, 130); // 1
        hawser.setKey{value: BASE_FEE}(4, 1, 12, bytes20(uint160(5)), 0); // 2
        hawser.depositWithKey{value: BASE_FEE + 6}(1, 6, 0xFFFFFF, 3, bytes20(uint160(7)), 1); // 3
    }

    function setKeyRecord(uint8 outcome) private view returns (bytes memory) {
        return abi.encodePacked(
            uint8(0x30 | outcome), uint24(4), uint8(1), uint8(12), address(this), bytes20(uint160(5))
        );
    }

    function keyedRecord(uint8 outcome) private view returns (bytes memory) {
        return abi.encodePacked(
            uint8(0x20 | outcome),
            uint24(0xFFFFFF),
            uint8(3),
            uint24(1),
            uint112(6),
            address(this),
            bytes20(uint160(7))
        );
    }

    function four() private view returns (bytes memory) {
        return bytes.concat(
            depositEthRecord(1, 10),
            exitRecord(0, 9, 130, address(this), 1, 4),
            setKeyRecord(2),
            keyedRecord(4)
        );
    }

    function test_requests_are_served_in_order_with_outcomes_and_results_masked() public {
        openFour();
        commit(make(withPriority(four(), 4)));
        same(hawser.committedRequests(), 4, "committed");
        same(hawser.firstOpenRequest(), 0, "still open");
        same(hawser.batches(1).priorityCount, 4, "count");
    }

    function test_served_in_two_batches() public {
        openFour();
        commit(make(withPriority(depositEthRecord(0, 10), 1)));
        bytes memory rest =
            bytes.concat(exitRecord(0, 9, 130, address(this), 1, 4), setKeyRecord(0));
        commit(make(withPriority(rest, 2)));
        same(hawser.committedRequests(), 3, "committed");
    }

    function test_another_order_is_refused() public {
        openFour();
        bytes memory swapped =
            bytes.concat(exitRecord(0, 9, 130, address(this), 1, 4), depositEthRecord(0, 10));
        refusedWith(
            make(withPriority(swapped, 2)), abi.encodeWithSelector(PriorityQueueMismatch.selector, 0)
        );
    }

    /// F46: a record that nobody asked for, or more records than requests.
    function test_a_record_without_a_request_is_refused() public {
        refusedWith(
            make(withPriority(depositEthRecord(0, 10), 1)),
            abi.encodeWithSelector(TooManyPriorityRecords.selector, 1, 0)
        );
    }

    function test_a_request_cannot_be_committed_twice() public {
        depositEth(10);
        commit(make(withPriority(depositEthRecord(0, 10), 1)));
        refusedWith(
            make(withPriority(depositEthRecord(0, 10), 1)),
            abi.encodeWithSelector(TooManyPriorityRecords.selector, 1, 0)
        );
    }

    /// Whatever bit of the region is changed: only outcomes and an exit's results are free, and
    /// results must name a registered token.
    function test_every_other_bit_of_a_record_is_compared() public {
        openFour();
        bytes memory original = four();
        for (uint256 bit = 0; bit < 8 * original.length; bit++) {
            uint256 place = bit / 8;
            uint256 before = vm.snapshotState();
            bytes memory region = bytes.concat(original);
            region[place] = bytes1(uint8(region[place]) ^ uint8(1 << (bit % 8)));
            bool isOutcome =
                (place == 0 || place == 42 || place == 84 || place == 130) && bit % 8 < 4;
            bool isToken = place >= 42 + 25 && place < 42 + 28;
            bool isAmount = place >= 42 + 28 && place < 84;
            Made memory m = make(withPriority(region, 4));
            if (isToken) {
                uint256 token = 1 ^ (1 << (8 * (42 + 27 - place) + bit % 8));
                refusedWith(m, abi.encodeWithSelector(TokenUnknown.selector, token));
            } else if (isAmount) {
                commit(m);
            } else if (!isOutcome) {
                vm.prank(operator, operator);
                vm.expectRevert();
                hawser.commitBatch(m.s, one(m.segment), 0);
            }
            vm.revertToState(before);
        }
    }

    function test_outcomes_outside_the_list_are_refused(uint8 code) public {
        code = code % 16;
        openFour();
        uint256 before = vm.snapshotState();
        // a named account: 1 2 3
        tryOutcome(depositEthRecord(code, 10), 0, code, code <= 3);
        vm.revertToState(before);
        commit(make(withPriority(depositEthRecord(0, 10), 1)));
        bytes memory exit = exitRecord(code, 9, 130, address(this), 0, 0);
        uint256 second = vm.snapshotState();
        tryOutcome(exit, 1, code, code <= 3);
        vm.revertToState(second);
        commit(make(withPriority(exitRecord(0, 9, 130, address(this), 0, 0), 1)));
        uint256 third = vm.snapshotState();
        tryOutcome(setKeyRecord(code), 2, code, code <= 2 || code == 5);
        vm.revertToState(third);
        commit(make(withPriority(setKeyRecord(0), 1)));
        // a new account: 3 4
        tryOutcome(keyedRecord(code), 3, code, code == 0 || code == 3 || code == 4);
    }

    function test_outcomes_of_the_other_account_forms() public {
        hawser.deposit{value: 10 + BASE_FEE}(1, 10, 0xFFFFFF, 2, address(0xA));
        hawser.depositWithKey{value: 6 + BASE_FEE}(1, 6, 8, 3, bytes20(uint160(7)), 0);
        for (uint8 code = 0; code < 16; code++) {
            uint256 before = vm.snapshotState();
            bytes memory fresh = depositRecord(code, 0xFFFFFF, 2, 1, 10, address(0xA));
            tryOutcome(fresh, 0, code, code == 0 || code == 3 || code == 4);
            vm.revertToState(before);
            commit(
                make(withPriority(depositRecord(0, 0xFFFFFF, 2, 1, 10, address(0xA)), 1))
            );
            bytes memory keyed = abi.encodePacked(
                uint8(0x20 | code),
                uint24(8),
                uint8(3),
                uint24(1),
                uint112(6),
                address(this),
                bytes20(uint160(7))
            );
            tryOutcome(keyed, 1, code, code <= 3 || code == 5);
            vm.revertToState(before);
        }
    }

    function tryOutcome(bytes memory record, uint64 index, uint8 code, bool ok) private {
        Made memory m = make(withPriority(record, 1));
        if (ok) {
            commit(m);
        } else {
            refusedWith(
                m,
                abi.encodeWithSelector(
                    OutcomeNotAllowed.selector, index, uint8(uint8(record[0]) & 0xf0 | code)
                )
            );
        }
    }

    function test_a_refused_exit_has_no_results() public {
        hawser.requestExit{value: BASE_FEE}(9, 130);
        refusedWith(
            make(withPriority(exitRecord(1, 9, 130, address(this), 1, 0), 1)),
            abi.encodeWithSelector(OutcomeNotAllowed.selector, 0, 0x41)
        );
    }

    function test_an_exit_in_an_unknown_token_is_refused() public {
        hawser.requestExit{value: BASE_FEE}(9, 130);
        refusedWith(
            make(withPriority(exitRecord(0, 9, 130, address(this), 8, 3), 1)),
            abi.encodeWithSelector(TokenUnknown.selector, 8)
        );
    }

    function test_the_length_of_the_priority_region_is_exact() public {
        openFour();
        Wish memory w = withPriority(bytes.concat(four(), hex"00"), 4);
        refusedWith(make(w), abi.encodeWithSelector(PriorityRegionLength.selector));
    }

    function test_a_region_that_is_cut_is_refused() public {
        depositEth(10);
        bytes memory record = depositEthRecord(0, 10);
        bytes memory cut = new bytes(41);
        for (uint256 i = 0; i < 41; i++) cut[i] = record[i];
        refusedWith(
            make(withPriority(cut, 1)), abi.encodeWithSelector(PriorityRegionLength.selector)
        );
        commitNothing();
    }

    function commitNothing() private view {
        same(hawser.committedK(), 0, "nothing committed");
    }

    function test_unknown_kinds_are_refused() public {
        depositEth(10);
        bytes memory record = depositEthRecord(0, 10);
        record[0] = 0x50;
        refusedWith(
            make(withPriority(record, 1)), abi.encodeWithSelector(PriorityRegionLength.selector)
        );
    }

    // ---- revert (F1) ----

    function test_unproven_batches_can_be_reverted_and_the_queue_moves_back() public {
        depositEth(10);
        World memory was = world;
        commit(make(withPriority(depositEthRecord(0, 10), 1)));
        World memory afterFirst = world;
        commit(make(quiet()));
        commit(make(quiet()));
        vm.expectRevert(abi.encodeWithSelector(NotOperator.selector, address(this)));
        hawser.revertBatches(1);
        vm.prank(operator);
        hawser.revertBatches(2);
        same(hawser.committedK(), 1, "committedK");
        same(hawser.committedRequests(), 1, "the first batch stays");
        same(hawser.batches(2).stmt, 0, "gone");
        world = afterFirst;
        commit(make(quiet()));
        vm.prank(operator);
        hawser.revertBatches(1);
        same(hawser.committedRequests(), 0, "the request is open again");
        world = was;
        commit(make(withPriority(depositEthRecord(3, 10), 1)));
        same(hawser.committedRequests(), 1, "served again");
    }

    /// F1: what is proven is never taken back, whoever asks.
    function test_a_proven_batch_cannot_be_reverted() public {
        Made memory first = make(quiet());
        commit(first);
        commit(make(quiet()));
        prove(first);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(NotRevertible.selector, 1));
        hawser.revertBatches(1);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(NotRevertible.selector, 0));
        hawser.revertBatches(0);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(NotRevertible.selector, 3));
        hawser.revertBatches(3);
        vm.prank(operator);
        hawser.revertBatches(2);
        same(hawser.provenK(), 1, "proven");
        same(hawser.batches(1).digest, first.digest, "unchanged");
    }
}
