// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IProofVerifier} from "./IProofVerifier.sol";

/// @title The verifier of the terminal program (docs/protocol/recursion.md section 4)
interface ITerminalVerifier is IProofVerifier {
    /// @return SHA-256("HAWSER-KEY-1" | programId | key), recursion.md section 2: which statement is
    ///         proven, and what may prove it, all the way down
    function keyId() external view returns (bytes32);

    /// @return K, the root of the set of keys that the recursion below the terminal may use, 8 x u32:
    ///         a constant of the terminal's key, so the verifier says it and nobody can name another
    function keySet() external view returns (bytes32);
}
