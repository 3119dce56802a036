// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Base} from "./Base.t.sol";
import {IProofVerifier} from "../src/verifier/IProofVerifier.sol";

/// For each named check an input that this check refuses, and that passes it when the generator
/// leaves the check out (contracts ToyNo<check>): so no check is there for show, and the tests
/// notice when one goes missing.
contract ChecksTest is Base {
    function attack(string memory check, bytes memory publics, bytes memory proof)
        internal
        returns (bytes4 without)
    {
        IProofVerifier v = deploy("Toy");
        require(outcome(v, publics, proof) == selector(check), string.concat(check, " does not refuse"));
        without = outcome(deploy(string.concat("ToyNo", check)), publics, proof);
        require(without != selector(check), string.concat(check, " is still there"));
    }

    function good() internal view returns (bytes memory publics, bytes memory proof, Layout memory l) {
        return (file("toy0", "publics"), file("toy0", "proof"), layout("toy0"));
    }

    function test_PublicsLength() public {
        (bytes memory q, bytes memory p,) = good();
        require(attack("PublicsLength", bytes.concat(q, hex"00"), p) == 0);
    }

    function test_PublicsRange() public {
        (bytes memory q, bytes memory p,) = good();
        putUint32be(q, 0, uint32be(q, 0) + 2130706433);
        attack("PublicsRange", q, p);
    }

    function test_ProofLength() public {
        (bytes memory q, bytes memory p,) = good();
        require(attack("ProofLength", q, bytes.concat(p, hex"00")) == 0);
    }

    function test_NotCanonical() public {
        (bytes memory q, bytes memory p, Layout memory l) = good();
        putUint32be(p, l.columns, uint32be(p, l.columns) + 2130706433);
        attack("NotCanonical", q, p);
    }

    function test_Grinding() public {
        (bytes memory q, bytes memory p, Layout memory l) = good();
        // a nonce that does not hold: 1 in 8 holds by chance, so try a few
        for (uint256 i = 0; i < 64; i++) {
            p[l.logup] = bytes1(uint8(i + 1));
            if (outcome(deploy("Toy"), q, p) == selector("Grinding")) break;
        }
        attack("Grinding", q, p);
    }

    function test_LogUpDenominator() public {
        (bytes memory q, bytes memory p, Layout memory l) = good();
        for (uint256 i = 0; i < 32 * 20; i++) p[l.gkr + 32 * 20 + i] = 0;
        attack("LogUpDenominator", q, p);
    }

    function test_LogUpSum() public {
        (bytes memory q, bytes memory p, Layout memory l) = good();
        p[l.gkr + 19] ^= 0x01;
        attack("LogUpSum", q, p);
    }

    function test_GkrLayer() public {
        (bytes memory q, bytes memory p, Layout memory l) = good();
        p[l.gkr + 64 * 20 + 19] ^= 0x01;
        attack("GkrLayer", q, p);
    }

    function test_Constraints() public {
        (bytes memory q, bytes memory p, Layout memory l) = good();
        p[l.zero + 19] ^= 0x01;
        attack("Constraints", q, p);
        (q, p, l) = good();
        p[l.columns + 19] ^= 0x01;
        attack("Constraints", q, p);
    }

    function test_MerklePath() public {
        (bytes memory q, bytes memory p, Layout memory l) = good();
        p[l.lastLeaf - 1] ^= 0x01; // the nonce before the last leaves moves the indices
        p = file("toy0", "proof");
        p[l.firstLeaf + 3] ^= 0x01;
        attack("MerklePath", q, p);
        p = file("toy0", "proof");
        p[l.lastRounds - 1] ^= 0x01; // the last sibling of the last path
        require(attack("MerklePath", q, p) == 0, "nothing else looks at a path");
    }

    function test_FinalPolynomial() public {
        (bytes memory q, bytes memory p, Layout memory l) = good();
        // a changed leaf of the last round, with the path check out of the way
        p[l.lastLeaf + 19] ^= 0x01;
        require(outcome(deploy("Toy"), q, p) == selector("MerklePath"));
        require(outcome(deploy("ToyNoMerklePath"), q, p) == selector("FinalPolynomial"));
        require(
            outcome(deploy("ToyNoFinalPolynomial"), q, p) == selector("MerklePath"),
            "the check is still there"
        );
    }

    function test_OpeningSum() public {
        (bytes memory q, bytes memory p, Layout memory l) = good();
        p[l.lastRounds + 19] ^= 0x01;
        require(attack("OpeningSum", q, p) == 0, "nothing else looks at the last rounds");
    }
}
