// ---- sums of products with base field values ----
// The five lanes of a word go 85 bits apart into two words, (lanes 0, 1, 2) and (lanes 3, 4): there
// they take the sum of up to 2^20 products of reduced lanes and values < 2^31 without a reduction.

function f_wide_a(x) -> a {
    a := or(or(and(x, $M51), shl(34, and(x, $M51_1))), shl(68, and(x, $M51_2)))
}
function f_wide_b(x) -> b {
    x := shr(153, x)
    b := or(and(x, $M51), shl(34, and(x, $M51_1)))
}
/// back to one word, canonical
function f_narrow(a, b) -> r {
    r := or(mod(and(a, $M85), $P), shl(51, mod(and(shr(85, a), $M85), $P)))
    r := or(r, shl(102, mod(shr(170, a), $P)))
    r := or(r, or(shl(153, mod(and(b, $M85), $P)), shl(204, mod(shr(85, b), $P))))
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
