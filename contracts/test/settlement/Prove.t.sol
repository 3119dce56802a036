// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Hawser} from "../../src/Hawser.sol";
import {Part} from "../../src/HawserTypes.sol";
import {IProofVerifier} from "../../src/verifier/IProofVerifier.sol";
import {ScriptedVerifier} from "./ScriptedVerifier.sol";
import {HawserBase} from "./HawserBase.sol";

contract ProveTest is HawserBase {
    function refused(Made memory m, bytes memory why) internal {
        vm.expectRevert(why);
        prove(m);
        same(hawser.provenK(), m.s.k - 1, "nothing became proven");
    }

    function refusedAnyhow(Made memory m) internal {
        vm.expectRevert();
        prove(m);
        same(hawser.provenK(), m.s.k - 1, "nothing became proven");
    }

    function test_a_batch_is_proven_by_anyone_with_the_right_proofs() public {
        Made memory m = make(quiet());
        commit(m);
        vm.prank(address(0x5555));
        prove(m);
        Hawser.BatchView memory b = hawser.batches(1);
        same(b.state, 2, "state");
        same(b.root, m.rootsAfter[0], "own root");
        same(b.provenAt, block.timestamp, "proven at");
        same(hawser.provenK(), 1, "provenK");
    }

    function test_the_second_chain_proves_the_same_batch_with_its_own_root() public {
        setUpOn(CHAIN_B);
        Made memory m = make(quiet());
        commit(m);
        prove(m);
        same(hawser.batches(1).root, m.rootsAfter[1], "own root");
    }

    function test_one_participant_alone_is_proven_and_paired_with_no_chain() public {
        Wish memory w = quiet();
        w.bTakesPart = false;
        Made memory m = make(w);
        same(m.proofs.length, 2, "leaf and pairing");
        commit(m);
        prove(m);
        same(hawser.provenK(), 1, "provenK");
    }

    function test_a_chain_without_part_in_it_checks_the_others_proofs() public {
        Wish memory w = quiet();
        w.aTakesPart = false;
        Made memory m = make(w);
        commit(m);
        Made memory bad = m;
        bytes memory right = m.proofs[0];
        bad.proofs[0] = "wrong";
        refusedAnyhow(bad);
        bad.proofs[0] = right;
        prove(bad);
        same(hawser.batches(1).root, GENESIS, "own root stands still");
    }

    function test_no_tuples_no_pairing_proof() public {
        Wish memory w = quiet();
        w.tuplesA = 0;
        w.tuplesB = 0;
        Made memory m = make(w);
        commit(m);
        same(m.proofs.length, 2, "two leaves");
        prove(m);
    }

    function test_tuples_on_one_side_still_need_the_pairing_proof() public {
        Wish memory w = quiet();
        w.tuplesA = 0;
        Made memory m = make(w);
        commit(m);
        bytes[] memory all = m.proofs;
        m.proofs = new bytes[](2);
        (m.proofs[0], m.proofs[1]) = (all[0], all[1]);
        refused(m, abi.encodeWithSelector(BadProofCount.selector, 2, 3));
        // saying that there are none makes the leaf's public values wrong
        m.parts[1].tupleCount = 0;
        refusedAnyhow(m);
    }

    function test_only_committed_batches_in_order() public {
        Made memory m = make(quiet());
        refused(m, abi.encodeWithSelector(WrongBatch.selector, 1, 0));
        commit(m);
        Made memory second = make(quiet());
        commit(second);
        vm.expectRevert(abi.encodeWithSelector(WrongBatch.selector, 2, 1));
        prove(second);
        prove(m);
        vm.expectRevert(abi.encodeWithSelector(WrongBatch.selector, 1, 2));
        prove(m);
        prove(second);
        same(hawser.provenK(), 2, "provenK");
    }

    // ---- no other path to proven ----

    function test_a_verifier_that_answers_false_proves_nothing() public {
        Made memory m = make(quiet());
        commit(m);
        leaf.setMode(ScriptedVerifier.Mode.RETURN_FALSE);
        refused(m, abi.encodeWithSelector(ProofRefused.selector, 0));
        leaf.setMode(ScriptedVerifier.Mode.LISTED);
        pairing.setMode(ScriptedVerifier.Mode.RETURN_FALSE);
        refused(m, abi.encodeWithSelector(ProofRefused.selector, 2));
    }

    function test_a_verifier_that_reverts_proves_nothing() public {
        Made memory m = make(quiet());
        commit(m);
        leaf.setMode(ScriptedVerifier.Mode.REVERT);
        refused(m, abi.encodeWithSelector(IProofVerifier.Constraints.selector));
        leaf.setMode(ScriptedVerifier.Mode.LISTED);
        pairing.setMode(ScriptedVerifier.Mode.REVERT);
        refused(m, abi.encodeWithSelector(IProofVerifier.Constraints.selector));
    }

    function test_a_verifier_that_answers_nothing_proves_nothing() public {
        Made memory m = make(quiet());
        commit(m);
        leaf.setMode(ScriptedVerifier.Mode.RETURN_NOTHING);
        refusedAnyhow(m);
        vm.etch(address(leaf), "");
        refusedAnyhow(m);
    }

    function test_every_proof_is_asked_for() public {
        Made memory m = make(quiet());
        commit(m);
        for (uint256 i = 0; i < 3; i++) {
            bytes memory right = m.proofs[i];
            m.proofs[i] = abi.encodePacked(right, uint8(0));
            refused(m, abi.encodeWithSelector(IProofVerifier.OpeningSum.selector));
            m.proofs[i] = "";
            refused(m, abi.encodeWithSelector(IProofVerifier.OpeningSum.selector));
            m.proofs[i] = right;
        }
        bytes memory first = m.proofs[0];
        (m.proofs[0], m.proofs[1]) = (m.proofs[1], first);
        refused(m, abi.encodeWithSelector(IProofVerifier.OpeningSum.selector));
        (m.proofs[1], m.proofs[0]) = (m.proofs[0], first);
        prove(m);
    }

    function test_neither_agreement_nor_execution_makes_a_batch_proven() public {
        Made memory m = make(quiet());
        commit(m);
        bytes memory list = signatures(4, 1, m.digest);
        vm.expectRevert(abi.encodeWithSelector(NotProven.selector, 1));
        hawser.submitAgreement(0, 1, m.digest, list);
        vm.expectRevert(abi.encodeWithSelector(NotProven.selector, 1));
        hawser.executeBatch(1, m.regions);
        same(hawser.provenK(), 0, "provenK");
    }

    // ---- roots and statement ----

    function test_roots_that_do_not_hash_to_the_statement_are_refused() public {
        Made memory m = make(quiet());
        commit(m);
        bytes32[2] memory wrong = [bytes32(0), keccak256("unknown")];
        for (uint256 i = 0; i < 2; i++) {
            for (uint256 place = 0; place < 2; place++) {
                bytes32 right = m.rootsBefore[place];
                m.rootsBefore[place] = wrong[i];
                refused(m, abi.encodeWithSelector(RootsMismatch.selector, 0));
                m.rootsBefore[place] = right;
                right = m.rootsAfter[place];
                m.rootsAfter[place] = wrong[i];
                refused(m, abi.encodeWithSelector(RootsMismatch.selector, 1));
                m.rootsAfter[place] = right;
            }
        }
        m.rootsBefore = new bytes32[](1);
        refused(m, abi.encodeWithSelector(RootsMismatch.selector, 1));
        m.rootsBefore = new bytes32[](3);
        refused(m, abi.encodeWithSelector(RootsMismatch.selector, 1));
    }

    /// old differs: the roots of the batch before last; current differs: those after it.
    function test_old_and_current_roots_in_the_wrong_place_are_refused() public {
        Made memory first = make(quiet());
        settleUpTo(first);
        Made memory m = make(quiet());
        commit(m);
        bytes32[] memory right = m.rootsBefore;
        m.rootsBefore = first.rootsBefore;
        refused(m, abi.encodeWithSelector(RootsMismatch.selector, 1));
        m.rootsBefore = m.rootsAfter;
        refused(m, abi.encodeWithSelector(RootsMismatch.selector, 1));
        m.rootsBefore = right;
        right = m.rootsAfter;
        m.rootsAfter = m.rootsBefore;
        refused(m, abi.encodeWithSelector(RootsMismatch.selector, 2));
        m.rootsAfter = right;
        prove(m);
    }

    function settleUpTo(Made memory m) private {
        commit(m);
        prove(m);
    }

    /// The statement is about one batch of one deployment: no field of it can be exchanged.
    function test_a_statement_other_than_the_committed_one_is_refused(uint256 which) public {
        Made memory m = make(quiet());
        commit(m);
        which = which % 5;
        if (which == 0) m.s.time ^= 1;
        if (which == 1) m.s.prevFinalRoot ^= bytes32(uint256(1));
        if (which == 2) m.s.finalRoot ^= bytes32(uint256(1));
        if (which == 3) m.s.pubdataHashes[1] ^= bytes32(uint256(1));
        if (which == 4) m.s.participants[1] ^= 1;
        bytes32 computed = stmtOf(m.s);
        refused(m, abi.encodeWithSelector(StatementMismatch.selector, computed, m.stmt));
    }

    /// F12, N14c: a chain that takes no part has the same root before and after.
    function test_the_root_of_a_chain_that_takes_no_part_cannot_change() public {
        Wish memory w = quiet();
        w.bTakesPart = false;
        World memory was = world;
        Made memory m = make(w);
        world = was;
        m.rootsAfter[1] = keccak256("moved");
        m.s.finalRoot = finalRootOf(1, m.rootsAfter[0], m.rootsAfter[1]);
        finish(m);
        commit(m);
        refused(m, abi.encodeWithSelector(RootOfNonParticipantChanged.selector, CHAIN_B));
    }

    // ---- public values ----

    /// Each of the parts of the public values that the caller brings is bound by a proof.
    function test_parts_are_bound_by_statement_and_proofs() public {
        Made memory m = make(quiet());
        commit(m);
        for (uint256 i = 0; i < 2; i++) {
            Part memory right = m.parts[i];
            bytes32 other = keccak256("other");
            m.parts[i] = Part(other, right.tupleDigest, right.tupleCount);
            refused(
                m,
                abi.encodeWithSelector(
                    PubdataMismatch.selector,
                    sha256(abi.encodePacked(uint8(1), other)),
                    m.s.pubdataHashes[i]
                )
            );
            m.parts[i] = Part(right.segmentHash, other, right.tupleCount);
            refused(m, abi.encodeWithSelector(IProofVerifier.OpeningSum.selector));
            m.parts[i] = Part(right.segmentHash, right.tupleDigest, right.tupleCount + 1);
            refused(m, abi.encodeWithSelector(IProofVerifier.OpeningSum.selector));
            m.parts[i] = right;
        }
        prove(m);
    }

    function test_large_numbers_are_split_into_limbs() public {
        vm.warp(0xFFFF0001);
        Made memory m = make(quiet());
        commit(m);
        prove(m);
    }

    // ---- replay ----

    /// The same statement and proofs at another contract: another deployment id, so other public
    /// values and another digest to agree on.
    function test_proofs_of_another_contract_prove_nothing() public {
        Made memory m = make(quiet());
        commit(m);
        prove(m);
        hawser = deploy(config());
        isTrue(hawser.deploymentId() != deployment, "other id");
        commit(m);
        isTrue(hawser.batches(1).stmt != m.stmt, "other statement");
        isTrue(hawser.batches(1).digest != m.digest, "other digest");
        refused(m, abi.encodeWithSelector(IProofVerifier.OpeningSum.selector));
    }

    /// The bytes of chain A are refused on chain B, although both take part.
    function test_data_of_another_chain_is_refused() public {
        Made memory onA = make(quiet());
        setUpOn(CHAIN_B);
        Made memory onB = make(quiet());
        isTrue(keccak256(onA.segment) != keccak256(onB.segment), "chain index is in the header");
        onB.segment = onA.segment;
        bytes32 hash = sha256(onA.segment);
        onB.s.pubdataHashes[1] = sha256(abi.encodePacked(uint8(1), hash));
        vm.prank(operator, operator);
        vm.expectRevert(BadHeader.selector);
        hawser.commitBatch(onB.s, onB.segment, 0);
    }

    /// A proof of batch 1 is none of batch 2, whose number is among the public values.
    function test_proofs_of_another_batch_prove_nothing() public {
        Made memory first = make(quiet());
        commit(first);
        prove(first);
        Made memory second = make(quiet());
        commit(second);
        bytes[] memory right = second.proofs;
        second.proofs = first.proofs;
        refused(second, abi.encodeWithSelector(IProofVerifier.OpeningSum.selector));
        second.proofs = right;
        prove(second);
    }
}
