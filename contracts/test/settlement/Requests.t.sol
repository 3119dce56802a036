// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Request} from "../../src/HawserTypes.sol";
import {
    BombToken,
    FalseToken,
    FeeToken,
    NoReturnToken,
    ReentrantToken,
    RevertingToken
} from "../tokens/OddTokens.sol";
import {TestToken} from "../tokens/TestToken.sol";
import {HawserBase} from "./HawserBase.sol";
import {Vm} from "./TestBase.sol";

contract RequestsTest is HawserBase {
    address constant ALICE = address(0xA11);
    uint256 constant CAP = (1 << 112) - 1;

    function register(address token) internal returns (uint32) {
        vm.prank(registrar);
        return hawser.registerToken(token);
    }

    function newToken() internal returns (TestToken token, uint32 id) {
        token = new TestToken("T", "T", 18);
        id = register(address(token));
        token.mint(address(this), 1e30);
        token.approve(address(hawser), type(uint256).max);
    }

    function checkRequest(uint64 index, bytes memory record, uint32 token, uint256 amount)
        private
        view
    {
        Request memory r = hawser.requests(index);
        same(r.hash, sha256(record), "hash");
        same(uint160(r.payer), uint160(address(this)), "payer");
        same(r.token, token, "token");
        same(r.amount, amount, "amount");
        same(r.fee, BASE_FEE, "fee");
        same(r.expiresAt, block.timestamp + 7 days, "expires at");
    }

    // ---- deposits ----

    function test_an_eth_deposit_is_held_and_recorded() public {
        hawser.deposit{value: 5 ether + BASE_FEE}(1, 5 ether, 0xFFFFFF, 2, ALICE);
        checkRequest(0, depositRecord(0, 0xFFFFFF, 2, 1, 5 ether, ALICE), 1, 5 ether);
        same(hawser.held(1), 5 ether, "held");
        same(address(hawser).balance, 5 ether + BASE_FEE, "balance");
        same(hawser.totalRequests(), 1, "requests");
    }

    function test_the_event_carries_the_record() public {
        vm.recordLogs();
        hawser.requestExit{value: BASE_FEE}(9, 130);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        same(logs.length, 1, "events");
        same(
            logs[0].topics[0],
            keccak256("PriorityRequest(uint64,uint8,bytes,address,uint64)"),
            "signature"
        );
        same(logs[0].topics[1], bytes32(0), "index");
        bytes memory expected = abi.encode(
            uint8(4),
            exitRecord(0, 9, 130, address(this), 0, 0),
            address(this),
            uint64(block.timestamp + 7 days)
        );
        same(keccak256(logs[0].data), keccak256(expected), "data");
    }

    function test_what_is_paid_too_much_comes_back() public {
        uint256 before = address(this).balance;
        hawser.deposit{value: 9 ether}(1, 5 ether, 1, 2, ALICE);
        same(before - address(this).balance, 5 ether + BASE_FEE, "paid");
    }

    function test_too_little_value_is_refused() public {
        vm.expectRevert(abi.encodeWithSelector(FeeTooLow.selector, 5 ether, 5 ether + BASE_FEE));
        hawser.deposit{value: 5 ether}(1, 5 ether, 1, 2, ALICE);
        vm.expectRevert(abi.encodeWithSelector(FeeTooLow.selector, 0, BASE_FEE));
        hawser.requestExit(1, 2);
    }

    function test_a_token_deposit_counts_what_arrived() public {
        (TestToken token, uint32 id) = newToken();
        hawser.deposit{value: BASE_FEE}(id, 700, 3, 4, ALICE);
        checkRequest(0, depositRecord(0, 3, 4, uint24(id), 700, ALICE), id, 700);
        same(token.balanceOf(address(hawser)), 700, "balance");

        FeeToken fee = new FeeToken();
        uint32 feeId = register(address(fee));
        fee.mint(address(this), 1000);
        fee.approve(address(hawser), 1000);
        hawser.deposit{value: BASE_FEE}(feeId, 1000, 3, 4, ALICE);
        Request memory r = hawser.requests(1);
        same(r.amount, 990, "credited after the token's own fee");
        same(hawser.held(feeId), 990, "held");
        same(r.hash, sha256(depositRecord(0, 3, 4, uint24(feeId), 990, ALICE)), "record");
    }

    function test_tokens_without_return_value_work() public {
        NoReturnToken token = new NoReturnToken();
        uint32 id = register(address(token));
        token.mint(address(this), 50);
        token.approve(address(hawser), 50);
        hawser.deposit{value: BASE_FEE}(id, 50, 3, 4, ALICE);
        same(hawser.held(id), 50, "held");
    }

    function test_tokens_that_fail_or_return_false_deposit_nothing() public {
        FalseToken token = new FalseToken();
        uint32 id = register(address(token));
        token.mint(address(this), 50);
        token.approve(address(hawser), 50);
        token.setBroken(true);
        vm.expectRevert(PaymentFailed.selector);
        hawser.deposit{value: BASE_FEE}(id, 50, 3, 4, ALICE);
        // no allowance: transferFrom reverts
        RevertingToken other = new RevertingToken();
        uint32 otherId = register(address(other));
        vm.expectRevert(PaymentFailed.selector);
        hawser.deposit{value: BASE_FEE}(otherId, 50, 3, 4, ALICE);
        same(hawser.held(id) + hawser.held(otherId), 0, "held");
    }

    function test_a_token_that_calls_back_is_locked_out() public {
        ReentrantToken token = new ReentrantToken();
        uint32 id = register(address(token));
        token.mint(address(this), 100);
        token.approve(address(hawser), 100);
        bytes[3] memory calls = [
            abi.encodeCall(hawser.deposit, (id, 10, 3, 4, ALICE)),
            abi.encodeCall(hawser.withdrawPending, (id, address(this))),
            abi.encodeCall(hawser.requestExit, (3, 4))
        ];
        for (uint256 i = 0; i < 3; i++) {
            token.setCall(address(hawser), calls[i]);
            hawser.deposit{value: BASE_FEE}(id, 10, 3, 4, ALICE);
            isTrue(token.wasCalled() && !token.succeeded(), "the inner call fails");
            same(bytes32(bytes4(token.answer())), bytes32(Reentered.selector), "with Reentered");
        }
        same(hawser.totalRequests(), 3, "one request each");
        same(hawser.held(id), 30, "held");
    }

    function test_amounts_outside_the_range_are_refused() public {
        vm.expectRevert(abi.encodeWithSelector(AmountOutOfRange.selector, 0));
        hawser.deposit{value: BASE_FEE}(1, 0, 1, 2, ALICE);
        (TestToken token, uint32 id) = newToken();
        token.mint(address(this), type(uint128).max);
        vm.expectRevert(abi.encodeWithSelector(AmountOutOfRange.selector, CAP + 1));
        hawser.deposit{value: BASE_FEE}(id, uint128(CAP + 1), 1, 2, ALICE);
        hawser.deposit{value: BASE_FEE}(id, uint128(CAP), 1, 2, ALICE);
        vm.expectRevert(abi.encodeWithSelector(TokenCapReached.selector, id));
        hawser.deposit{value: BASE_FEE}(id, 1, 1, 2, ALICE);
    }

    function test_unknown_tokens_and_bad_accounts_are_refused() public {
        vm.expectRevert(abi.encodeWithSelector(TokenUnknown.selector, 2));
        hawser.deposit{value: BASE_FEE}(2, 1, 1, 2, ALICE);
        vm.expectRevert(abi.encodeWithSelector(TokenUnknown.selector, 0));
        hawser.deposit{value: BASE_FEE}(0, 1, 1, 2, ALICE);
        vm.expectRevert(abi.encodeWithSelector(AccountInvalid.selector, 1 << 24));
        hawser.deposit{value: 1 + BASE_FEE}(1, 1, 1 << 24, 2, ALICE);
        vm.expectRevert(OwnerInvalid.selector);
        hawser.deposit{value: 1 + BASE_FEE}(1, 1, 1, 2, address(0));
        vm.expectRevert(abi.encodeWithSelector(AccountInvalid.selector, 0xFFFFFF));
        hawser.requestExit{value: BASE_FEE}(0xFFFFFF, 2);
        vm.expectRevert(abi.encodeWithSelector(AccountInvalid.selector, 0xFFFFFF));
        hawser.setKey{value: BASE_FEE}(0xFFFFFF, 0, 0, 0, 0);
    }

    /// N10: nobody fills the upper half of somebody else's slots.
    function test_slots_from_128_are_for_the_owner_alone(uint8 slot) public {
        if (slot < 2) {
            vm.expectRevert(abi.encodeWithSelector(SlotNotAllowed.selector, slot));
            hawser.deposit{value: 1 + BASE_FEE}(1, 1, 1, slot, address(this));
            return;
        }
        hawser.deposit{value: 1 + BASE_FEE}(1, 1, 1, slot, address(this));
        if (slot >= 128) vm.expectRevert(abi.encodeWithSelector(SlotNotAllowed.selector, slot));
        hawser.deposit{value: 1 + BASE_FEE}(1, 1, 1, slot, ALICE);
    }

    // ---- keys ----

    /// F35: a key comes from the owner only, so the record's owner is the caller.
    function test_a_keyed_deposit_is_for_the_caller() public {
        bytes20 root = bytes20(uint160(0x001234567812345678123456781234567812345678));
        hawser.depositWithKey{value: 3 + BASE_FEE}(1, 3, 0xFFFFFF, 2, root, 0);
        bytes memory record = abi.encodePacked(
            uint8(0x20), uint24(0xFFFFFF), uint8(2), uint24(1), uint112(3), address(this), root
        );
        checkRequest(0, record, 1, 3);
        same(record.length, 62, "bytes");
        same(hawser.keyNonce(address(this)), 1, "key nonce");
    }

    /// N8: a key number is used once.
    function test_key_nonces_are_used_once_and_in_order() public {
        vm.expectRevert(abi.encodeWithSelector(KeyNonceWrong.selector, 1, 0));
        hawser.setKey{value: BASE_FEE}(4, 1, 12, 0, 1);
        hawser.setKey{value: BASE_FEE}(4, 1, 12, bytes20(uint160(5)), 0);
        bytes memory record = abi.encodePacked(
            uint8(0x30), uint24(4), uint8(1), uint8(12), address(this), bytes20(uint160(5))
        );
        checkRequest(0, record, 0, 0);
        same(record.length, 46, "bytes");
        vm.expectRevert(abi.encodeWithSelector(KeyNonceWrong.selector, 0, 1));
        hawser.depositWithKey{value: 3 + BASE_FEE}(1, 3, 4, 2, 0, 0);
        hawser.depositWithKey{value: 3 + BASE_FEE}(1, 3, 4, 2, 0, 1);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(KeyNonceWrong.selector, 2, 0));
        hawser.setKey(4, 1, 18, 0, 2);
    }

    function test_key_types_outside_the_list_are_refused(uint8 auth, uint8 height, uint160 r)
        public
    {
        bytes20 root = bytes20(r & uint160(0x003fffffff3fffffff3fffffff3fffffff3fffffff));
        bool ok = (auth == 0 && height == 0 && root == 0)
            || (auth == 1 && (height == 12 || height == 18));
        if (!ok) vm.expectRevert(KeyInvalid.selector);
        hawser.setKey{value: BASE_FEE}(4, auth, height, root, 0);
    }

    function test_the_allowed_key_types() public {
        hawser.setKey{value: BASE_FEE}(4, 0, 0, 0, 0);
        hawser.setKey{value: BASE_FEE}(4, 1, 12, bytes20(uint160(1)), 1);
        hawser.setKey{value: BASE_FEE}(4, 1, 18, bytes20(uint160(1)), 2);
    }

    /// F19: no circuit can read an element that is not below p; such a request would block all.
    function test_key_roots_with_an_element_from_p_up_are_refused(uint8 place) public {
        uint160 p = 2130706433;
        uint160 shift = 32 * uint160(place % 5);
        vm.expectRevert(KeyInvalid.selector);
        hawser.setKey{value: BASE_FEE}(4, 1, 12, bytes20(p << shift), 0);
        vm.expectRevert(KeyInvalid.selector);
        hawser.depositWithKey{value: 3 + BASE_FEE}(1, 3, 4, 2, bytes20(uint160(0xffffffff) << shift), 0);
        hawser.setKey{value: BASE_FEE}(4, 1, 12, bytes20((p - 1) << shift), 0);
    }

    // ---- exits, fees, expiry ----

    function test_an_exit_names_account_slot_and_caller() public {
        hawser.requestExit{value: BASE_FEE}(9, 255);
        bytes memory record = exitRecord(0, 9, 255, address(this), 0, 0);
        checkRequest(0, record, 0, 0);
        same(record.length, 42, "bytes");
        vm.expectRevert(abi.encodeWithSelector(SlotNotAllowed.selector, 1));
        hawser.requestExit{value: BASE_FEE}(9, 1);
    }

    /// N13: stuffing the queue costs more and more.
    function test_the_fee_doubles_with_every_thousand_open_requests() public {
        for (uint256 i = 0; i < 2000; i++) {
            uint256 expected = i < 1000 ? BASE_FEE : 2 * BASE_FEE;
            hawser.requestExit{value: expected}(9, 2);
        }
        same(hawser.requestFee(), 4 * BASE_FEE, "after 2,000");
        vm.expectRevert(
            abi.encodeWithSelector(FeeTooLow.selector, 4 * BASE_FEE - 1, 4 * BASE_FEE)
        );
        hawser.requestExit{value: 4 * BASE_FEE - 1}(9, 2);
        hawser.requestExit{value: 4 * BASE_FEE}(9, 2);
        // 2,000 are before it: 2,000 / 20,000 of a day more
        same(hawser.requests(2000).expiresAt, block.timestamp + 7 days + 8640, "expires at");
        same(hawser.requests(2000).fee, 4 * BASE_FEE, "fee");
    }

    // ---- registry ----

    function test_tokens_get_ids_once_and_for_ever() public {
        TestToken a = new TestToken("A", "A", 6);
        TestToken b = new TestToken("B", "B", 6);
        same(register(address(a)), 2, "first id");
        same(register(address(b)), 3, "second id");
        vm.prank(registrar);
        vm.expectRevert(
            abi.encodeWithSelector(TokenRegisteredAlready.selector, address(a), uint32(2))
        );
        hawser.registerToken(address(a));
        same(uint160(hawser.tokens(2)), uint160(address(a)), "token 2");
        same(hawser.tokenIds(address(b)), 3, "id of b");
        same(hawser.tokenCount(), 3, "count");
    }

    function test_only_the_registrar_registers_and_only_contracts() public {
        TestToken a = new TestToken("A", "A", 6);
        vm.expectRevert(abi.encodeWithSelector(NotRegistrar.selector, address(this)));
        hawser.registerToken(address(a));
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(NotRegistrar.selector, operator));
        hawser.registerToken(address(a));
        vm.prank(registrar);
        vm.expectRevert(abi.encodeWithSelector(TokenHasNoCode.selector, ALICE));
        hawser.registerToken(ALICE);
    }

    function test_plain_transfers_of_eth_are_refused() public {
        (bool ok,) = address(hawser).call{value: 1}("");
        isTrue(!ok, "no receive function");
    }
}
