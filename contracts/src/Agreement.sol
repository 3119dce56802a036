// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Proving} from "./Proving.sol";

/// @dev Signatures of the oracles on D_k (REQ-L1-5). One signature serves every chain, so anyone can
///      carry an agreement from chain to chain.
abstract contract Agreement is Proving {
    uint256 internal constant SIGNATURE = 65;
    /// Half of the order of secp256k1: a greater s is the malleated twin of a signature.
    uint256 internal constant HALF_ORDER =
        0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;
    bytes32 internal constant AGREEMENT_TYPE =
        keccak256("Agreement(uint32 set,uint64 k,bytes32 digest)");

    /// signatures: r | s | v of at least `threshold` members, by ascending address.
    function submitAgreement(uint32 set, uint64 k, bytes32 digest, bytes calldata signatures)
        external
        nonReentrant
    {
        if (set != ORACLE_SET) revert UnknownOracleSet(set);
        if (k == 0 || k > progress.provenK) revert NotProven(k);
        if (k <= progress.agreedK) revert AgreedAlready(k);
        bytes32 expected = batchOf[k].digest;
        if (digest != expected) revert DigestMismatch(digest, expected);
        checkSignatures(agreementHash(set, k, digest), signatures);
        progress.agreedK = k;
        agreements.push(AgreementMark({k: k, time: uint64(block.timestamp)}));
        emit BatchAgreed(k, digest);
    }

    /// What the oracles sign.
    function agreementHash(uint32 set, uint64 k, bytes32 digest) public view returns (bytes32) {
        bytes32 message = keccak256(abi.encode(AGREEMENT_TYPE, set, k, digest));
        return keccak256(abi.encodePacked("\x19\x01", domainSeparator, message));
    }

    function checkSignatures(bytes32 hash, bytes calldata signatures) private view {
        uint256 n = signatures.length / SIGNATURE;
        if (signatures.length % SIGNATURE != 0) revert BadSignatures();
        if (n < threshold) revert TooFewSignatures(n, threshold);
        if (n > ORACLES_MAX) revert BadSignatures();
        address previous = address(0);
        for (uint256 i = 0; i < n; i++) {
            bytes calldata one = signatures[i * SIGNATURE:(i + 1) * SIGNATURE];
            bytes32 r = bytes32(one[:32]);
            bytes32 s = bytes32(one[32:64]);
            uint8 v = uint8(one[64]);
            if (uint256(s) > HALF_ORDER) revert BadSignatures();
            // Recovery id 0 or 1 in both of its usual forms.
            address signer = ecrecover(hash, v < 27 ? v + 27 : v, r, s);
            // Ascending: nobody is counted twice; zero (no key) is below everyone.
            if (signer <= previous || !isOracle[signer]) revert BadSignatures();
            previous = signer;
        }
    }
}
