// ---- F = F_p[X]/(X^5 + X^2 - 1), five 51-bit lanes in a word: sum e_i 2^(51 i) ----
// "reduced": every lane <= $RB_DEC (p is 2130706433). Bounds: prover/solgen/lanes.c.

/// lanes < 2^51 -> reduced
function f_red(x) -> r {
    r := sub(x, mul($P, and(shr(30, mul($C, and(shr(24, x), $M27))), $M21)))
}
/// reduced a, lanes of b <= $BMAX_DEC -> reduced a*b. Modulo B^5 + B^2 - 1 with B = 2^51 a product
/// of words is a product in F; b goes in two halves so that no lane outgrows 51 bits.
function f_mul(a, b) -> r {
    r := addmod(mulmod(a, and(shr(16, b), $M35), $M), $K, $M)
    r := sub(r, mul($P, and(shr(30, mul($C, and(shr(24, r), $M27))), $M21)))
    r := add(addmod(mulmod(a, and(b, $M16), $M), $K, $M), shl(16, r))
    r := sub(r, mul($P, and(shr(30, mul($C, and(shr(24, r), $M27))), $M21)))
}
/// the same plus c, lanes of c <= $CMAX_DEC
function f_muladd(a, b, c) -> r {
    r := addmod(mulmod(a, and(shr(16, b), $M35), $M), $K, $M)
    r := sub(r, mul($P, and(shr(30, mul($C, and(shr(24, r), $M27))), $M21)))
    r := add(c, add(addmod(mulmod(a, and(b, $M16), $M), $K, $M), shl(16, r)))
    r := sub(r, mul($P, and(shr(30, mul($C, and(shr(24, r), $M27))), $M21)))
}
/// reduced a, s < 2^31 in the base field -> reduced
function f_scale(a, s) -> r {
    r := mul(a, shr(16, s))
    r := sub(r, mul($P, and(shr(30, mul($C, and(shr(24, r), $M27))), $M21)))
    r := add(mul(a, and(s, 0xffff)), shl(16, r))
    r := sub(r, mul($P, and(shr(30, mul($C, and(shr(24, r), $M27))), $M21)))
}
/// lanes < 2^51 -> whether the element is zero
function f_is_zero(x) -> z {
    x := sub(x, mul($P, and(shr(30, mul($C, and(shr(24, x), $M27))), $M21)))
    z := iszero(sub(x, mul($P, and(shr(32, add(x, $G32)), $ONES))))
}
/// the extension element at calldata offset o: canonical lanes
function f_load(o) -> x {
    let w := shr(96, calldataload(o))
    if and(or(w, add(w, $GAP5)), $TOP5) { fail($E_NotCanonical) }
    x := or(or(and(w, 0xffffffff), shl(19, and(w, 0xffffffff00000000))),
            or(shl(38, and(w, 0xffffffff0000000000000000)),
               or(shl(57, and(w, 0xffffffff000000000000000000000000)),
                  shl(76, and(w, 0xffffffff00000000000000000000000000000000)))))
}
/// refuses with a named error
function fail(selector) {
    //@trace trace_return(selector)
    mstore(0, selector)
    revert(28, 4)
}
