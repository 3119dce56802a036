// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {FieldHarness} from "./FieldHarness.sol";

/// The packed arithmetic of the generated verifiers against schoolbook arithmetic on five numbers.
contract FieldTest {
    uint256 constant P = 2130706433;
    uint256 constant LANE = 1 << 51;
    uint256 constant REDUCED = (1 << 31) + (1 << 23); // prover/solgen/lanes.h LANE_RED
    uint256 constant B_MAX = 104000 * 65536 + 65535; // LANE_MUL_B
    FieldHarness h = new FieldHarness();

    event log_named_uint(string key, uint256 val);

    // ---- the model ----

    function pack(uint256[5] memory e) internal pure returns (uint256 x) {
        for (uint256 i = 0; i < 5; i++) x |= e[i] << (51 * i);
    }

    function lane(uint256 x, uint256 i) internal pure returns (uint256) {
        return (x >> (51 * i)) % LANE;
    }

    function model(uint256 a, uint256 b, uint256 c) internal pure returns (uint256) {
        uint256[9] memory t;
        for (uint256 i = 0; i < 5; i++) {
            for (uint256 j = 0; j < 5; j++) {
                t[i + j] = (t[i + j] + (lane(a, i) % P) * (lane(b, j) % P)) % P;
            }
        }
        // X^5 = 1 - X^2, from the top
        for (uint256 k = 8; k >= 5; k--) {
            t[k - 5] = (t[k - 5] + t[k]) % P;
            t[k - 3] = (t[k - 3] + P - t[k]) % P;
        }
        uint256[5] memory r;
        for (uint256 i = 0; i < 5; i++) r[i] = (t[i] + lane(c, i)) % P;
        return pack(r);
    }

    function canonical(uint256 x) internal pure returns (uint256) {
        uint256[5] memory r;
        for (uint256 i = 0; i < 5; i++) r[i] = lane(x, i) % P;
        return pack(r);
    }

    /// Lanes up to max, now and then exactly 0, p-1, p, p+1 or max.
    function element(uint256 seed, uint256 max) internal pure returns (uint256) {
        uint256[5] memory e;
        for (uint256 i = 0; i < 5; i++) {
            seed = uint256(keccak256(abi.encode(seed, i)));
            uint256 kind = (seed >> 200) % 12;
            if (kind == 0) e[i] = 0;
            else if (kind == 1) e[i] = P - 1;
            else if (kind == 2 && max > P) e[i] = P;
            else if (kind == 3 && max > P) e[i] = P + 1;
            else if (kind <= 5) e[i] = max;
            else e[i] = (seed % (1 << 128)) % (max + 1);
        }
        return pack(e);
    }

    function call(uint256 op, uint256 a, uint256 b, uint256 c) internal returns (uint256 r) {
        (bool ok, bytes memory out) = address(h).call(abi.encode(op, a, b, c));
        require(ok, "harness reverted");
        r = abi.decode(out, (uint256));
    }

    function requireReduced(uint256 x) internal pure {
        require(x >> 255 == 0, "bit 255");
        for (uint256 i = 0; i < 5; i++) require(lane(x, i) <= REDUCED, "lane not reduced");
    }

    // ---- claims ----

    function testFuzz_reduction_keeps_the_value_and_bounds_the_lanes(uint256 s) public {
        uint256 x = element(s, LANE - 1);
        uint256 r = call(1, x, 0, 0);
        requireReduced(r);
        require(canonical(r) == canonical(x), "value");
    }

    function testFuzz_product_is_the_schoolbook_product(uint256 s) public {
        uint256 a = element(s, REDUCED);
        uint256 b = element(s ^ 1, B_MAX);
        uint256 r = call(2, a, b, 0);
        requireReduced(r);
        require(canonical(r) == model(a, b, 0), "value");
    }

    function test_product_of_the_greatest_lanes() public {
        uint256[5] memory m = [REDUCED, REDUCED, REDUCED, REDUCED, REDUCED];
        uint256[5] memory b = [B_MAX, B_MAX, B_MAX, B_MAX, B_MAX];
        // every pattern of greatest and zero lanes: the coefficients' extremes are among them
        for (uint256 i = 0; i < 1024; i++) {
            uint256[5] memory x;
            uint256[5] memory y;
            for (uint256 j = 0; j < 5; j++) {
                x[j] = (i >> j) & 1 == 1 ? m[j] : 0;
                y[j] = (i >> (5 + j)) & 1 == 1 ? b[j] : 0;
            }
            uint256 r = call(2, pack(x), pack(y), 0);
            requireReduced(r);
            require(canonical(r) == model(pack(x), pack(y), 0), "value");
        }
    }

    function testFuzz_product_plus_element(uint256 s) public {
        uint256 a = element(s, REDUCED);
        uint256 b = element(s ^ 1, B_MAX);
        uint256 c = element(s ^ 2, 1 << 48);
        uint256 r = call(3, a, b, c);
        requireReduced(r);
        require(canonical(r) == model(a, b, c), "value");
    }

    function testFuzz_scaling_by_a_base_element(uint256 s) public {
        uint256 a = element(s, REDUCED);
        uint256 k = uint256(keccak256(abi.encode(s))) % P;
        if (s % 5 == 0) k = P - 1;
        uint256 r = call(4, a, k, 0);
        requireReduced(r);
        require(canonical(r) == model(a, k, 0), "value");
        // the product and 2^20 times it in wide words: no lane touches the next
        require(call(9, a, k, 1) == model(a, k, 0), "wide");
        require(call(9, a, k, 1 << 20) == canonical(model(model(a, k, 0), 1 << 20, 0)), "wide sum");
    }

    function testFuzz_zero_is_recognised_and_nothing_else(uint256 s) public {
        uint256[5] memory e;
        for (uint256 i = 0; i < 5; i++) {
            e[i] = P * (uint256(keccak256(abi.encode(s, i))) % 1056000);
        }
        require(call(5, pack(e), 0, 0) == 1, "multiples of p are zero");
        e[s % 5] += 1 + (s >> 8) % (P - 1);
        require(call(5, pack(e), 0, 0) == 0, "not zero");
    }

    function testFuzz_loading_spreads_the_lanes(uint256 s) public {
        uint256 x = canonical(element(s, P - 1));
        uint256 w;
        for (uint256 i = 0; i < 5; i++) w |= lane(x, i) << (32 * i);
        // what lies behind the 20 bytes does not matter
        uint256 junk = uint256(keccak256(abi.encode(s, "junk"))) >> 160;
        require(call(6, (w << 96) | junk, 0, 0) == x, "value");
        // any limb from p on is refused
        uint256 at = 32 * (s % 5);
        uint256 bad = P + (s >> 8) % ((1 << 32) - P);
        w = (w & ~(uint256(0xffffffff) << at)) | (bad << at);
        (bool ok, bytes memory out) = address(h).call(abi.encode(6, w << 96));
        require(!ok && out.length == 4, "must be refused");
        require(bytes4(out) == bytes4(keccak256("NotCanonical()")), "named error");
    }

    /// X^p = 1576402667 + 1173144480 X + ... : the published Frobenius image of X (a number from
    /// outside this repository), by square and multiply.
    function test_frobenius_image_of_X() public {
        uint256 x = 1 << 51;
        uint256 r = 1;
        for (uint256 i = 31; i > 0; i--) {
            r = call(2, r, r, 0);
            if ((P >> (i - 1)) & 1 == 1) r = call(2, r, x, 0);
        }
        uint256[5] memory want =
            [uint256(1576402667), 1173144480, 1567662457, 1206866823, 2428146];
        require(canonical(r) == pack(want), "X^p");
    }

    function test_gas_of_the_field() public {
        string[5] memory names = ["f_mul", "f_scale", "f_muladd", "f_load", "f_red"];
        for (uint256 i = 0; i < 5; i++) {
            (bool ok, bytes memory out) = address(h).call(abi.encode(20 + i, 12345, 678910, 5));
            require(ok);
            (, uint256 g) = abi.decode(out, (uint256, uint256));
            emit log_named_uint(string.concat("gas of 100 times ", names[i]), g);
            require(g < 100 * 340, "a function has become dear");
        }
    }

    // ---- transcript ----

    function testFuzz_absorb_hashes_state_label_length_data(uint256 s, bytes calldata data) public {
        if (data.length == 0) return;
        uint32 label = uint32(s % 12);
        (bool ok, bytes memory out) = address(h).call(
            abi.encodePacked(abi.encode(16, s, label, data.length), data)
        );
        require(ok);
        bytes32 want = keccak256(abi.encodePacked(s, label, uint32(data.length), data));
        require(abi.decode(out, (bytes32)) == want, "state");
    }

    function testFuzz_sample_is_the_squeeze_mod_p(uint256 s, uint32 counter) public {
        uint256 v = uint256(keccak256(abi.encodePacked(s, counter)));
        require(call(18, s, counter, 0) == v, "squeeze");
        uint256[5] memory e;
        for (uint256 i = 0; i < 5; i++) e[i] = ((v >> (51 * i)) % LANE) % P;
        uint256 r = call(17, s, counter, 0);
        requireReduced(r);
        require(canonical(r) == pack(e), "sample");
    }

    function testFuzz_grinding(uint256 s) public {
        uint64 nonce = 0;
        while (uint256(keccak256(abi.encodePacked(s, nonce))) >> 251 != 0) nonce++;
        (bool ok, bytes memory out) =
            address(h).call(abi.encodePacked(abi.encode(19, s, 0, 5), nonce));
        require(ok);
        bytes32 want = keccak256(abi.encodePacked(s, uint32(11), uint32(8), nonce));
        require(abi.decode(out, (bytes32)) == want, "state");
        while (uint256(keccak256(abi.encodePacked(s, nonce))) >> 251 == 0) nonce++;
        (ok, out) = address(h).call(abi.encodePacked(abi.encode(19, s, 0, 5), nonce));
        require(!ok && bytes4(out) == bytes4(keccak256("Grinding()")), "must be refused");
    }
}
