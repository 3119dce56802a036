// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Base} from "./Base.t.sol";
import {IProofVerifier} from "../src/verifier/IProofVerifier.sol";

/// What the generated verifier accepts and refuses.
contract VerifierTest is Base {
    uint256 constant P = 2130706433;
    IProofVerifier verifier;
    bytes proof;
    bytes publics;
    Layout l;

    function setUp() public {
        verifier = deploy("Toy");
        proof = file("toy0", "proof");
        publics = file("toy0", "publics");
        l = layout("toy0");
    }

    function test_proofs_of_the_C_prover_are_accepted() public {
        string[3] memory names = ["toy0", "toy1", "toy2"];
        for (uint256 i = 0; i < 3; i++) {
            require(outcome(verifier, file(names[i], "publics"), file(names[i], "proof")) == 0, names[i]);
        }
        require(outcome(deploy("ToyL1"), file("toyl1", "publics"), file("toyl1", "proof")) == 0, "L1");
        require(
            outcome(deploy("ToyUnique"), file("toyunique", "publics"), file("toyunique", "proof")) == 0,
            "unique decoding"
        );
    }

    /// Systems of random expressions: what the generator leaves unreduced, and where.
    function test_random_expressions_have_the_value_that_the_prover_gives_them() public {
        for (uint256 i = 0; i < 6; i++) {
            string memory n = vm.toString(i);
            IProofVerifier r = deploy(string.concat("ToyRandom", n));
            bytes memory q = file(string.concat("random", n), "publics");
            bytes memory p = file(string.concat("random", n), "proof");
            require(outcome(r, q, p) == 0, n);
        }
    }

    function test_a_proof_of_other_public_values_is_refused() public view {
        require(outcome(verifier, file("toy1", "publics"), proof) != 0);
        require(outcome(verifier, publics, file("toy1", "proof")) != 0);
    }

    function test_a_proof_of_another_program_is_refused() public {
        // the same tables under other parameters
        bytes memory other = file("toyl1", "proof");
        require(outcome(verifier, publics, other) == selector("ProofLength"));
        other = file("toyunique", "proof");
        require(outcome(deploy("ToyL1"), publics, other) != 0);
        require(verifier.programId() != deploy("ToyL1").programId(), "program id binds the parameters");
    }

    /// One bit of every byte of the proof.
    function test_every_byte_of_the_proof_matters() public view {
        bytes memory p = proof;
        for (uint256 i = 0; i < p.length; i++) {
            bytes1 old = p[i];
            p[i] = old ^ bytes1(uint8(1 << (i % 8)));
            require(outcome(verifier, publics, p) != 0, "a changed byte was accepted");
            p[i] = old;
        }
        require(outcome(verifier, publics, p) == 0, "the test must end with the proof it began with");
    }

    function test_every_public_value_matters() public view {
        bytes memory q = publics;
        for (uint256 i = 0; i < q.length; i++) {
            bytes1 old = q[i];
            q[i] = old ^ bytes1(uint8(1));
            require(outcome(verifier, q, proof) != 0, "a changed public value was accepted");
            q[i] = old;
        }
    }

    function test_lengths_are_constants_of_the_program() public view {
        bytes memory p = proof;
        uint256 n = p.length;
        require(outcome(verifier, publics, bytes.concat(p, hex"00")) == selector("ProofLength"));
        require(outcome(verifier, publics, bytes.concat(p, p)) == selector("ProofLength"));
        require(outcome(verifier, publics, "") == selector("ProofLength"));
        uint256[4] memory cut = [uint256(1), 20, 32, n / 2];
        for (uint256 i = 0; i < 4; i++) {
            uint256 m = n - cut[i];
            assembly {
                mstore(p, m)
            }
            require(outcome(verifier, publics, p) == selector("ProofLength"));
        }
        bytes memory q = publics;
        require(outcome(verifier, bytes.concat(q, hex"00000000"), proof) == selector("PublicsLength"));
        assembly {
            mstore(q, sub(mload(q), 1))
        }
        require(outcome(verifier, q, proof) == selector("PublicsLength"));
    }

    /// Calldata that ends before the proof does: reading past the end would give zeros.
    function test_short_calldata_is_refused() public view {
        bytes memory c = abi.encodeCall(verifier.verify, (publics, proof));
        uint256 n = c.length;
        uint256[5] memory cut = [uint256(64), 100, 1000, n - 4, n - 3];
        for (uint256 i = 0; i < 5; i++) {
            uint256 m = n - cut[i];
            assembly {
                mstore(c, m)
            }
            (bool ok,) = address(verifier).staticcall(c);
            require(!ok, "short calldata accepted");
        }
    }

    /// x + p for x: the same element of the field in another form.
    function test_every_element_has_one_form() public view {
        bytes memory p = proof;
        uint256 extOnly = l.whir;
        uint256 refused;
        for (uint256 at = l.gkr; at + 4 <= extOnly; at += 4) {
            uint256 x = uint32be(p, at);
            putUint32be(p, at, x + P);
            require(outcome(verifier, publics, p) == selector("NotCanonical"), "not refused as such");
            putUint32be(p, at, x);
            refused++;
        }
        require(refused > 500, "too few elements tried");
        for (uint256 i = 0; i < publics.length; i += 4) {
            bytes memory q = publics;
            putUint32be(q, i, uint32be(q, i) + P);
            require(outcome(verifier, q, proof) == selector("PublicsRange"));
        }
    }

    /// The same for leaves, where the hash would notice: so without the check of the path.
    function test_elements_of_leaves_have_one_form() public {
        IProofVerifier noMerkle = deploy("ToyNoMerklePath");
        bytes memory p = proof;
        for (uint256 i = 0; i < 16; i++) {
            uint256 at = (i < 8 ? l.firstLeaf : l.lastLeaf) + 4 * (i % 8);
            uint256 x = uint32be(p, at);
            putUint32be(p, at, x + P);
            require(outcome(noMerkle, publics, p) == selector("NotCanonical"), "not refused as such");
            putUint32be(p, at, x);
        }
    }

    function test_each_part_must_have_the_code_it_was_compiled_to() public {
        address[] memory list = parts("Toy");
        require(list.length >= 3, "two parts with tables and the opening");
        require(create("Toy", abi.encodePacked(list)) != address(0));
        address[] memory others = parts("ToyNoMerklePath"); // differs in the opening only
        for (uint256 i = 0; i < list.length; i++) {
            address right = list[i];
            address[5] memory wrong =
                [list[(i + 1) % list.length], address(0), address(verifier), address(this), others[i]];
            for (uint256 j = 0; j < (i + 1 == list.length ? 5 : 4); j++) {
                list[i] = wrong[j];
                require(create("Toy", abi.encodePacked(list)) == address(0), "a wrong part was taken");
            }
            list[i] = right;
        }
        assembly {
            mstore(list, sub(mload(list), 1))
        }
        require(create("Toy", abi.encodePacked(list)) == address(0), "a missing part was taken");
    }

    /// A part says nothing about a proof by itself: it is what the entry makes of its answer.
    function test_a_part_that_gets_other_memory_does_not_accept() public {
        address[] memory list = parts("Toy");
        (bool ok,) = list[list.length - 1].staticcall(proof);
        require(!ok, "the opening accepts a proof without its claims");
    }
}
