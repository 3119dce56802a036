// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Base} from "./Base.t.sol";
import {IProofVerifier} from "../src/verifier/IProofVerifier.sol";

/// Tracing contracts: the transcript's states against those of the C verifier, and gas by section.
contract TraceTest is Base {
    string[32] marks;

    function check(string memory contract_, string memory name) internal returns (bytes memory out) {
        IProofVerifier v = deploy(contract_);
        bytes memory states = file(name, "states");
        bytes memory data = abi.encodeCall(v.verify, (file(name, "publics"), file(name, "proof")));
        bool ok;
        (ok, out) = address(v).staticcall(data);
        require(ok, "reverted");
        require(word(out, 0) == 0, "refused");
        uint256 n = word(out, 65);
        require(n == states.length / 32, "number of absorbs");
        for (uint256 i = 0; i < n; i++) {
            require(word(out, 66 + i) == word(states, i), "state after an absorb");
        }
    }

    function word(bytes memory b, uint256 i) internal pure returns (uint256 w) {
        assembly {
            w := mload(add(add(b, 32), mul(32, i)))
        }
    }

    function test_states_of_the_transcript_are_those_of_the_C_verifier() public {
        check("ToyTrace", "toy0");
        check("ToyTrace", "toy1");
        check("ToyL1Trace", "toyl1");
    }

    function test_gas_by_section() public {
        bytes memory out = check("ToyL1Trace", "toyl1");
        string memory names = vm.readFile("vectors/ToyL1Trace.marks");
        emit log_named_string("sections", names);
        uint256 i = 1;
        for (; word(out, 1 + i) != 0 && i < 64; i++) {
            emit log_named_uint(vm.toString(i), word(out, i) - word(out, 1 + i));
        }
        uint256 total = word(out, 1) - word(out, i);
        emit log_named_uint("execution", total);
        require(total < 12_000_000, "the verifier has become dear");
    }
}
