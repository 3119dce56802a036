// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Tokens} from "./Tokens.sol";
import {Request} from "./HawserTypes.sol";

/// @dev The queue of priority requests (REQ-L1-1, REQ-L1-2, REQ-L1-8). A request is kept as the hash
///      of its record; the sequencer publishes the record again, with its outcome, when it serves it.
abstract contract Requests is Tokens {
    uint8 internal constant KIND_DEPOSIT = 1;
    uint8 internal constant KIND_DEPOSIT_WITH_KEY = 2;
    uint8 internal constant KIND_SET_KEY = 3;
    uint8 internal constant KIND_EXIT = 4;
    uint32 internal constant NEW_ACCOUNT = 0xFFFFFF;
    uint64 internal constant EXPIRY = 7 days;
    uint64 internal constant SERVED_PER_DAY = 20_000;
    uint64 internal constant FEE_STEP = 1_000; // open requests that double the fee

    /// ETH: token 1, amount and fee in msg.value. ERC-20: approved before, msg.value = fee.
    function deposit(uint32 token, uint128 amount, uint32 account, uint8 slot, address owner)
        external
        payable
        nonReentrant
    {
        checkCredit(account, slot, owner);
        uint256 credited = take(token, amount);
        bytes memory record = abi.encodePacked(
            KIND_DEPOSIT << 4, uint24(account), slot, uint24(token), uint112(credited), owner
        );
        enqueue(KIND_DEPOSIT, record, token, uint128(credited), token == ETH ? amount : 0);
    }

    /// As deposit, for the caller's own account; its key becomes keyRoot (auth 1, height 12).
    function depositWithKey(
        uint32 token,
        uint128 amount,
        uint32 account,
        uint8 slot,
        bytes20 keyRoot,
        uint64 keyNonce_
    ) external payable nonReentrant {
        checkCredit(account, slot, msg.sender);
        checkKeyRoot(keyRoot);
        useKeyNonce(keyNonce_);
        uint256 credited = take(token, amount);
        bytes memory record = abi.encodePacked(
            KIND_DEPOSIT_WITH_KEY << 4,
            uint24(account),
            slot,
            uint24(token),
            uint112(credited),
            msg.sender,
            keyRoot
        );
        enqueue(KIND_DEPOSIT_WITH_KEY, record, token, uint128(credited), token == ETH ? amount : 0);
    }

    /// Replaces the key of the caller's account, or removes it (auth 0, height 0, root 0).
    function setKey(uint32 account, uint8 auth, uint8 height, bytes20 keyRoot, uint64 keyNonce_)
        external
        payable
        nonReentrant
    {
        if (account >= NEW_ACCOUNT) revert AccountInvalid(account);
        if (auth == 0) {
            if (height != 0 || keyRoot != 0) revert KeyInvalid();
        } else if (auth != 1 || (height != 12 && height != 18)) {
            revert KeyInvalid();
        }
        checkKeyRoot(keyRoot);
        useKeyNonce(keyNonce_);
        bytes memory record = abi.encodePacked(
            KIND_SET_KEY << 4, uint24(account), auth, height, msg.sender, keyRoot
        );
        enqueue(KIND_SET_KEY, record, 0, 0, 0);
    }

    /// Everything in one slot of the caller's account to the caller, on L1.
    function requestExit(uint32 account, uint8 slot) external payable nonReentrant {
        if (account >= NEW_ACCOUNT) revert AccountInvalid(account);
        if (slot < 2) revert SlotNotAllowed(slot);
        bytes memory record =
            abi.encodePacked(KIND_EXIT << 4, uint24(account), slot, msg.sender, bytes17(0));
        enqueue(KIND_EXIT, record, 0, 0, 0);
    }

    /// Wei that a request made now costs: doubles with every 1,000 requests not executed yet.
    function requestFee() public view returns (uint256) {
        uint256 doublings = (progress.totalRequests - progress.firstOpenRequest) / FEE_STEP;
        if (doublings > 64) revert QueueFull();
        uint256 fee = uint256(baseFee) << doublings;
        if (fee > type(uint96).max) revert QueueFull();
        return fee;
    }

    function requests(uint64 index) external view returns (Request memory) {
        return requestOf[index];
    }

    function firstOpenRequest() external view returns (uint64) {
        return progress.firstOpenRequest;
    }

    function committedRequests() external view returns (uint64) {
        return progress.committedRequests;
    }

    function totalRequests() external view returns (uint64) {
        return progress.totalRequests;
    }

    function checkCredit(uint32 account, uint8 slot, address owner) private view {
        if (account > NEW_ACCOUNT) revert AccountInvalid(account);
        if (owner == address(0)) revert OwnerInvalid();
        // 2..127 by anyone, 128..255 by the owner only (N10).
        if (slot < 2 || (slot >= 128 && msg.sender != owner)) revert SlotNotAllowed(slot);
    }

    /// Five field elements; a root that no circuit could read would block the queue (F19).
    function checkKeyRoot(bytes20 keyRoot) private pure {
        uint256 words = uint160(keyRoot);
        for (uint256 i = 0; i < 5; i++) {
            if (words & 0xffffffff >= FIELD_P) revert KeyInvalid();
            words >>= 32;
        }
    }

    function useKeyNonce(uint64 given) private {
        uint64 expected = keyNonce[msg.sender];
        if (given != expected) revert KeyNonceWrong(given, expected);
        keyNonce[msg.sender] = expected + 1;
    }

    function take(uint32 token, uint128 amount) private returns (uint256 credited) {
        if (amount == 0 || amount > AMOUNT_MAX) revert AmountOutOfRange(amount);
        credited = token == ETH ? amount : pull(token, amount);
        addHeld(token, credited);
    }

    /// ethAmount: the part of msg.value that was deposited; the fee comes from the rest, what is
    /// left over goes back.
    function enqueue(
        uint8 kind,
        bytes memory record,
        uint32 token,
        uint128 credited,
        uint256 ethAmount
    ) private {
        uint256 fee = requestFee();
        if (msg.value < ethAmount + fee) revert FeeTooLow(msg.value, ethAmount + fee);
        uint64 index = progress.totalRequests;
        uint64 position = index - progress.firstOpenRequest;
        uint64 expiresAt = uint64(block.timestamp) + EXPIRY + position * 1 days / SERVED_PER_DAY;
        progress.totalRequests = index + 1;
        requestOf[index] = Request({
            hash: sha256(record),
            payer: msg.sender,
            fee: uint96(fee),
            amount: credited,
            token: token,
            expiresAt: expiresAt
        });
        emit PriorityRequest(index, kind, record, msg.sender, expiresAt);
        uint256 excess = msg.value - ethAmount - fee;
        if (excess > 0 && !pushAll(ETH, msg.sender, excess)) revert PaymentFailed();
    }
}
