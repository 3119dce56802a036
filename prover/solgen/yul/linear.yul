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
function f_eq_table(dst, point, n) { f_eq_times(dst, point, n, 1) }
/// the same times the reduced word start
function f_eq_times(dst, point, n, start) {
    mstore(dst, start)
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
