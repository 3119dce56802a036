// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Base} from "./Base.t.sol";
import {IProofVerifier} from "../src/verifier/IProofVerifier.sol";

/// Tracing contracts: the transcript's states against those of the C verifier, and gas by section.
contract TraceTest is Base {
    function check(string memory contract_, string memory name) internal returns (bytes memory out) {
        IProofVerifier v = deploy(contract_);
        bytes memory states = file(name, "states");
        bytes memory data = abi.encodeCall(v.verify, (file(name, "publics"), file(name, "proof")));
        bool ok;
        (ok, out) = address(v).staticcall(data);
        require(ok, "reverted");
        require(word(out, 0) == 0, "refused");
        uint256 n = word(out, 128);
        require(n == states.length / 32, "number of absorbs");
        for (uint256 i = 0; i < n; i++) {
            require(word(out, 129 + i) == word(states, i), "state after an absorb");
        }
    }

    function test_states_of_the_transcript_are_those_of_the_C_verifier() public {
        check("ToyTrace", "toy0");
        check("ToyTrace", "toy1");
        check("ToyL1Trace", "toyl1");
    }

    function test_gas_by_section() public {
        bytes memory out = check("ToyL1Trace", "toyl1");
        require(gasBySection(out, "ToyL1Trace") < 12_000_000, "the verifier has become dear");
    }
}
