// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {HawserBase} from "./HawserBase.sol";

contract AgreementTest is HawserBase {
    uint256 constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    function proven() internal returns (Made memory m) {
        m = make(quiet());
        commit(m);
        prove(m);
    }

    function refused(Made memory m, bytes memory list, bytes memory why) internal {
        vm.expectRevert(why);
        hawser.submitAgreement(0, m.s.k, m.digest, list);
        same(hawser.agreedK(), m.s.k - 1, "nothing became agreed");
    }

    function test_the_signed_message_is_that_of_eip712() public view {
        bytes32 digest = keccak256("digest");
        same(
            hawser.agreementHash(0, 5, digest),
            agreementHashOf(deployment, 0, 5, digest),
            "agreement hash"
        );
    }

    function test_m_signatures_agree() public {
        Made memory m = proven();
        hawser.submitAgreement(0, 1, m.digest, signatures(3, 1, m.digest));
        same(hawser.agreedK(), 1, "agreedK");
        same(hawser.batches(1).state, 3, "state");
        m = proven();
        hawser.submitAgreement(0, 2, m.digest, signatures(4, 2, m.digest));
        same(hawser.agreedK(), 2, "all n");
    }

    function test_recovery_ids_zero_and_one_are_taken_too() public {
        Made memory m = proven();
        bytes memory list = signatures(3, 1, m.digest);
        for (uint256 i = 0; i < 3; i++) {
            list[65 * i + 64] = bytes1(uint8(list[65 * i + 64]) - 27);
        }
        hawser.submitAgreement(0, 1, m.digest, list);
    }

    function test_m_minus_one_signatures_do_not() public {
        Made memory m = proven();
        refused(
            m,
            signatures(2, 1, m.digest),
            abi.encodeWithSelector(TooFewSignatures.selector, 2, 3)
        );
        refused(m, "", abi.encodeWithSelector(TooFewSignatures.selector, 0, 3));
    }

    function test_a_signature_twice_counts_once() public {
        Made memory m = proven();
        bytes32 hash = agreementHashOf(deployment, 0, 1, m.digest);
        bytes memory one = signatureOf(keys[0], hash);
        bytes memory two = signatureOf(keys[1], hash);
        refused(m, bytes.concat(one, two, two), abi.encodeWithSelector(BadSignatures.selector));
        refused(m, bytes.concat(one, one, two), abi.encodeWithSelector(BadSignatures.selector));
        refused(m, bytes.concat(two, one, two), abi.encodeWithSelector(BadSignatures.selector));
    }

    /// The twin (r, n - s, 1 - v) of a signature recovers to the same address; it is refused.
    function test_high_s_is_refused() public {
        Made memory m = proven();
        bytes32 hash = agreementHashOf(deployment, 0, 1, m.digest);
        bytes memory list;
        for (uint256 i = 0; i < 3; i++) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[i], hash);
            bytes32 high = bytes32(ORDER - uint256(s));
            same(
                uint160(ecrecover(hash, 55 - v, r, high)), uint160(vm.addr(keys[i])), "it is a twin"
            );
            if (i == 1) list = abi.encodePacked(list, r, high, 55 - v);
            else list = abi.encodePacked(list, r, s, v);
        }
        refused(m, list, abi.encodeWithSelector(BadSignatures.selector));
    }

    function test_signatures_of_strangers_are_refused() public {
        Made memory m = proven();
        bytes32 hash = agreementHashOf(deployment, 0, 1, m.digest);
        for (uint256 i = 0; i < 3; i++) {
            bytes memory list;
            for (uint256 j = 0; j < 3; j++) {
                list = bytes.concat(list, signatureOf(i == j ? 0xBAD : keys[j], hash));
            }
            refused(m, list, abi.encodeWithSelector(BadSignatures.selector));
        }
    }

    function test_signatures_that_recover_nobody_are_refused() public {
        Made memory m = proven();
        bytes memory list = signatures(3, 1, m.digest);
        for (uint256 i = 0; i < 65; i++) list[i] = 0;
        refused(m, list, abi.encodeWithSelector(BadSignatures.selector));
        list = signatures(3, 1, m.digest);
        list[64] = bytes1(uint8(29));
        refused(m, list, abi.encodeWithSelector(BadSignatures.selector));
        refused(
            m,
            bytes.concat(signatures(3, 1, m.digest), hex"00"),
            abi.encodeWithSelector(BadSignatures.selector)
        );
    }

    /// The domain holds the deployment id; nothing signed for another deployment counts (F6).
    function test_signatures_for_another_deployment_are_refused() public {
        Made memory m = proven();
        bytes32 hash = agreementHashOf(keccak256("other deployment"), 0, 1, m.digest);
        refused(m, signed(hash), abi.encodeWithSelector(BadSignatures.selector));
    }

    function test_signatures_for_another_batch_set_or_digest_are_refused() public {
        Made memory m = proven();
        bytes memory why = abi.encodeWithSelector(BadSignatures.selector);
        refused(m, signed(agreementHashOf(deployment, 0, 2, m.digest)), why);
        refused(m, signed(agreementHashOf(deployment, 1, 1, m.digest)), why);
        refused(m, signed(agreementHashOf(deployment, 0, 1, keccak256("other"))), why);
        // and said to be for another set
        bytes memory list = signed(agreementHashOf(deployment, 1, 1, m.digest));
        vm.expectRevert(abi.encodeWithSelector(UnknownOracleSet.selector, 1));
        hawser.submitAgreement(1, 1, m.digest, list);
    }

    function signed(bytes32 hash) private view returns (bytes memory list) {
        for (uint256 i = 0; i < 4; i++) list = bytes.concat(list, signatureOf(keys[i], hash));
    }

    /// What the oracles agree on is this chain's own D_k, or nothing happens here.
    function test_a_digest_that_differs_from_the_chains_own_is_refused() public {
        Made memory m = proven();
        bytes32 other = keccak256("other history");
        bytes memory list = signatures(4, 1, other);
        vm.expectRevert(abi.encodeWithSelector(DigestMismatch.selector, other, m.digest));
        hawser.submitAgreement(0, 1, other, list);
    }

    function test_unproven_and_agreed_batches_are_refused() public {
        Made memory m = proven();
        Made memory second = make(quiet());
        commit(second);
        bytes memory list = signatures(3, 2, second.digest);
        vm.expectRevert(abi.encodeWithSelector(NotProven.selector, 2));
        hawser.submitAgreement(0, 2, second.digest, list);
        vm.expectRevert(abi.encodeWithSelector(NotProven.selector, 0));
        hawser.submitAgreement(0, 0, second.digest, list);
        agree(1, m.digest);
        list = signatures(4, 1, m.digest);
        vm.expectRevert(abi.encodeWithSelector(AgreedAlready.selector, 1));
        hawser.submitAgreement(0, 1, m.digest, list);
    }

    /// N2: agreement on D_j covers everything before it that is proven here.
    function test_agreement_covers_all_proven_batches_before_it() public {
        proven();
        proven();
        Made memory third = proven();
        agree(3, third.digest);
        same(hawser.agreedK(), 3, "agreedK");
        same(hawser.batches(1).state, 3, "batch 1");
        same(hawser.batches(2).state, 3, "batch 2");
    }

    function test_any_m_members_are_a_quorum(uint8 missing) public {
        missing = missing % 4;
        Made memory m = proven();
        bytes32 hash = agreementHashOf(deployment, 0, 1, m.digest);
        bytes memory list;
        for (uint256 i = 0; i < 4; i++) {
            if (i != missing) list = bytes.concat(list, signatureOf(keys[i], hash));
        }
        hawser.submitAgreement(0, 1, m.digest, list);
        same(hawser.agreedK(), 1, "agreedK");
    }
}
