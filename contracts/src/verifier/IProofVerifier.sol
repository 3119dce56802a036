// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title A verifier of one proof program (docs/protocol/proof.md)
/// @notice One contract is generated for each program by hawser-solgen. The layout of the proof is
///         a constant of the program: nothing in the proof says how long anything is.
/// @dev    A refused proof reverts with one of the errors below; `verify` never returns false.
///         Nothing is written, so a call may be repeated and simulated freely.
interface IProofVerifier {
    /// publics.length is not 4 times the number of public values of the program.
    error PublicsLength();
    /// A public value is not below p = 2^31 - 2^24 + 1.
    error PublicsRange();
    /// proof.length is not the constant length of a proof of this program.
    error ProofLength();
    /// A field element in the proof is not below p, or an extension element not below 2^160.
    error NotCanonical();
    /// A nonce does not have the required number of leading zero bits.
    error Grinding();
    /// The sum of the fractions of the tables and of the public messages has denominator zero.
    error LogUpDenominator();
    /// The fractions of the tables and of the public messages do not cancel.
    error LogUpSum();
    /// A layer of the fraction tree does not continue the claim of the layer above it.
    error GkrLayer();
    /// The constraints at the claimed column values do not give the claim of the zerocheck.
    error Constraints();
    /// An opened leaf is not in the tree with the committed cap.
    error MerklePath();
    /// An opened leaf does not agree with the final polynomial.
    error FinalPolynomial();
    /// The final polynomial does not give the claimed sum of the opening.
    error OpeningSum();

    /// @param publics the public values, 4 bytes big-endian each, canonical
    /// @param proof   the proof in the encoding of docs/protocol/proof.md section 2
    /// @return true   always; every other outcome reverts
    function verify(bytes calldata publics, bytes calldata proof) external view returns (bool);

    /// @return SHA-256("HAWSER-PROGRAM-1" | role | system digest | parameters), as proof.md section 1
    function programId() external view returns (bytes32);
}
