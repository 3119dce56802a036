// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RevertingToken} from "../tokens/OddTokens.sol";
import {TestToken} from "../tokens/TestToken.sol";
import {GasEater} from "../tokens/Receivers.sol";
import {HawserBase} from "./HawserBase.sol";

interface VmGas {
    struct Gas {
        uint64 gasLimit;
        uint64 gasTotalUsed;
        uint64 gasMemoryUsed;
        int64 gasRefunded;
        uint64 gasRemaining;
    }

    function lastCallGas() external view returns (Gas memory);
}

/// Burns its whole allowance, so that every payment in it fails and becomes pending.
contract EatingToken is TestToken("Eater", "EAT", 18) {
    function transfer(address, uint256) external pure override returns (bool) {
        while (true) {}
        return true;
    }
}

/// @dev The dearest batches that commitBatch takes are executed within one transaction of L1: every
///      top-level call is a transaction of its own here (isolate), with cold storage.
/// forge-config: settlement.isolate = true
contract ExecutionGasTest is HawserBase {
    uint256 private constant TX_GAS = 16_777_216; // EIP-7825
    uint256 private constant COST_MAX = 360;
    uint256 private constant PAYMENT = 5;

    /// Cost of executing m: intrinsic gas, calldata, what is needed before refunds.
    function executed(Made memory m, string memory what) private returns (uint256 used) {
        prove(m);
        agree(m.s.k, m.digest);
        vm.warp(block.timestamp + DELAY);
        bytes memory data = abi.encodeCall(hawser.executeBatch, (m.s.k, m.regions));
        uint256 intrinsic = 21_000;
        for (uint256 i = 0; i < data.length; i++) intrinsic += data[i] == 0 ? 4 : 16;
        (bool ok,) = address(hawser).call{gas: TX_GAS - intrinsic}(data);
        used = VmGas(address(vm)).lastCallGas().gasTotalUsed;
        isTrue(ok, what);
        same(hawser.executedK(), m.s.k, what);
    }

    function eater() private returns (uint32 id) {
        EatingToken token = new EatingToken();
        vm.prank(registrar);
        id = hawser.registerToken(address(token));
        token.mint(address(this), 1 << 100);
        token.approve(address(hawser), 1 << 100);
        hawser.deposit{value: hawser.requestFee()}(id, 1 << 90, 1, 2, address(this));
    }

    event Gas(string what, uint256 records, uint256 gas_);

    /// Withdrawals of a token that burns all it gets, every receiver pending for the first time.
    function test_withdrawals_that_burn_all_their_gas() public {
        uint32 id = eater();
        bytes memory region;
        uint16 n = uint16(COST_MAX / PAYMENT);
        for (uint256 i = 0; i < n; i++) {
            address to = address(uint160(uint256(keccak256(abi.encode(i)))));
            region = bytes.concat(region, withdrawalRecord(uint24(id), to, uint112(1 + i)));
        }
        Made memory m = make(withWithdrawals(region, n));
        commit(m);
        emit Gas("withdrawals of a burning token", n, executed(m, "withdrawals"));
        same(hawser.pending(id, address(uint160(uint256(keccak256(abi.encode(0)))))), 1, "pending");
    }

    /// The same paid by exits, whose requests are taken out of the queue besides.
    function test_exits_that_burn_all_their_gas() public {
        uint32 id = eater();
        bytes memory region = depositRecord(0, 1, 2, uint24(id), 1 << 90, address(this));
        uint16 n = uint16((COST_MAX - 1) / PAYMENT);
        for (uint256 i = 0; i < n; i++) {
            address owner = address(uint160(uint256(keccak256(abi.encode(i)))));
            vm.deal(owner, 1 ether);
            uint256 fee = hawser.requestFee();
            vm.prank(owner);
            hawser.requestExit{value: fee}(9, 130);
            region = bytes.concat(region, exitRecord(0, 9, 130, owner, uint24(id), uint112(1 + i)));
        }
        Made memory m = make(withPriority(region, n + 1));
        commit(m);
        emit Gas("exits to a burning token", n, executed(m, "exits"));
    }

    /// Deposits that are all refused, each by another payer.
    function test_refused_deposits() public {
        bytes memory region;
        for (uint256 i = 0; i < COST_MAX; i++) {
            address payer = address(uint160(uint256(keccak256(abi.encode(i)))));
            vm.deal(payer, 1 ether);
            uint256 fee = hawser.requestFee();
            vm.prank(payer);
            hawser.deposit{value: 7 + fee}(1, 7, 1, 2, payer);
            region = bytes.concat(region, depositRecord(3, 1, 2, 1, 7, payer));
        }
        Made memory m = make(withPriority(region, uint16(COST_MAX)));
        commit(m);
        emit Gas("refused deposits", COST_MAX, executed(m, "deposits"));
    }
}
