// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Base} from "./Base.t.sol";
import {IProofVerifier} from "../src/verifier/IProofVerifier.sol";

/// The verifiers of the product's programs with proofs of a real batch, as the settlement contract
/// calls them.
abstract contract ProductTest is Base {
    uint256 constant CHANGES = 200;
    IProofVerifier verifier;
    bytes proof;
    bytes publics;

    string name; // of the vectors
    string traceName; // of the tracing contract

    function setNames(string memory contract_, string memory trace_, string memory vectors) internal {
        verifier = deploy(contract_);
        name = vectors;
        traceName = trace_;
        proof = file(vectors, "proof");
        publics = file(vectors, "publics");
    }

    function test_a_proof_of_a_real_batch_is_accepted() public {
        require(outcome(verifier, publics, proof) == 0);
        emit log_named_uint("bytes of the proof", proof.length);
        emit log_named_uint("bytes of the contract", address(verifier).code.length);
        require(address(verifier).code.length <= 262144, "larger than the dev L1 takes");
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

    function test_lengths_are_constants_of_the_program() public view {
        bytes memory p = proof;
        require(outcome(verifier, publics, bytes.concat(p, hex"00")) == selector("ProofLength"));
        assembly {
            mstore(p, sub(mload(p), 20))
        }
        require(outcome(verifier, publics, p) == selector("ProofLength"));
        bytes memory q = publics;
        require(outcome(verifier, bytes.concat(q, hex"00"), proof) == selector("PublicsLength"));
    }

    function test_short_calldata_is_refused() public view {
        bytes memory c = abi.encodeCall(verifier.verify, (publics, proof));
        assembly {
            mstore(c, sub(mload(c), 32))
        }
        (bool ok,) = address(verifier).staticcall(c);
        require(!ok, "short calldata accepted");
    }

    function test_transcript_and_gas_by_section() public {
        bytes memory out = traced(traceName, name);
        uint256 execution = gasBySection(out, traceName);
        emit log_named_uint("calldata at 16 gas a byte", 16 * proof.length);
        require(execution < 20_000_000, "the verifier has become dear");
    }
}

contract LeafTest is ProductTest {
    function setUp() public {
        setNames("LeafVerifier", "LeafTrace", "leaf");
    }

    function test_each_chain_has_its_own_proof() public view {
        bytes memory q = file("leaf1", "publics");
        bytes memory p = file("leaf1", "proof");
        require(outcome(verifier, q, p) == 0, "the other chain's proof");
        require(outcome(verifier, publics, p) != 0, "the other chain's proof for these publics");
        require(outcome(verifier, q, proof) != 0, "this proof for the other chain's publics");
    }
}

contract PairingTest is ProductTest {
    function setUp() public {
        setNames("PairingVerifier", "PairingTrace", "pairing");
    }

    function test_a_leaf_proof_is_no_pairing_proof() public {
        require(outcome(verifier, publics, file("leaf", "proof")) != 0);
        require(verifier.programId() != deploy("LeafVerifier").programId());
    }
}
