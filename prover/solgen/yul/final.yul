/// the last round: $T leaves against the final polynomial
function w_queries_last(o, cap) {
    for { let i := 0 } lt(i, $T32) { i := add(i, 32) } {
        let index := mload(add($IX, i))
        w_merkle_$I(o, index, cap)
        let v := w_final_at(w_point_$I(index))
        if iszero(f_is_zero(add(v, sub($PP2, $LEAF_VALUE)))) { fail($E_FinalPolynomial) }
        o := add(o, $QUERY_BYTES)
    }
}
