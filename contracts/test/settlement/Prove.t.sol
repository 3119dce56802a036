// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Hawser} from "../../src/Hawser.sol";
import {Deployment} from "../../src/HawserTypes.sol";
import {IProofVerifier} from "../../src/verifier/IProofVerifier.sol";
import {ScriptedVerifier} from "./ScriptedVerifier.sol";
import {HawserBase} from "./HawserBase.sol";

contract ProveTest is HawserBase {
    event BatchProven(uint64 indexed k, bytes32 finalRoot);

    function refused(uint64 toK, bytes memory proof, bytes memory why) internal {
        uint64 was = hawser.provenK();
        vm.expectRevert(why);
        hawser.proveBatches(toK, proof);
        same(hawser.provenK(), was, "nothing became proven");
    }

    function refusedAnyhow(uint64 toK, bytes memory proof) internal {
        uint64 was = hawser.provenK();
        vm.expectRevert();
        hawser.proveBatches(toK, proof);
        same(hawser.provenK(), was, "nothing became proven");
    }

    function committed(uint256 n) private returns (Made[] memory list) {
        list = new Made[](n);
        for (uint256 i = 0; i < n; i++) {
            list[i] = make(quiet());
            commit(list[i]);
        }
    }

    function test_a_batch_is_proven_by_anyone_with_the_right_proof() public {
        Made memory m = committed(1)[0];
        vm.expectEmit(true, false, false, true, address(hawser));
        emit BatchProven(1, m.s.finalRoot);
        vm.prank(address(0x5555));
        prove(m);
        Hawser.BatchView memory b = hawser.batches(1);
        same(b.state, 2, "state");
        same(b.provenAt, block.timestamp, "proven at");
        same(hawser.provenK(), 1, "provenK");
    }

    function test_one_proof_covers_a_range_and_names_every_batch() public {
        Made[] memory m = committed(5);
        prove(m[0]);
        bytes memory proof = proofOf(m[0].digest, m[3].digest);
        for (uint64 k = 2; k <= 4; k++) {
            vm.expectEmit(true, false, false, true, address(hawser));
            emit BatchProven(k, m[k - 1].s.finalRoot);
        }
        hawser.proveBatches(4, proof);
        same(hawser.provenK(), 4, "provenK");
        same(hawser.batches(2).state, 2, "state");
        same(hawser.batches(3).provenAt, block.timestamp, "proven at");
        same(hawser.batches(5).state, 1, "the one behind the range");
        same(hawser.batches(5).provenAt, 0, "the one behind the range");
        prove(m[4]);
    }

    function test_a_range_holds_at_most_sixty_four_batches() public {
        Made[] memory m = committed(65);
        bytes memory long = proofOf(m[0].digestBefore, m[64].digest);
        refused(65, long, abi.encodeWithSelector(RangeTooLong.selector, 65, 64));
        hawser.proveBatches(64, proofOf(m[0].digestBefore, m[63].digest));
        same(hawser.provenK(), 64, "provenK");
        prove(m[64]);
    }

    function test_the_verifier_is_asked_once_for_a_whole_range() public {
        Made[] memory m = committed(3);
        bytes memory proof = proofOf(m[0].digestBefore, m[2].digest);
        vm.expectCall(
            address(terminal),
            abi.encodeCall(
                IProofVerifier.verify,
                (publicsOf(KEY_SET, m[0].digestBefore, m[2].digest), proof)
            ),
            1
        );
        hawser.proveBatches(3, proof);
    }

    function test_the_second_chain_proves_the_same_batch() public {
        setUpOn(CHAIN_B);
        prove(committed(1)[0]);
        same(hawser.provenK(), 1, "provenK");
    }

    function test_a_chain_without_part_in_it_proves_the_batch_too() public {
        Wish memory w = quiet();
        w.aTakesPart = false;
        Made memory m = make(w);
        commit(m);
        refusedAnyhow(1, "wrong");
        prove(m);
        same(hawser.provenK(), 1, "provenK");
    }

    function test_only_committed_batches_from_the_first_unproven_one() public {
        Made memory m = make(quiet());
        refused(1, m.proof, abi.encodeWithSelector(WrongBatch.selector, 1, 0));
        commit(m);
        Made memory second = make(quiet());
        commit(second);
        refused(3, second.proof, abi.encodeWithSelector(WrongBatch.selector, 3, 2));
        refused(0, m.proof, abi.encodeWithSelector(NothingToProve.selector, 0, 0));
        // a proof that starts later is no proof from here
        refused(2, second.proof, abi.encodeWithSelector(IProofVerifier.OpeningSum.selector));
        prove(m);
        refused(1, m.proof, abi.encodeWithSelector(NothingToProve.selector, 1, 1));
        prove(second);
        same(hawser.provenK(), 2, "provenK");
    }

    // ---- no other path to proven ----

    function test_a_verifier_that_answers_false_proves_nothing() public {
        Made memory m = committed(1)[0];
        terminal.setMode(ScriptedVerifier.Mode.RETURN_FALSE);
        refused(1, m.proof, abi.encodeWithSelector(ProofRefused.selector));
    }

    function test_a_verifier_that_reverts_proves_nothing() public {
        Made memory m = committed(1)[0];
        terminal.setMode(ScriptedVerifier.Mode.REVERT);
        refused(1, m.proof, abi.encodeWithSelector(IProofVerifier.Constraints.selector));
    }

    function test_a_verifier_that_answers_nothing_proves_nothing() public {
        Made memory m = committed(1)[0];
        terminal.setMode(ScriptedVerifier.Mode.RETURN_NOTHING);
        refusedAnyhow(1, m.proof);
        vm.etch(address(terminal), "");
        refusedAnyhow(1, m.proof);
    }

    function test_another_proof_proves_nothing() public {
        Made memory m = committed(1)[0];
        bytes4 why = IProofVerifier.OpeningSum.selector;
        refused(1, abi.encodePacked(m.proof, uint8(0)), abi.encodeWithSelector(why));
        refused(1, "", abi.encodeWithSelector(why));
        prove(m);
    }

    function test_neither_agreement_nor_execution_makes_a_batch_proven() public {
        Made memory m = committed(1)[0];
        bytes memory list = signatures(4, 1, m.digest);
        vm.expectRevert(abi.encodeWithSelector(NotProven.selector, 1));
        hawser.submitAgreement(0, 1, m.digest, list);
        vm.expectRevert(abi.encodeWithSelector(NotProven.selector, 1));
        hawser.executeBatch(1, m.regions);
        same(hawser.provenK(), 0, "provenK");
    }

    // ---- public values ----

    /// Every word that the verifier reads is the contract's own: a proof that holds for public values
    /// with one bit changed, of K, of the zeros or of either digest, proves nothing.
    function test_a_proof_for_other_public_values_proves_nothing(uint256 bit) public {
        Made memory m = committed(1)[0];
        bytes memory publics = publicsOf(KEY_SET, m.digestBefore, m.digest);
        bit = bit % (8 * publics.length);
        publics[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        bytes memory other = "a proof of something else";
        terminal.list(publics, other);
        refused(1, other, abi.encodeWithSelector(IProofVerifier.OpeningSum.selector));
    }

    /// The set of keys is the verifier's: whoever deploys cannot name another one.
    function test_the_set_of_keys_is_the_verifiers_own() public {
        bytes32 other = bytes32(uint256(6) << 224);
        Deployment memory d = config();
        ScriptedVerifier second = new ScriptedVerifier(TERMINAL_ID, other);
        d.verifier = second;
        d.chains[0].hawser = nextAddress();
        hawser = deploy(d);
        Made memory m = committed(1)[0];
        Hawser.BatchView memory b = hawser.batches(1);
        bytes32 from = hawser.batches(0).digest;
        second.list(publicsOf(KEY_SET, from, b.digest), m.proof);
        refused(1, m.proof, abi.encodeWithSelector(IProofVerifier.OpeningSum.selector));
        second.list(publicsOf(other, from, b.digest), m.proof);
        hawser.proveBatches(1, m.proof);
    }

    // ---- replay ----

    /// The same statement and proof at another contract: another deployment id, so other digests.
    function test_a_proof_of_another_contract_proves_nothing() public {
        Made memory m = committed(1)[0];
        prove(m);
        hawser = deploy(config());
        isTrue(hawser.deploymentId() != deployment, "other id");
        commit(m);
        isTrue(hawser.batches(1).stmt != m.stmt, "other statement");
        isTrue(hawser.batches(1).digest != m.digest, "other digest");
        refused(1, m.proof, abi.encodeWithSelector(IProofVerifier.OpeningSum.selector));
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
        vm.expectRevert(abi.encodeWithSelector(BadHeader.selector, 0));
        hawser.commitBatch(onB.s, one(onB.segment), 0);
    }

    function test_a_proof_of_another_batch_proves_nothing() public {
        Made[] memory m = committed(2);
        prove(m[0]);
        refused(2, m[0].proof, abi.encodeWithSelector(IProofVerifier.OpeningSum.selector));
        // nor one of a longer range that was proven in part already
        bytes memory both = proofOf(m[0].digestBefore, m[1].digest);
        refused(2, both, abi.encodeWithSelector(IProofVerifier.OpeningSum.selector));
        prove(m[1]);
    }

    /// A batch that was taken back and committed with other content needs another proof.
    function test_a_proof_of_a_reverted_batch_proves_nothing() public {
        World memory was = world;
        Made memory m = committed(1)[0];
        vm.prank(operator);
        hawser.revertBatches(1);
        refused(1, m.proof, abi.encodeWithSelector(WrongBatch.selector, 1, 0));
        world = was;
        Made memory again = makeAt(quiet(), uint64(START - 1));
        commit(again);
        refused(1, m.proof, abi.encodeWithSelector(IProofVerifier.OpeningSum.selector));
        prove(again);
    }
}
