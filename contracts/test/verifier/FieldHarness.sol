// SPDX-License-Identifier: Apache-2.0
// Written by hawser-solgen harness; do not edit.
pragma solidity ^0.8.24;

/// The field and transcript functions of the generated verifiers, one by one, for tests.
/// Calldata: word 0 = operation, words 1.. = its arguments. Answer: one word (two for op 20).
contract FieldHarness {
    fallback() external {
        assembly ("memory-safe") {
            {
                let a := calldataload(32)
                let b := calldataload(64)
                let c := calldataload(96)
                let r := 0
                switch calldataload(0)
                case 1 { r := f_red(a) }
                case 2 { r := f_mul(a, b) }
                case 3 { r := f_muladd(a, b, c) }
                case 4 { r := f_scale(a, b) }
                case 5 { r := f_is_zero(a) }
                case 6 { r := f_load(32) }
                case 9 { r := f_narrow(mul(c, mul(f_wide_a(a), b)), mul(c, mul(f_wide_b(a), b))) }
                // state, label, length; data from word 4: the state after an absorb
                case 16 {
                    mstore(0x200, a)
                    t_absorb(b, 128, c)
                    r := mload(0x200)
                }
                case 17 {
                    mstore(0x200, a)
                    r := t_sample(b)
                }
                case 18 {
                    mstore(0x200, a)
                    r := t_squeeze(b)
                }
                // state, -, bits; nonce in the first 8 bytes of word 4: the state after a grind
                case 19 {
                    mstore(0x200, a)
                    t_grind(128, c)
                    r := mload(0x200)
                }
                // n multiplications, for gas
                case 20 {
                    let g := gas()
                    for { let i := 0 } lt(i, 100) { i := add(i, 1) } { a := f_mul(a, b) }
                    g := sub(g, gas())
                    mstore(32, g)
                    r := a
                }
                // 100 calls of each other function, for gas
                case 21 {
                    let g := gas()
                    for { let i := 0 } lt(i, 100) { i := add(i, 1) } { a := f_scale(a, b) }
                    mstore(32, sub(g, gas()))
                    r := a
                }
                case 22 {
                    let g := gas()
                    for { let i := 0 } lt(i, 100) { i := add(i, 1) } { a := f_muladd(a, b, c) }
                    mstore(32, sub(g, gas()))
                    r := a
                }
                case 23 {
                    let g := gas()
                    for { let i := 0 } lt(i, 100) { i := add(i, 1) } { a := add(a, f_load(32)) }
                    mstore(32, sub(g, gas()))
                    r := a
                }
                case 24 {
                    let g := gas()
                    for { let i := 0 } lt(i, 100) { i := add(i, 1) } { a := f_red(a) }
                    mstore(32, sub(g, gas()))
                    r := a
                }
                default { revert(0, 0) }
                mstore(0, r)
                return(0, 64)
            }
            // ---- F = F_p[X]/(X^5 + X^2 - 1), five 51-bit lanes in a word: sum e_i 2^(51 i) ----
            // "reduced": every lane <= 2155872256 (p is 2130706433). Bounds: prover/solgen/lanes.c.

            /// lanes < 2^51 -> reduced
            function f_red(x) -> r {
                r := sub(x, mul(0x7f000001, and(shr(30, mul(8454660, and(shr(24, x), 0x7ffffff000000ffffffe000001ffffffc000003ffffff8000007ffffff))), 0x1fffff00000003ffffe00000007ffffc0000000fffff80000001fffff)))
            }
            /// reduced a, lanes of b <= 6815809535 -> reduced a*b. Modulo B^5 + B^2 - 1 with B = 2^51 a product
            /// of words is a product in F; b goes in two halves so that no lane outgrows 51 bits.
            function f_mul(a, b) -> r {
                r := addmod(mulmod(a, and(shr(16, b), 0x7ffffffff0000ffffffffe0001ffffffffc0003ffffffff80007ffffffff), 0x800000000000000000000000000000000000003fffffffffffffffffffffffff), 0x197d6670336194c783b409a24ccbeb33819b0c80000000000000cbeb73019b0d, 0x800000000000000000000000000000000000003fffffffffffffffffffffffff)
                r := sub(r, mul(0x7f000001, and(shr(30, mul(8454660, and(shr(24, r), 0x7ffffff000000ffffffe000001ffffffc000003ffffff8000007ffffff))), 0x1fffff00000003ffffe00000007ffffc0000000fffff80000001fffff)))
                r := add(addmod(mulmod(a, and(b, 0xffff000000001fffe000000003fffc000000007fff800000000ffff), 0x800000000000000000000000000000000000003fffffffffffffffffffffffff), 0x197d6670336194c783b409a24ccbeb33819b0c80000000000000cbeb73019b0d, 0x800000000000000000000000000000000000003fffffffffffffffffffffffff), shl(16, r))
                r := sub(r, mul(0x7f000001, and(shr(30, mul(8454660, and(shr(24, r), 0x7ffffff000000ffffffe000001ffffffc000003ffffff8000007ffffff))), 0x1fffff00000003ffffe00000007ffffc0000000fffff80000001fffff)))
            }
            /// the same plus c, lanes of c <= 281474976710656
            function f_muladd(a, b, c) -> r {
                r := addmod(mulmod(a, and(shr(16, b), 0x7ffffffff0000ffffffffe0001ffffffffc0003ffffffff80007ffffffff), 0x800000000000000000000000000000000000003fffffffffffffffffffffffff), 0x197d6670336194c783b409a24ccbeb33819b0c80000000000000cbeb73019b0d, 0x800000000000000000000000000000000000003fffffffffffffffffffffffff)
                r := sub(r, mul(0x7f000001, and(shr(30, mul(8454660, and(shr(24, r), 0x7ffffff000000ffffffe000001ffffffc000003ffffff8000007ffffff))), 0x1fffff00000003ffffe00000007ffffc0000000fffff80000001fffff)))
                r := add(c, add(addmod(mulmod(a, and(b, 0xffff000000001fffe000000003fffc000000007fff800000000ffff), 0x800000000000000000000000000000000000003fffffffffffffffffffffffff), 0x197d6670336194c783b409a24ccbeb33819b0c80000000000000cbeb73019b0d, 0x800000000000000000000000000000000000003fffffffffffffffffffffffff), shl(16, r)))
                r := sub(r, mul(0x7f000001, and(shr(30, mul(8454660, and(shr(24, r), 0x7ffffff000000ffffffe000001ffffffc000003ffffff8000007ffffff))), 0x1fffff00000003ffffe00000007ffffc0000000fffff80000001fffff)))
            }
            /// reduced a, s < 2^31 in the base field -> reduced
            function f_scale(a, s) -> r {
                r := mul(a, shr(16, s))
                r := sub(r, mul(0x7f000001, and(shr(30, mul(8454660, and(shr(24, r), 0x7ffffff000000ffffffe000001ffffffc000003ffffff8000007ffffff))), 0x1fffff00000003ffffe00000007ffffc0000000fffff80000001fffff)))
                r := add(mul(a, and(s, 0xffff)), shl(16, r))
                r := sub(r, mul(0x7f000001, and(shr(30, mul(8454660, and(shr(24, r), 0x7ffffff000000ffffffe000001ffffffc000003ffffff8000007ffffff))), 0x1fffff00000003ffffe00000007ffffc0000000fffff80000001fffff)))
            }
            /// lanes < 2^51 -> whether the element is zero
            function f_is_zero(x) -> z {
                x := sub(x, mul(0x7f000001, and(shr(30, mul(8454660, and(shr(24, x), 0x7ffffff000000ffffffe000001ffffffc000003ffffff8000007ffffff))), 0x1fffff00000003ffffe00000007ffffc0000000fffff80000001fffff)))
                z := iszero(sub(x, mul(0x7f000001, and(shr(32, add(x, 0x80ffffff0000101fffffe0000203fffffc0000407fffff8000080ffffff)), 0x1000000000000200000000000040000000000008000000000001))))
            }
            /// the extension element at calldata offset o: canonical lanes
            function f_load(o) -> x {
                let w := shr(96, calldataload(o))
                if and(or(w, add(w, 0x00ffffff00ffffff00ffffff00ffffff00ffffff)), 0x8000000080000000800000008000000080000000) { fail(0xd7c7beeb) }
                x := or(or(and(w, 0xffffffff), shl(19, and(w, 0xffffffff00000000))),
                        or(shl(38, and(w, 0xffffffff0000000000000000)),
                           or(shl(57, and(w, 0xffffffff000000000000000000000000)),
                              shl(76, and(w, 0xffffffff00000000000000000000000000000000)))))
            }
            /// refuses with a named error
            function fail(selector) {
                mstore(0, selector)
                revert(28, 4)
            }
            // ---- transcript: 32 bytes of state at 0x200, the data of an absorb behind it ----

            /// absorbs n bytes of calldata at o
            function t_absorb(label, o, n) {
                mstore(add(0x200, 32), or(shl(224, label), shl(192, n)))
                calldatacopy(add(0x200, 40), o, n)
                mstore(0x200, keccak256(0x200, add(40, n)))
            }
            /// the counter-th element sampled after the last absorb, reduced
            function t_sample(counter) -> r {
                mstore(add(0x200, 32), shl(224, counter))
                r := and(keccak256(0x200, 36), 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff)
                r := sub(r, mul(0x7f000001, and(shr(30, mul(8454660, and(shr(24, r), 0x7ffffff000000ffffffe000001ffffffc000003ffffff8000007ffffff))), 0x1fffff00000003ffffe00000007ffffc0000000fffff80000001fffff)))
            }
            /// the word behind it
            function t_squeeze(counter) -> r {
                mstore(add(0x200, 32), shl(224, counter))
                r := keccak256(0x200, 36)
            }
            /// checks and absorbs the nonce at calldata offset o
            function t_grind(o, bits) {
                calldatacopy(add(0x200, 32), o, 8)
                if shr(sub(256, bits), keccak256(0x200, 40)) { fail(0xc4f00c74) }
                t_absorb(11, o, 8)
            }
            /// the first n elements sampled after the last absorb, to d
            function t_samples(d, n) {
                for { let i := 0 } lt(i, n) { i := add(i, 1) } { mstore(add(d, shl(5, i)), t_sample(i)) }
            }
            // ---- sums of products with base field values ----
            // The five lanes of a word go 85 bits apart into two words, (lanes 0, 1, 2) and (lanes 3, 4): there
            // they take the sum of up to 2^20 products of reduced lanes and values < 2^31 without a reduction.

            function f_wide_a(x) -> a {
                a := or(or(and(x, 0x7ffffffffffff), shl(34, and(x, 0x3ffffffffffff8000000000000))), shl(68, and(x, 0x1ffffffffffffc0000000000000000000000000)))
            }
            function f_wide_b(x) -> b {
                x := shr(153, x)
                b := or(and(x, 0x7ffffffffffff), shl(34, and(x, 0x3ffffffffffff8000000000000)))
            }
            /// back to one word, canonical
            function f_narrow(a, b) -> r {
                r := or(mod(and(a, 0x1fffffffffffffffffffff), 0x7f000001), shl(51, mod(and(shr(85, a), 0x1fffffffffffffffffffff), 0x7f000001)))
                r := or(r, shl(102, mod(shr(170, a), 0x7f000001)))
                r := or(r, or(shl(153, mod(and(b, 0x1fffffffffffffffffffff), 0x7f000001)), shl(204, mod(shr(85, b), 0x7f000001))))
            }
            function f_widen_1(dst, x) {
                mstore(dst, f_wide_a(x))
                mstore(add(dst, 32), f_wide_b(x))
            }
            /// n words at src to n pairs at dst
            function f_widen(dst, src, n) {
                for {} n { n := sub(n, 1) } {
                    f_widen_1(dst, mload(src))
                    dst := add(dst, 64)
                    src := add(src, 32)
                }
            }
        }
    }
}
