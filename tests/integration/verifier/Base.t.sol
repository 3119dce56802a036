// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IProofVerifier} from "../src/verifier/IProofVerifier.sol";
import {Vm} from "./Vm.sol";

/// Files that gen_vectors wrote, and calls of a verifier with them.
abstract contract Base {
    Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    event log_named_uint(string key, uint256 val);
    event log_named_string(string key, string val);
    event log_named_bytes32(string key, bytes32 val);

    /// Starts of the parts of a proof, as gen_vectors.c write_layout puts them.
    struct Layout {
        uint256 commit;
        uint256 logup;
        uint256 gkr;
        uint256 zero;
        uint256 columns;
        uint256 whir;
        uint256 firstLeaf;
        uint256 lastLeaf;
        uint256 finalPoly;
        uint256 lastRounds;
        uint256 logFractions;
        uint256 queryBytes; // of round 0, with paths
        uint256 leafBytes; // of round 0, of both trees
    }

    function file(string memory name, string memory ending) internal view returns (bytes memory) {
        return vm.readFileBinary(string.concat("vectors/", name, ".", ending));
    }

    function layout(string memory name) internal view returns (Layout memory l) {
        bytes memory b = file(name, "layout");
        uint256[13] memory v;
        for (uint256 i = 0; i < 13; i++) v[i] = uint32be(b, 4 * i);
        l = Layout(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11], v[12]);
    }

    function uint32be(bytes memory b, uint256 at) internal pure returns (uint256 v) {
        for (uint256 i = 0; i < 4; i++) v = (v << 8) | uint8(b[at + i]);
    }

    function putUint32be(bytes memory b, uint256 at, uint256 v) internal pure {
        for (uint256 i = 0; i < 4; i++) b[at + i] = bytes1(uint8(v >> (24 - 8 * i)));
    }

    /// A contract without constructor arguments, or with the addresses of its parts.
    function create(string memory name, bytes memory arguments) internal returns (address a) {
        bytes memory code = bytes.concat(vm.getCode(string.concat(name, ".sol:", name)), arguments);
        assembly {
            a := create(0, add(code, 32), mload(code))
        }
    }

    /// The parts of a verifier, deployed; none when it is one contract.
    function parts(string memory name) internal returns (address[] memory list) {
        if (!vm.exists(string.concat("vectors/", name, ".parts"))) return list;
        string[] memory names = lines(vm.readFile(string.concat("vectors/", name, ".parts")));
        list = new address[](names.length);
        for (uint256 i = 0; i < names.length; i++) {
            list[i] = create(names[i], "");
            require(list[i] != address(0), string.concat("cannot deploy ", names[i]));
            require(list[i].code.length <= 24576, string.concat(names[i], " is larger than EIP-170 allows"));
        }
    }

    function deploy(string memory name) internal returns (IProofVerifier) {
        address a = create(name, abi.encodePacked(parts(name)));
        require(a != address(0), string.concat("cannot deploy ", name));
        return IProofVerifier(a);
    }

    function lines(string memory text) internal pure returns (string[] memory list) {
        bytes memory b = bytes(text);
        uint256 n;
        for (uint256 i = 0; i < b.length; i++) if (b[i] == "\n") n++;
        list = new string[](n);
        uint256 at;
        for (uint256 i = 0; i < n; i++) {
            uint256 end = at;
            while (b[end] != "\n") end++;
            bytes memory line = new bytes(end - at);
            for (uint256 j = 0; j < line.length; j++) line[j] = b[at + j];
            list[i] = string(line);
            at = end + 1;
        }
    }

    /// 0 = accepted, else the selector of the error. Anything else fails the test.
    function outcome(IProofVerifier v, bytes memory publics, bytes memory proof)
        internal
        view
        returns (bytes4)
    {
        (bool ok, bytes memory out) =
            address(v).staticcall(abi.encodeCall(v.verify, (publics, proof)));
        if (!ok) {
            require(out.length == 4, "refused without a named error");
            return bytes4(out);
        }
        require(out.length == 32 && abi.decode(out, (uint256)) == 1, "neither true nor refused");
        return 0;
    }

    function selector(string memory error_) internal pure returns (bytes4) {
        return bytes4(keccak256(bytes(string.concat(error_, "()"))));
    }

    function word(bytes memory b, uint256 i) internal pure returns (uint256 w) {
        assembly {
            w := mload(add(add(b, 32), mul(32, i)))
        }
    }

    /// The answer of a tracing contract, after comparing the transcript's states with those of the C
    /// verifier.
    function traced(string memory contract_, string memory name) internal returns (bytes memory out) {
        IProofVerifier v = deploy(contract_);
        bytes memory states = file(name, "states");
        bytes memory data = abi.encodeCall(v.verify, (file(name, "publics"), file(name, "proof")));
        bool ok;
        (ok, out) = address(v).staticcall(data);
        require(ok, "reverted");
        require(word(out, 0) == 0, "refused");
        uint256 n = word(out, 128);
        require(n == states.length / 32, "number of absorbs");
        for (uint256 i = 0; i < n; i++) {
            require(word(out, 129 + i) == word(states, i), "state after an absorb");
        }
    }

    /// Prints the gas between the marks of a tracing contract's answer; their sum. The bytes of
    /// calldata come on top, at 16 gas each.
    function gasBySection(bytes memory out, string memory contract_) internal returns (uint256 total) {
        string[] memory names = lines(vm.readFile(string.concat("vectors/", contract_, ".marks")));
        for (uint256 i = 0; i < names.length; i++) {
            emit log_named_uint(names[i], word(out, i + 1));
            total += word(out, i + 1);
        }
        emit log_named_uint("execution", total);
    }
}
