/// round $I: the claims that $N_OOD OOD answers at ood and $T opened leaves make about f_$NEXT.
/// Leaves of $LEAF_BYTES bytes, each with its path of $LEVELS nodes to below the cap.
function w_queries_$I(o, cap, ood, sigma) -> r {
    r := sigma
    let gamma := t_sample($SQUEEZES)
    mstore($GAMMA, gamma)
    let power := 1
    for { let end := add(ood, $OOD_BYTES) } lt(ood, end) { ood := add(ood, 20) } {
        power := f_mul(power, gamma)
        r := f_muladd(power, f_load(ood), r)
    }
    for { let i := 0 } lt(i, $T32) { i := add(i, 32) } {
        let index := mload(add($IX, i))
        w_merkle_$I(o, index, cap)
        mstore(add($Y, i), w_point_$I(index))
        power := f_mul(power, gamma)
        r := f_muladd(power, $LEAF_VALUE, r)
        o := add(o, $QUERY_BYTES)
    }
}
