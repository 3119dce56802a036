// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Base} from "./Base.t.sol";
import {IProofVerifier} from "../src/verifier/IProofVerifier.sol";

/// The verifier of the recursion machine in its terminal shape. Limits of the chain: l1.cjs.
contract MachineTest is Base {
    uint256 constant CHANGES = 60;
    IProofVerifier verifier;
    bytes proof;
    bytes publics;

    function setUp() public {
        verifier = deploy("Machine");
        proof = file("machine", "proof");
        publics = file("machine", "publics");
    }

    function test_a_proof_of_the_machine_is_accepted() public view {
        require(outcome(verifier, publics, proof) == 0);
    }

    function test_transcript_and_gas_by_section() public {
        gasBySection(traced("MachineTrace", "machine"), "MachineTrace");
        emit log_named_uint("bytes of the proof", proof.length);
    }

    function test_random_changes_of_the_proof_are_refused() public {
        bytes memory p = proof;
        uint256 seed = 20261121;
        emit log_named_uint("seed", seed);
        for (uint256 i = 0; i < CHANGES; i++) {
            uint256 r = uint256(keccak256(abi.encode(seed, i)));
            uint256 at = r % p.length;
            bytes1 old = p[at];
            p[at] = old ^ bytes1(uint8(1 << ((r >> 128) % 8)));
            require(outcome(verifier, publics, p) != 0, "a changed byte was accepted");
            p[at] = old;
        }
        require(outcome(verifier, publics, p) == 0, "the test must end with the proof it began with");
    }

    function test_every_public_value_matters() public view {
        bytes memory q = publics;
        for (uint256 i = 0; i < q.length; i += 4) {
            bytes1 old = q[i + 3];
            q[i + 3] = old ^ 0x01;
            require(outcome(verifier, q, proof) != 0, "a changed public value was accepted");
            q[i + 3] = old;
        }
    }
}
