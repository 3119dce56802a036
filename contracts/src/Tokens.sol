// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {HawserStorage} from "./HawserStorage.sol";

/// @dev The registry (ids are given once, never re-pointed) and the only places that move tokens.
abstract contract Tokens is HawserStorage {
    uint32 internal constant ETH = 1;
    uint32 internal constant TOKEN_ID_MAX = (1 << 24) - 1; // bit 24 marks shares of pools
    uint256 internal constant GAS_ETH = 50_000;
    uint256 internal constant GAS_ERC20 = 150_000;
    /// What a payment needs beside the allowance: value transfer, new account, bookkeeping.
    uint256 internal constant GAS_RESERVE = 100_000;

    function registerToken(address token) external returns (uint32 id) {
        if (msg.sender != registrar) revert NotRegistrar(msg.sender);
        if (token.code.length == 0) revert TokenHasNoCode(token);
        if (tokenIds[token] != 0) revert TokenRegisteredAlready(token, tokenIds[token]);
        if (tokenCount == TOKEN_ID_MAX) revert TokensFull();
        id = ++tokenCount;
        tokenOf[id] = token;
        tokenIds[token] = id;
        emit TokenRegistered(id, token);
    }

    /// @return the address of a registered ERC-20; zero for ETH (1) and unknown ids
    function tokens(uint32 id) external view returns (address) {
        return tokenOf[id];
    }

    function isToken(uint32 id) internal view returns (bool) {
        return id == ETH || tokenOf[id] != address(0);
    }

    /// Counts `amount` as held by this contract for its users (REQ-L1-2, REQ-L1-7).
    function addHeld(uint32 token, uint256 amount) internal {
        if (amount == 0 || amount > AMOUNT_MAX) revert AmountOutOfRange(amount);
        uint256 sum = held[token] + amount;
        if (sum > AMOUNT_MAX) revert TokenCapReached(token);
        held[token] = sum;
    }

    /// Takes tokens from the caller. What counts is how much this contract's balance grew: a token
    /// that keeps a fee credits less. Call under the lock.
    function pull(uint32 id, uint256 amount) internal returns (uint256) {
        address token = tokenOf[id];
        if (token == address(0)) revert TokenUnknown(id);
        uint256 before = balanceOf(token);
        bytes memory data = abi.encodeWithSignature(
            "transferFrom(address,address,uint256)", msg.sender, address(this), amount
        );
        if (!callToken(token, gasleft(), data)) revert PaymentFailed();
        uint256 afterwards = balanceOf(token);
        if (afterwards < before) revert PaymentFailed();
        return afterwards - before;
    }

    /// Pays with the fixed allowance of gas. False if the receiver or token refused. The caller of
    /// the transaction cannot make a payment fail by giving little gas: then everything reverts.
    function push(uint32 id, address to, uint256 amount) internal returns (bool) {
        uint256 allowance = id == ETH ? GAS_ETH : GAS_ERC20;
        // EIP-150: at most 63/64 of what is left can be passed on.
        if (gasleft() < allowance * 64 / 63 + GAS_RESERVE) revert GasTooLow();
        if (id == ETH) return sendEth(to, amount, allowance);
        return callToken(tokenOf[id], allowance, transferData(to, amount));
    }

    /// Pays with all gas that is left; for calls whose failure harms only the caller.
    function pushAll(uint32 id, address to, uint256 amount) internal returns (bool) {
        if (id == ETH) return sendEth(to, amount, gasleft());
        return callToken(tokenOf[id], gasleft(), transferData(to, amount));
    }

    function transferData(address to, uint256 amount) private pure returns (bytes memory) {
        return abi.encodeWithSignature("transfer(address,uint256)", to, amount);
    }

    function sendEth(address to, uint256 amount, uint256 gasLimit) private returns (bool ok) {
        assembly ("memory-safe") {
            ok := call(gasLimit, to, amount, 0, 0, 0, 0)
        }
    }

    /// True if the call succeeded and returned nothing (from a contract) or exactly a true word.
    /// Not more than 32 bytes of what comes back are copied.
    function callToken(address token, uint256 gasLimit, bytes memory data)
        private
        returns (bool ok)
    {
        assembly ("memory-safe") {
            ok := call(gasLimit, token, 0, add(data, 32), mload(data), 0, 32)
            if ok {
                switch returndatasize()
                case 0 { ok := gt(extcodesize(token), 0) }
                default { ok := and(gt(returndatasize(), 31), eq(mload(0), 1)) }
            }
        }
    }

    function balanceOf(address token) private view returns (uint256 amount) {
        bytes memory data = abi.encodeWithSignature("balanceOf(address)", address(this));
        bool ok;
        assembly ("memory-safe") {
            ok := staticcall(gas(), token, add(data, 32), mload(data), 0, 32)
            ok := and(ok, gt(returndatasize(), 31))
            amount := mload(0)
        }
        if (!ok) revert PaymentFailed();
    }
}
