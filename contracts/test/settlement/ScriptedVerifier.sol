// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITerminalVerifier} from "../../src/verifier/ITerminalVerifier.sol";

/// @dev Stands in for a generated verifier in the tests of the settlement contract. It accepts
///      exactly the pairs (public values, proof) that a test has named before, or answers as told.
contract ScriptedVerifier is ITerminalVerifier {
    enum Mode {
        LISTED,
        RETURN_FALSE,
        REVERT,
        RETURN_NOTHING
    }

    bytes32 public immutable programId;
    bytes32 public immutable keyId;
    bytes32 public immutable keySet;
    Mode public mode;
    mapping(bytes32 => bool) public isListed;

    constructor(bytes32 id, bytes32 keySet_) {
        keyId = id;
        programId = keccak256(abi.encode("program", id));
        keySet = keySet_;
    }

    function setMode(Mode mode_) external {
        mode = mode_;
    }

    function list(bytes calldata publics, bytes calldata proof) external {
        isListed[keccak256(abi.encode(publics, proof))] = true;
    }

    function verify(bytes calldata publics, bytes calldata proof) external view returns (bool) {
        if (mode == Mode.RETURN_FALSE) return false;
        if (mode == Mode.REVERT) revert Constraints();
        if (mode == Mode.RETURN_NOTHING) {
            assembly {
                return(0, 0)
            }
        }
        if (!isListed[keccak256(abi.encode(publics, proof))]) revert OpeningSum();
        return true;
    }
}
