// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TestToken} from "./TestToken.sol";

/// @dev Tokens that do what real ones sometimes do. For tests only.

/// Keeps 1 % of every transfer.
contract FeeToken is TestToken("Fee", "FEE", 18) {
    function transfer(address to, uint256 amount) external override returns (bool) {
        take(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount)
        external
        override
        returns (bool)
    {
        spend(from, amount);
        take(from, to, amount);
        return true;
    }

    function take(address from, address to, uint256 amount) private {
        uint256 fee = amount / 100;
        move(from, to, amount - fee);
        if (fee > 0) move(from, address(0xdead), fee);
    }
}

/// Refuses every transfer while `isBroken`.
contract RevertingToken is TestToken("Reverting", "REV", 18) {
    bool public isBroken;

    function setBroken(bool broken) external {
        isBroken = broken;
    }

    function transfer(address to, uint256 amount) external override returns (bool) {
        require(!isBroken, "broken");
        move(msg.sender, to, amount);
        return true;
    }
}

/// Returns false instead of transferring while `isBroken`.
contract FalseToken is TestToken("False", "FLS", 18) {
    bool public isBroken;

    function setBroken(bool broken) external {
        isBroken = broken;
    }

    function transfer(address to, uint256 amount) external override returns (bool) {
        if (isBroken) return false;
        move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount)
        external
        override
        returns (bool)
    {
        if (isBroken) return false;
        spend(from, amount);
        move(from, to, amount);
        return true;
    }
}

/// Returns nothing at all, as some of the oldest and largest tokens do.
contract NoReturnToken {
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// Calls `target` with `data` in the middle of every transfer and remembers how that went.
contract ReentrantToken is TestToken("Reentrant", "REE", 18) {
    address public target;
    bytes public data;
    bool public wasCalled;
    bool public succeeded;
    bytes public answer;

    function setCall(address target_, bytes calldata data_) external {
        (target, data) = (target_, data_);
    }

    function transfer(address to, uint256 amount) external override returns (bool) {
        callBack();
        move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount)
        external
        override
        returns (bool)
    {
        spend(from, amount);
        callBack();
        move(from, to, amount);
        return true;
    }

    function callBack() private {
        if (target == address(0)) return;
        wasCalled = true;
        (succeeded, answer) = target.call(data);
    }
}

/// Returns a megabyte: whoever copies it pays for it.
contract BombToken is TestToken("Bomb", "BMB", 18) {
    function transfer(address to, uint256 amount) external override returns (bool) {
        move(msg.sender, to, amount);
        assembly {
            mstore(0, 1)
            return(0, 100000)
        }
    }
}
