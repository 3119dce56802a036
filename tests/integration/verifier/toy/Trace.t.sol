// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Base} from "./Base.t.sol";

/// Tracing contracts: the transcript's states against those of the C verifier, and gas by section.
contract TraceTest is Base {
    function test_states_of_the_transcript_are_those_of_the_C_verifier() public {
        traced("ToyTrace", "toy0");
        traced("ToyTrace", "toy1");
        traced("ToyL1Trace", "toyl1");
    }

    function test_gas_by_section() public {
        bytes memory out = traced("ToyL1Trace", "toyl1");
        require(gasBySection(out, "ToyL1Trace") < 12_000_000, "the verifier has become dear");
    }
}
