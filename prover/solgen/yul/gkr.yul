// ---- multilinear helpers ----

/// sum of products of n <= $DOT_MAX successive reduced words at w and at v. v goes in parts of 11,
/// 11 and 10 bits, whose sums need no reduction on the way.
function f_dot(w, v, n) -> r {
    let x := 0
    let y := 0
    for { let end := add(w, shl(5, n)) } lt(w, end) { w := add(w, 32) } {
        let a := mload(w)
        let b := mload(v)
        x := addmod(x, mulmod(a, and(b, $M11), $M), $M)
        y := addmod(y, mulmod(a, and(shr(11, b), $M11), $M), $M)
        r := addmod(r, mulmod(a, and(shr(22, b), $M29), $M), $M)
        v := add(v, 32)
    }
    r := f_red(addmod(r, $K_DOT, $M))
    r := f_red(add(addmod(y, $K_DOT, $M), shl(11, r)))
    r := f_red(add(addmod(x, $K_DOT, $M), shl(11, r)))
}
/// the same for any n
function f_dots(w, v, n) -> r {
    for {} gt(n, $DOT_MAX) { n := sub(n, $DOT_MAX) } {
        r := add(r, f_dot(w, v, $DOT_MAX))
        w := add(w, $DOT_BYTES)
        v := add(v, $DOT_BYTES)
    }
    r := f_red(add(r, f_dot(w, v, n)))
}

/// The multilinear extension of 2^n reduced words at src at the n coordinates at point. The words
/// from dst on are overwritten; dst may be src.
function f_mle(dst, src, n, point) -> v {
    point := add(point, shl(5, n))
    for { let half := shl(n, 16) } gt(half, 16) { half := shr(1, half) } {
        point := sub(point, 32)
        let x := mload(point)
        let to := add(dst, half)
        for { let d := dst } lt(d, to) { d := add(d, 32) } {
            let a := mload(src)
            mstore(d, f_muladd(x, add(mload(add(src, 32)), sub($PP2, a)), a))
            src := add(src, 64)
        }
        src := dst
    }
    v := mload(src)
}
/// e[d] = product over the first d coordinates z of (bit ? z : 1 - z): from d = first to last
function e_path(e, z, first, last, bits) {
    z := add(z, shl(5, first))
    e := add(e, shl(5, first))
    let v := mload(e)
    for { let left := sub(last, first) } left {} {
        left := sub(left, 1)
        let x := mload(z)
        if iszero(and(shr(left, bits), 1)) { x := sub($ONE_PP2, x) }
        v := f_mul(v, x)
        z := add(z, 32)
        e := add(e, 32)
        mstore(e, v)
    }
}
/// eq(row, the n coordinates at point) for the 2^n rows, to dst
function f_eq_table(dst, point, n) {
    mstore(dst, 1)
    let end := 0
    for {} n { n := sub(n, 1) } {
        let x := mload(point)
        point := add(point, 32)
        let i := end
        for {} 1 { i := sub(i, 32) } {
            let e := mload(add(dst, i))
            let v := f_mul(e, x)
            mstore(add(dst, add(shl(1, i), 32)), v)
            mstore(add(dst, shl(1, i)), f_red(add(e, sub($PP2, v))))
            if iszero(i) { break }
        }
        end := add(shl(1, end), 32)
    }
}
/// eq of the n successive numbers from `first`, of len bits, and the coordinates at z: to dst
function e_group(dst, z, len, first, n) {
    mstore(dst, 1)
    let last := add(first, sub(n, 1))
    for {} len {} {
        len := sub(len, 1)
        let lo := shr(len, first)
        let hi := shr(len, last)
        let parent := shr(1, lo)
        let x := mload(z)
        z := add(z, 32)
        // children from the last to the first, so that no parent is overwritten before its turn
        for { let p := shr(1, hi) } 1 { p := sub(p, 1) } {
            let e := mload(add(dst, shl(5, sub(p, parent))))
            let r := f_mul(e, x)
            let at := add(dst, shl(5, sub(add(p, p), lo)))
            if lt(add(p, p), hi) { mstore(add(at, 32), r) }
            if iszero(lt(add(p, p), lo)) { mstore(at, f_red(add(e, sub($PP2, r)))) }
            if eq(p, parent) { break }
        }
    }
}
/// sum of n words, unreduced
function f_sum(from, n) -> sum {
    for { let end := add(from, shl(5, n)) } lt(from, end) { from := add(from, 32) } {
        sum := add(sum, mload(from))
    }
}
/// a b + (1 - a)(1 - b), reduced
function f_eq(a, b) -> r {
    r := f_mul(a, b)
    r := f_red(sub(add($ONE_PP4, add(r, r)), add(a, b)))
}

// ---- fractions: proof.md section 4, steps 2 to 4 ----

