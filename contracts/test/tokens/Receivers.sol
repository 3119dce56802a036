// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev Receivers of ETH that misbehave. For tests only.

contract RefusingReceiver {
    bool public isOpen;

    function setOpen(bool open) external {
        isOpen = open;
    }

    receive() external payable {
        require(isOpen, "closed");
    }
}

/// Burns all gas it gets.
contract GasEater {
    receive() external payable {
        while (true) {}
    }
}

/// Calls `target` with `data` when it is paid, and remembers how that went.
contract ReentrantReceiver {
    address public target;
    bytes public data;
    bool public wasCalled;
    bool public succeeded;

    function setCall(address target_, bytes calldata data_) external {
        (target, data) = (target_, data_);
    }

    receive() external payable {
        if (target == address(0)) return;
        (bool ok,) = target.call(data);
        // One word of storage only: the allowance is 50,000 gas.
        wasCalled = true;
        succeeded = ok;
    }
}
