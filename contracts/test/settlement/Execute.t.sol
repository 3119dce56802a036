// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    BombToken,
    FalseToken,
    NoReturnToken,
    ReentrantToken,
    RevertingToken
} from "../tokens/OddTokens.sol";
import {GasEater, ReentrantReceiver, RefusingReceiver} from "../tokens/Receivers.sol";
import {TestToken} from "../tokens/TestToken.sol";
import {HawserBase} from "./HawserBase.sol";
import {Vm} from "./TestBase.sol";

contract ExecuteTest is HawserBase {
    address payable constant ALICE = payable(address(0xA11CE5));
    address payable constant BOB = payable(address(0xB0B5));
    address constant EXECUTOR = address(0xE8EC);
    bool private refusesEth;

    /// Serves the deposits made so far (all of them, `count` of 10 ETH each from here).
    function fund(uint256 count) internal {
        bytes memory region;
        for (uint256 i = 0; i < count; i++) {
            depositEth(10 ether);
            region = bytes.concat(region, depositEthRecord(0, 10 ether));
        }
        settle(make(withPriority(region, uint16(count))));
    }

    function fundToken(TestToken token, uint112 amount) internal returns (uint32 id) {
        vm.prank(registrar);
        id = hawser.registerToken(address(token));
        token.mint(address(this), amount);
        // not every token's approve returns something
        (bool ok,) = address(token).call(abi.encodeCall(token.approve, (address(hawser), amount)));
        isTrue(ok, "approved");
        hawser.deposit{value: hawser.requestFee()}(id, amount, 1, 2, address(this));
        bytes memory record = depositRecord(0, 1, 2, uint24(id), amount, address(this));
        settle(make(withPriority(record, 1)));
    }

    function agreed(Wish memory w) internal returns (Made memory m) {
        m = make(w);
        commit(m);
        prove(m);
        agree(m.s.k, m.digest);
    }

    function payWith(bytes memory withdrawals, uint16 count) internal returns (Made memory m) {
        m = agreed(withWithdrawals(withdrawals, count));
        vm.warp(block.timestamp + DELAY);
        execute(m);
    }

    // ---- order and conditions ----

    function test_execution_waits_for_proof_agreement_delay_and_order() public {
        Made memory first = make(quiet());
        vm.expectRevert(abi.encodeWithSelector(NotProven.selector, 1));
        execute(first);
        commit(first);
        vm.expectRevert(abi.encodeWithSelector(NotProven.selector, 1));
        execute(first);
        prove(first);
        vm.expectRevert(abi.encodeWithSelector(NotAgreed.selector, 1));
        execute(first);
        Made memory second = make(quiet());
        commit(second);
        prove(second);
        agree(2, second.digest);
        vm.expectRevert(abi.encodeWithSelector(TooEarly.selector, block.timestamp + DELAY));
        execute(first);
        vm.warp(block.timestamp + DELAY - 1);
        vm.expectRevert(abi.encodeWithSelector(TooEarly.selector, block.timestamp + 1));
        execute(first);
        vm.warp(block.timestamp + 1);
        vm.expectRevert(abi.encodeWithSelector(WrongBatch.selector, 2, 1));
        execute(second);
        execute(first);
        vm.expectRevert(abi.encodeWithSelector(WrongBatch.selector, 1, 2));
        execute(first);
        execute(second);
        same(hawser.executedK(), 2, "executedK");
        same(hawser.batches(2).state, 4, "state");
        same(hawser.batches(2).executedAt, block.timestamp, "executed at");
    }

    /// The delay runs from the agreement that covers the batch, not from a later one.
    function test_each_batch_waits_for_its_own_agreement() public {
        Made memory first = agreed(quiet());
        Made memory second = agreed(quiet());
        vm.warp(block.timestamp + DELAY);
        Made memory third = agreed(quiet());
        Made memory fourth = agreed(quiet());
        execute(first);
        execute(second);
        vm.expectRevert(abi.encodeWithSelector(TooEarly.selector, block.timestamp + DELAY));
        execute(third);
        vm.warp(block.timestamp + DELAY);
        execute(third);
        execute(fourth);
    }

    function test_regions_other_than_the_committed_ones_are_refused() public {
        fund(1);
        Made memory m = agreed(withWithdrawals(withdrawalRecord(1, ALICE, 1 ether), 1));
        vm.warp(block.timestamp + DELAY);
        m.regions = withdrawalRecord(1, BOB, 1 ether);
        vm.expectRevert(RegionsMismatch.selector);
        execute(m);
        m.regions = "";
        vm.expectRevert(RegionsMismatch.selector);
        execute(m);
        m.regions = bytes.concat(withdrawalRecord(1, ALICE, 1 ether), hex"00");
        vm.expectRevert(RegionsMismatch.selector);
        execute(m);
    }

    // ---- payments ----

    function test_a_withdrawal_is_paid() public {
        fund(1);
        vm.recordLogs();
        payWith(withdrawalRecord(1, ALICE, 4 ether), 1);
        same(ALICE.balance, 4 ether, "paid");
        same(hawser.held(1), 6 ether, "held");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        bytes32 paid = keccak256("Paid(uint64,uint32,address,uint128)");
        uint256 seen = 0;
        for (uint256 i = 0; i < logs.length; i++) {
            if (logs[i].topics[0] != paid) continue;
            seen++;
            same(uint256(logs[i].topics[1]), 2, "k");
            same(keccak256(logs[i].data), keccak256(abi.encode(1, ALICE, 4 ether)), "data");
        }
        same(seen, 1, "one payment");
    }

    function test_withdrawals_are_paid_each_in_order(uint96 a, uint96 b) public {
        fund(1);
        uint112 first = uint112(bound(a, 1, 5 ether));
        uint112 second = uint112(bound(b, 1, 5 ether));
        payWith(
            bytes.concat(withdrawalRecord(1, ALICE, first), withdrawalRecord(1, BOB, second)), 2
        );
        same(ALICE.balance, first, "first");
        same(BOB.balance, second, "second");
        same(hawser.held(1), 10 ether - first - second, "held");
    }

    function test_an_exit_is_paid_to_its_owner_once() public {
        fund(1);
        hawser.requestExit{value: hawser.requestFee()}(1, 2);
        uint256 before = address(this).balance;
        // all in one: this contract executes, so it gets the fee back as well
        settle(make(withPriority(exitRecord(0, 1, 2, address(this), 1, 7 ether), 1)));
        same(address(this).balance, before + 7 ether + BASE_FEE, "paid");
        same(hawser.held(1), 3 ether, "held");
        same(hawser.firstOpenRequest(), 2, "gone from the queue");
        same(hawser.requests(1).hash, 0, "deleted");
    }

    function test_an_exit_of_nothing_and_a_refused_exit_pay_nothing() public {
        fund(1);
        hawser.requestExit{value: hawser.requestFee()}(1, 2);
        hawser.requestExit{value: hawser.requestFee()}(1, 3);
        bytes memory region = bytes.concat(
            exitRecord(0, 1, 2, address(this), 0, 0), exitRecord(2, 1, 3, address(this), 0, 0)
        );
        settle(make(withPriority(region, 2)));
        same(hawser.held(1), 10 ether, "held");
    }

    /// F19: a refused deposit goes back to whoever paid it, not to the owner it named.
    function test_a_refused_deposit_becomes_pending_for_its_payer() public {
        vm.deal(BOB, 10 ether);
        uint256 fee = hawser.requestFee();
        vm.prank(BOB);
        hawser.deposit{value: 3 ether + fee}(1, 3 ether, 9, 2, ALICE);
        settle(make(withPriority(depositRecord(2, 9, 2, 1, 3 ether, ALICE), 1)));
        same(hawser.pending(1, BOB), 3 ether, "pending of the payer");
        same(hawser.pending(1, ALICE), 0, "pending of the owner");
        same(hawser.held(1), 3 ether, "still held");
        uint256 before = BOB.balance;
        hawser.withdrawPending(1, BOB);
        same(BOB.balance, before + 3 ether, "paid back, by anyone");
        same(hawser.held(1), 0, "held");
        vm.expectRevert(NothingPending.selector);
        hawser.withdrawPending(1, BOB);
    }

    function test_the_executor_gets_the_fees() public {
        depositEth(1 ether);
        hawser.requestExit{value: BASE_FEE + 5}(1, 2);
        Made memory m = agreed(
            withPriority(
                bytes.concat(
                    depositEthRecord(0, 1 ether), exitRecord(3, 1, 2, address(this), 0, 0)
                ),
                2
            )
        );
        vm.warp(block.timestamp + DELAY);
        vm.prank(EXECUTOR);
        execute(m);
        same(EXECUTOR.balance, 2 * BASE_FEE, "fees");
        same(address(hawser).balance, 1 ether, "the rest");
    }

    function test_fees_of_an_executor_that_takes_none_become_pending() public {
        depositEth(1 ether);
        Made memory m = agreed(withPriority(depositEthRecord(0, 1 ether), 1));
        vm.warp(block.timestamp + DELAY);
        address refusing = address(new RefusingReceiver());
        vm.prank(refusing);
        execute(m);
        same(hawser.pending(1, refusing), BASE_FEE, "pending");
        same(hawser.held(1), 1 ether + BASE_FEE, "held");
        RefusingReceiver(payable(refusing)).setOpen(true);
        hawser.withdrawPending(1, refusing);
        same(refusing.balance, BASE_FEE, "paid later");
    }

    // ---- receivers that fail ----

    function test_a_failing_receiver_stops_nobody() public {
        fund(1);
        RefusingReceiver refusing = new RefusingReceiver();
        GasEater eater = new GasEater();
        payWith(
            bytes.concat(
                withdrawalRecord(1, address(refusing), 1 ether),
                withdrawalRecord(1, address(eater), 2 ether),
                withdrawalRecord(1, ALICE, 3 ether)
            ),
            3
        );
        same(hawser.pending(1, address(refusing)), 1 ether, "refusing");
        same(hawser.pending(1, address(eater)), 2 ether, "eater");
        same(ALICE.balance, 3 ether, "the next one is paid");
        same(hawser.held(1), 7 ether, "pending is held");
        vm.expectRevert(PaymentFailed.selector);
        hawser.withdrawPending(1, address(refusing));
        same(hawser.pending(1, address(refusing)), 1 ether, "still pending");
        refusing.setOpen(true);
        hawser.withdrawPending(1, address(refusing));
        same(address(refusing).balance, 1 ether, "later");
    }

    function test_a_receiver_that_calls_back_is_paid_once() public {
        fund(1);
        ReentrantReceiver r = new ReentrantReceiver();
        Made memory m = agreed(withWithdrawals(withdrawalRecord(1, address(r), 2 ether), 1));
        vm.warp(block.timestamp + DELAY);
        bytes[3] memory calls = [
            abi.encodeCall(hawser.executeBatch, (2, m.regions)),
            abi.encodeCall(hawser.withdrawPending, (1, address(r))),
            abi.encodeCall(hawser.requestExit, (1, 2))
        ];
        for (uint256 i = 0; i < 3; i++) {
            uint256 before = vm.snapshotState();
            r.setCall(address(hawser), calls[i]);
            execute(m);
            isTrue(r.wasCalled() && !r.succeeded(), "the inner call fails");
            same(address(r).balance, 2 ether, "paid once");
            same(hawser.held(1), 8 ether, "held");
            vm.revertToState(before);
        }
    }

    function test_tokens_that_revert_or_return_false_leave_pending_balances() public {
        RevertingToken reverting = new RevertingToken();
        FalseToken falseToken = new FalseToken();
        uint32 a = fundToken(reverting, 100);
        uint32 b = fundToken(TestToken(address(falseToken)), 100);
        reverting.setBroken(true);
        falseToken.setBroken(true);
        payWith(
            bytes.concat(
                withdrawalRecord(uint24(a), ALICE, 40), withdrawalRecord(uint24(b), ALICE, 30)
            ),
            2
        );
        same(hawser.pending(a, ALICE), 40, "reverting");
        same(hawser.pending(b, ALICE), 30, "false");
        same(hawser.held(a) + hawser.held(b), 200, "held");
        reverting.setBroken(false);
        falseToken.setBroken(false);
        hawser.withdrawPending(a, ALICE);
        hawser.withdrawPending(b, ALICE);
        same(reverting.balanceOf(ALICE), 40, "paid");
        same(falseToken.balanceOf(ALICE), 30, "paid");
    }

    function test_tokens_without_return_value_and_with_too_much_of_it_are_paid() public {
        NoReturnToken none = new NoReturnToken();
        BombToken bomb = new BombToken();
        uint32 a = fundToken(TestToken(address(none)), 100);
        uint32 b = fundToken(bomb, 100);
        payWith(
            bytes.concat(
                withdrawalRecord(uint24(a), ALICE, 40), withdrawalRecord(uint24(b), ALICE, 30)
            ),
            2
        );
        same(none.balanceOf(ALICE), 40, "no return value");
        same(bomb.balanceOf(ALICE), 30, "100,000 bytes of it");
    }

    function test_a_token_that_calls_back_while_it_is_paid_is_locked_out() public {
        ReentrantToken token = new ReentrantToken();
        uint32 id = fundToken(token, 100);
        token.setCall(address(hawser), abi.encodeCall(hawser.withdrawPending, (id, ALICE)));
        payWith(withdrawalRecord(uint24(id), ALICE, 40), 1);
        isTrue(token.wasCalled() && !token.succeeded(), "refused inside");
        same(token.balanceOf(ALICE), 40, "paid once");
        same(hawser.held(id), 60, "held");
    }

    function test_a_token_whose_code_is_gone_leaves_pending_balances() public {
        TestToken token = new TestToken("T", "T", 18);
        uint32 id = fundToken(token, 100);
        vm.etch(address(token), "");
        payWith(withdrawalRecord(uint24(id), ALICE, 40), 1);
        same(hawser.pending(id, ALICE), 40, "pending");
    }

    // ---- gas (F23) ----

    /// Whoever executes cannot turn a payment into a pending balance by giving little gas: with any
    /// amount the call reverts or pays.
    function test_little_gas_reverts_instead_of_leaving_payments_pending(uint256 gas_) public {
        fund(1);
        Made memory m = agreed(
            withWithdrawals(
                bytes.concat(
                    withdrawalRecord(1, ALICE, 1 ether), withdrawalRecord(1, BOB, 2 ether)
                ),
                2
            )
        );
        vm.warp(block.timestamp + DELAY);
        gas_ = bound(gas_, 21_000, 600_000);
        try hawser.executeBatch{gas: gas_}(2, m.regions) {
            same(ALICE.balance, 1 ether, "paid");
            same(BOB.balance, 2 ether, "paid");
        } catch {
            same(hawser.executedK(), 1, "not executed");
            same(ALICE.balance, 0, "not paid");
        }
        same(hawser.pending(1, ALICE) + hawser.pending(1, BOB), 0, "nothing pending");
    }

    /// The same for receivers that need nearly all of their allowance: one burns it, the other gives
    /// up at once (and so leaves gas to go on with) when it gets less.
    function test_a_receiver_within_its_allowance_is_paid_with_any_gas() public {
        fund(1);
        address[2] memory receivers = [address(new Burner()), address(new Careful())];
        for (uint256 i = 0; i < 2; i++) {
            uint256 start = vm.snapshotState();
            Made memory m = agreed(withWithdrawals(withdrawalRecord(1, receivers[i], 1 ether), 1));
            vm.warp(block.timestamp + DELAY);
            uint256 paid = 0;
            uint256 reverted = 0;
            for (uint256 gas_ = 60_000; gas_ < 400_000; gas_ += 1_000) {
                uint256 before = vm.snapshotState();
                try hawser.executeBatch{gas: gas_}(2, m.regions) {
                    paid++;
                    same(receivers[i].balance, 1 ether, "paid");
                } catch {
                    reverted++;
                    same(hawser.executedK(), 1, "not executed");
                }
                same(hawser.pending(1, receivers[i]), 0, "nothing pending");
                vm.revertToState(before);
            }
            isTrue(paid > 10 && reverted > 10, "both happen");
            vm.revertToState(start);
        }
    }

    // ---- batches without us ----

    function test_a_batch_without_part_in_it_is_executed_without_payments() public {
        Wish memory w = quiet();
        w.aTakesPart = false;
        settle(make(w));
        same(hawser.executedK(), 1, "executedK");
        settle(make(quiet()));
        same(hawser.executedK(), 2, "executedK");
    }

    /// Deposits that come while a batch is on its way stay in the queue.
    function test_requests_that_are_not_in_the_batch_stay_open() public {
        depositEth(1 ether);
        Made memory m = agreed(withPriority(depositEthRecord(0, 1 ether), 1));
        depositEth(2 ether);
        vm.warp(block.timestamp + DELAY);
        execute(m);
        same(hawser.firstOpenRequest(), 1, "first open");
        same(hawser.totalRequests(), 2, "total");
        isTrue(hawser.requests(1).hash != 0, "still there");
        settle(make(withPriority(depositEthRecord(0, 2 ether), 1)));
        same(hawser.held(1), 3 ether, "held");
    }

    /// A proof system that failed could not make the contract pay what it does not hold.
    function test_more_than_is_held_is_never_paid() public {
        fund(1);
        Made memory m = agreed(withWithdrawals(withdrawalRecord(1, ALICE, 11 ether), 1));
        vm.warp(block.timestamp + DELAY);
        vm.deal(address(hawser), 100 ether);
        vm.expectRevert();
        execute(m);
    }
}

/// Uses about 45,000 gas when it is paid.
contract Burner {
    receive() external payable {
        uint256 start = gasleft();
        while (start - gasleft() < 45_000) {}
    }
}

/// Refuses unless it gets 45,000 gas.
contract Careful {
    receive() external payable {
        require(gasleft() >= 45_000, "too little gas");
    }
}
