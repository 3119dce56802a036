// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Agreement} from "./Agreement.sol";
import {Batch, Request} from "./HawserTypes.sol";
import {Segments} from "./Segments.sol";

/// @dev Execution of agreed batches: the queue moves on, exits and withdrawals are paid (REQ-L1-6).
abstract contract Payments is Agreement {
    using Segments for bytes;

    /// regions: priority region | withdrawal region as committed. Anyone may call and gets the fees
    /// of the requests that the batch served.
    function executeBatch(uint64 k, bytes calldata regions) external nonReentrant {
        uint64 expected = progress.executedK + 1;
        if (k != expected) revert WrongBatch(k, expected);
        if (k > progress.provenK) revert NotProven(k);
        if (k > progress.agreedK) revert NotAgreed(k);
        uint256 notBefore = agreedAt(k) + executionDelay;
        if (block.timestamp < notBefore) revert TooEarly(notBefore);
        Batch storage b = batchOf[k];
        if (keccak256(regions) != b.regionsHash) revert RegionsMismatch();
        // Marked before paid.
        b.executedAt = uint40(block.timestamp);
        progress.executedK = k;
        emit BatchExecuted(k, b.finalRoot);

        uint256 fees = serveRequests(k, regions[:b.priorityBytes], b.priorityCount);
        uint256 pos = b.priorityBytes;
        for (uint256 i = b.withdrawalCount; i > 0; i--) {
            (uint32 token, uint128 amount, address to) = regions.withdrawal(pos);
            pay(k, token, to, amount);
            pos += Segments.WITHDRAWAL;
        }
        payFees(k, fees);
    }

    /// Pays everything that is pending for the owner in one token, with all gas given.
    function withdrawPending(uint32 token, address owner) external nonReentrant {
        uint256 amount = pending[token][owner];
        if (amount == 0) revert NothingPending();
        pending[token][owner] = 0;
        held[token] -= amount;
        if (!pushAll(token, owner, amount)) revert PaymentFailed();
        emit Paid(0, token, owner, uint128(amount));
    }

    function serveRequests(uint64 k, bytes calldata region, uint256 count)
        private
        returns (uint256 fees)
    {
        uint64 index = progress.firstOpenRequest;
        progress.firstOpenRequest = index + uint64(count);
        uint256 pos = 0;
        for (uint256 i = 0; i < count; i++) {
            Request memory r = requestOf[index];
            delete requestOf[index];
            fees += r.fee;
            uint256 kind = region.kindAt(pos);
            if (kind == KIND_EXIT) {
                (uint32 token, uint128 amount, address owner) = region.exitResult(pos);
                pay(k, token, owner, amount);
            } else if (r.amount > 0 && region.outcomeAt(pos) != 0) {
                // A refused deposit belongs to whoever paid it, not to the named owner.
                pending[r.token][r.payer] += r.amount;
                emit Refunded(index, r.token, r.payer, r.amount);
            }
            pos += region.recordSize(pos);
            index++;
        }
    }

    function pay(uint64 k, uint32 token, address to, uint128 amount) private {
        if (amount == 0) return;
        uint256 left = held[token] - amount; // a proven batch cannot pay more than is held
        if (push(token, to, amount)) {
            held[token] = left;
            emit Paid(k, token, to, amount);
        } else {
            pending[token][to] += amount;
            emit PaymentPending(k, token, to, amount);
        }
    }

    function payFees(uint64 k, uint256 fees) private {
        if (fees == 0 || push(ETH, msg.sender, fees)) return;
        addHeld(ETH, fees);
        pending[ETH][msg.sender] += fees;
        emit PaymentPending(k, ETH, msg.sender, uint128(fees));
    }

    /// Seconds at which batch k = executedK (just moved) became agreed. Marks ascend in k and so
    /// do the calls, so that at most one mark is passed per call.
    function agreedAt(uint64 k) private returns (uint256) {
        uint256 i = agreementOfNext;
        if (agreements[i].k < k) agreementOfNext = ++i;
        return agreements[i].time;
    }
}
