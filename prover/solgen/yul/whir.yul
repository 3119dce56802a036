// ---- WHIR: proof.md section 5 ----

/// one sumcheck round over f W; the challenge goes to zp
function w_round(o, sigma, zp, bits) -> r {
    t_absorb($L_WHIR_ROUND, o, 40)
    let c0 := f_load(o)
    let c2 := f_load(add(o, 20))
    if bits { t_grind(add(o, 40), bits) }
    let x := t_sample(0)
    mstore(zp, x)
    sigma := add(sigma, sub($PP3, add(add(c0, c0), c2)))
    r := f_muladd(x, f_muladd(x, c2, sigma), c0)
}
/// n rounds of `size` bytes, the last free variable first; zp is behind it
function w_rounds(o, sigma, zp, n, size, bits) -> r {
    r := sigma
    for {} n { n := sub(n, 1) } {
        zp := sub(zp, 32)
        r := w_round(o, r, zp, bits)
        o := add(o, size)
    }
}
/// eq(., last g of the n coordinates at tau) for all 2^g numbers, at dst + 32 (2^g - 1), g = 0 .. n
function w_tower(dst, tau, n) {
    mstore(dst, 1)
    tau := add(tau, shl(5, n))
    for { let size := 32 } n { n := sub(n, 1) } {
        tau := sub(tau, 32)
        let x := mload(tau)
        let to := add(dst, size)
        for {} lt(dst, to) { dst := add(dst, 32) } {
            let e := mload(dst)
            let v := f_mul(e, x)
            mstore(add(dst, shl(1, size)), v)
            mstore(add(dst, size), f_red(add(e, sub($PP2, v))))
        }
        size := shl(1, size)
    }
}
/// n leaf numbers below mask + 1
function w_indices(n, mask) {
    let v
    for { let i := 0 } lt(i, n) { i := add(i, 1) } {
        if iszero(and(i, 7)) { v := t_squeeze(shr(3, i)) }
        mstore(add($IX, shl(5, i)), and(v, mask))
        v := shr(32, v)
    }
}
/// sum of the weights times the n <= $DOT_MAX extension elements of a leaf, as f_dot
function w_leaf_ext(o, n) -> r {
    let x := 0
    let y := 0
    for { let d := $EQ } n { n := sub(n, 1) } {
        let a := mload(d)
        let b := f_load(o)
        x := addmod(x, mulmod(a, and(b, $M11), $M), $M)
        y := addmod(y, mulmod(a, and(shr(11, b), $M11), $M), $M)
        r := addmod(r, mulmod(a, and(shr(22, b), $M29), $M), $M)
        d := add(d, 32)
        o := add(o, 20)
    }
    r := f_red(addmod(r, $K_DOT, $M))
    r := f_red(add(addmod(y, $K_DOT, $M), shl(11, r)))
    r := f_red(add(addmod(x, $K_DOT, $M), shl(11, r)))
}
/// pow(u) at the first n coordinates of z
function w_pow_ext(u, n) -> r {
    r := 1
    for { let z := add($Z, shl(5, n)) } n { n := sub(n, 1) } {
        z := sub(z, 32)
        r := f_mul(r, f_muladd(mload(z), add(u, $P_MINUS_1), 1))
        u := f_mul(u, u)
    }
}
/// the powers of `root` with exponents j 16^k, j < 16, k < n, to $POINTS
function w_digits(root, n) {
    for { let d := $POINTS } n { n := sub(n, 1) } {
        let v := 1
        for { let end := add(d, 512) } lt(d, end) { d := add(d, 32) } {
            mstore(d, v)
            v := mulmod(v, root, $P)
        }
        root := v
    }
}
/// dst[k] = start times eq of the last k coordinates before a and before b, k = 0 .. n
function w_suffix(dst, a, b, n, start) {
    mstore(dst, start)
    for {} n { n := sub(n, 1) } {
        a := sub(a, 32)
        b := sub(b, 32)
        dst := add(dst, 32)
        start := f_mul(start, f_eq(mload(a), mload(b)))
        mstore(dst, start)
    }
}
