// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Batch, Deployment} from "./HawserTypes.sol";
import {HawserStorage} from "./HawserStorage.sol";
import {Payments} from "./Payments.sol";

/// @title Hawser's settlement contract, one on every connected chain
/// @notice docs/protocol/settlement.md. A batch is committed by the operator, proven, agreed and
///         executed by anyone. There are no upgrades and no pause; the operator can hand its own
///         role over, the registrar can add tokens, nobody else can do anything special.
/// @dev Parts, bottom up: HawserStorage, Tokens, Requests, Batches, Proving, Agreement, Payments.
contract Hawser is Payments {
    constructor(Deployment memory d) HawserStorage(d) {}

    /// state: 0 none, 1 committed, 2 proven, 3 agreed, 4 executed. Batch 0 is the genesis.
    struct BatchView {
        bytes32 stmt;
        bytes32 finalRoot;
        bytes32 prevFinalRoot;
        bytes32 digest;
        uint8 state;
        uint64 time;
        uint64 committedAt;
        uint64 provenAt;
        uint64 executedAt;
        uint16 priorityCount;
        uint16 withdrawalCount;
    }

    function batches(uint64 k) external view returns (BatchView memory v) {
        Batch storage b = batchOf[k];
        if (k > progress.committedK) return v;
        v.stmt = b.stmt;
        v.finalRoot = b.finalRoot;
        if (k > 0) v.prevFinalRoot = batchOf[k - 1].finalRoot;
        v.digest = b.digest;
        v.state = k <= progress.executedK
            ? 4
            : k <= progress.agreedK ? 3 : k <= progress.provenK ? 2 : 1;
        v.time = b.time;
        v.committedAt = b.committedAt;
        v.provenAt = b.provenAt;
        v.executedAt = b.executedAt;
        v.priorityCount = b.priorityCount;
        v.withdrawalCount = b.withdrawalCount;
    }

    function committedK() external view returns (uint64) {
        return progress.committedK;
    }

    function provenK() external view returns (uint64) {
        return progress.provenK;
    }

    function agreedK() external view returns (uint64) {
        return progress.agreedK;
    }

    function executedK() external view returns (uint64) {
        return progress.executedK;
    }
}