/// w_j = product of the alphas of the set bits of j
function g_weights(counter) {
    mstore($W, 1)
    let n := 32
    for { let i := 0 } lt(i, 5) { i := add(i, 1) } {
        let alpha := t_sample(add(counter, i))
        for { let j := 0 } lt(j, n) { j := add(j, 32) } {
            mstore(add(add($W, n), j), f_mul(alpha, mload(add($W, j))))
        }
        n := shl(1, n)
    }
}
/// the 32 numerators and denominators in clear
function g_top(o) {
    t_absorb($L_GKR_TOP, o, 1280)
    for { let d := $TOP } lt(d, add($TOP, 2048)) { d := add(d, 32) } {
        mstore(d, f_load(o))
        o := add(o, 20)
    }
    for { let i := 0 } lt(i, 5) { i := add(i, 1) } { mstore(add($R, shl(5, i)), t_sample(i)) }
    mstore($CP, f_mle($FOLD, $TOP, 5, $R))
    mstore($CQ, f_mle($FOLD, add($TOP, 1024), 5, $R))
    // the sum of the fractions, halving
    for { let n := 512 } gt(n, 16) { n := shr(1, n) } {
        for { let i := 0 } lt(i, n) { i := add(i, 32) } {
            let s := add($TOP, shl(1, i))
            let q0 := mload(add(s, 1024))
            let q1 := mload(add(s, 1056))
            let p := f_muladd(mload(s), q1, f_mul(mload(add(s, 32)), q0))
            mstore(add($TOP, i), p)
            mstore(add(add($TOP, 1024), i), f_mul(q0, q1))
        }
    }
    let p := mload($TOP)
    let q := mload(add($TOP, 1024))
    if f_is_zero(q) { fail($E_LogUpDenominator) }
    if f_is_zero(mload($PUBQ)) { fail($E_LogUpDenominator) }
    p := f_muladd(p, mload($PUBQ), f_mul(mload($PUBP), q))
    if iszero(f_is_zero(p)) { fail($E_LogUpSum) }
}
/// one round of the sum over a layer; r_j at rp becomes the challenge
function g_round(o, rp, claim) -> r {
    t_absorb($L_GKR_ROUND, o, 40)
    let c1 := f_load(o)
    let c2 := f_load(add(o, 20))
    claim := add(claim, sub($PP2, f_mul(mload(rp), add(c1, c2))))
    let s := t_sample(0)
    mstore(rp, s)
    r := f_muladd(s, f_muladd(s, c2, c1), claim)
}
function g_line(b, v0, v1) -> r { r := f_muladd(b, sub(add(v1, $PP), v0), v0) }
/// the four values of the next layer, and the claims about it
function g_layer(o, rp, lambda, claim) {
    t_absorb($L_GKR_LAYER, o, 80)
    let p0 := f_load(o)
    let p1 := f_load(add(o, 20))
    let q0 := f_load(add(o, 40))
    let q1 := f_load(add(o, 60))
    let v := f_mul(lambda, f_mul(q0, q1))
    v := f_muladd(p1, q0, v)
    v := f_muladd(p0, q1, v)
    if iszero(f_is_zero(add(claim, sub($PP2, v)))) { fail($E_GkrLayer) }
    let b := t_sample(0)
    mstore(rp, b)
    mstore($CP, g_line(b, p0, p1))
    mstore($CQ, g_line(b, q0, q1))
}
/// layers 5 .. N-1
function g_layers(o) {
    let counter := 5
    for { let end := add($R, 160) } lt(end, $R_END) { end := add(end, 32) } {
        let lambda := t_sample(counter)
        let claim := f_muladd(lambda, mload($CQ), mload($CP))
        for { let rp := $R } lt(rp, end) { rp := add(rp, 32) } {
            claim := g_round(o, rp, claim)
            o := add(o, 40)
        }
        g_layer(o, end, lambda, claim)
        o := add(o, 80)
        counter := 1
    }
}

// ---- steps 5 to 7 ----

/// absorbs the column values and spreads them to memory
function z_columns(o) {
    t_absorb($L_COLUMNS, o, $COLUMN_BYTES)
    for { let d := $V } lt(d, $V_END) { d := add(d, 32) } {
        mstore(d, f_load(o))
        o := add(o, 20)
    }
}
/// reads the public values to memory
function z_publics(o) {
    for { let d := $PV } lt(d, $PV_END) { d := add(d, 32) } {
        let v := shr(224, calldataload(o))
        if iszero(lt(v, $P)) { fail($E_PublicsRange) }
        mstore(d, v)
        o := add(o, 4)
    }
}
/// multiples of p in every lane: p, 2p, 4p, ..; empty sums
function k_init() {
    let k := $PP
    for { let d := $COVERS } lt(d, $COVERS_END) { d := add(d, 32) } {
        mstore(d, k)
        k := add(k, k)
    }
    mstore($ACC, 0)
    mstore($MSUM, 0)
}
/// the next constraint, from the last to the first: Horner in the challenge a
function c_add(x) { mstore($ACC, f_muladd(mload($A), mload($ACC), x)) }
/// the constraint x (x - 1) of the column at `column`
function c_bool(column) {
    let x := mload(column)
    mstore($ACC, f_muladd(mload($A), mload($ACC), f_mul(x, add(x, $P_MINUS_1))))
}
/// weights and c times beta: what m_add sums up is beta den
function m_scale() {
    let beta := mload($BETA)
    for { let w := $W } lt(w, add($W, 1024)) { w := add(w, 32) } { mstore(w, f_mul(beta, mload(w))) }
    mstore($C_BUS, f_mul(beta, mload($C_BUS)))
}
/// adds eu (num + beta den) with beta den = c - sum; sum <= $P 2^$MESSAGE_COVER_LOG in every lane
function m_add(eu, sum, num) {
    sum := f_red(add(add(mload($C_BUS), num), sub(mload($MESSAGE_COVER), sum)))
    mstore($MSUM, f_muladd(mload(eu), sum, mload($MSUM)))
}
