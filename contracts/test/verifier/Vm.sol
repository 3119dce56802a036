// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// The cheat codes the verifier tests use (https://book.getfoundry.sh/cheatcodes).
interface Vm {
    function readFileBinary(string calldata path) external view returns (bytes memory);
    function readFile(string calldata path) external view returns (string memory);
    function envOr(string calldata name, string calldata fallback_) external view returns (string memory);
    function getCode(string calldata artifact) external view returns (bytes memory);
    function toString(uint256 v) external pure returns (string memory);
    function exists(string calldata path) external view returns (bool);
}
