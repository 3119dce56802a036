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
    t_samples($R, 5)
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
/// weights and c times beta: what m_add sums up is beta den
function m_scale() {
    let beta := mload($BETA)
    for { let w := $W } lt(w, add($W, 1024)) { w := add(w, 32) } {
        mstore(w, f_mul(beta, mload(w)))
    }
    mstore($C_BUS, f_mul(beta, mload($C_BUS)))
}
