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
                    mstore($TS, a)
                    t_absorb(b, 128, c)
                    r := mload($TS)
                }
                case 17 {
                    mstore($TS, a)
                    r := t_sample(b)
                }
                case 18 {
                    mstore($TS, a)
                    r := t_squeeze(b)
                }
                // state, -, bits; nonce in the first 8 bytes of word 4: the state after a grind
                case 19 {
                    mstore($TS, a)
                    t_grind(128, c)
                    r := mload($TS)
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
