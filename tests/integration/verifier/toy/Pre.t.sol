// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Base} from "./Base.t.sol";
import {IProofVerifier} from "../src/verifier/IProofVerifier.sol";

/// Programs with preprocessed columns (docs/protocol/recursion.md section 2).
contract PreTest is Base {
    function test_proofs_with_preprocessed_columns_are_accepted() public {
        IProofVerifier v = deploy("Pre");
        require(outcome(v, file("pre0", "publics"), file("pre0", "proof")) == 0, "pre0");
        require(outcome(v, file("pre1", "publics"), file("pre1", "proof")) == 0, "pre1");
        require(outcome(v, file("pre1", "publics"), file("pre0", "proof")) != 0, "other publics");
        require(outcome(deploy("PreL1"), file("prel1", "publics"), file("prel1", "proof")) == 0, "L1");
    }

    function test_transcript_with_the_key_is_that_of_the_C_verifier() public {
        traced("PreTrace", "pre0");
        gasBySection(traced("PreL1Trace", "prel1"), "PreL1Trace");
    }

    function test_every_byte_of_the_proof_matters() public {
        IProofVerifier v = deploy("Pre");
        bytes memory q = file("pre0", "publics");
        bytes memory p = file("pre0", "proof");
        for (uint256 i = 0; i < p.length; i++) {
            bytes1 old = p[i];
            p[i] = old ^ bytes1(uint8(1 << (i % 8)));
            require(outcome(v, q, p) != 0, "a changed byte was accepted");
            p[i] = old;
        }
        require(outcome(v, q, p) == 0, "the test must end with the proof it began with");
    }

    /// Same program id, other values: neither takes the other's proofs.
    function test_a_proof_under_another_key_is_refused() public {
        IProofVerifier v = deploy("Pre");
        IProofVerifier other = deploy("PreOther");
        bytes memory q = file("pre0", "publics");
        require(v.programId() == other.programId(), "one shape");
        require(outcome(other, file("preother", "publics"), file("preother", "proof")) == 0);
        require(outcome(v, q, file("preother", "proof")) != 0);
        require(outcome(other, q, file("pre0", "proof")) != 0);
    }

    function test_the_key_must_be_the_one_of_the_program() public {
        address[] memory list = parts("Pre");
        address[] memory others = parts("PreOther");
        uint256 last = list.length - 1;
        require(list[last].code.length == others[last].code.length);
        require(list[last].codehash != others[last].codehash);
        list[last] = others[last];
        require(create("Pre", abi.encodePacked(list)) == address(0), "another key was taken");
        list[last] = list[last - 1];
        require(create("Pre", abi.encodePacked(list)) == address(0), "code was taken for a key");
    }

    /// The leaf and the path of the key's tree stand behind those of the proof's.
    function test_a_leaf_of_the_key_is_opened() public {
        Layout memory l = layout("pre0");
        bytes memory q = file("pre0", "publics");
        IProofVerifier v = deploy("Pre");
        IProofVerifier mutant = deploy("PreNoMerklePath");
        uint256 leaves;
        for (uint256 at = l.firstLeaf; at < l.firstLeaf + l.queryBytes; at += 32) {
            bytes memory p = file("pre0", "proof");
            p[at + 3] ^= 0x01;
            require(outcome(v, q, p) == selector("MerklePath"), "not refused as such");
            if (outcome(mutant, q, p) != 0) leaves += 32; // else a sibling: nothing else looks at it
        }
        require(leaves == l.leafBytes, "values of both leaves go into the sum");
    }
}
