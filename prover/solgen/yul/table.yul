// ---- constraints and messages of the tables ----

/// the next constraint, from the last to the first: Horner in the challenge a
function c_add(x) { mstore($ACC, f_muladd(mload($A), mload($ACC), x)) }
/// the constraint x (x - 1) of the column at `column`
function c_bool(column) {
    let x := mload(column)
    mstore($ACC, f_muladd(mload($A), mload($ACC), f_mul(x, add(x, $P_MINUS_1))))
}
/// adds eu (num + beta den) with beta den = c - sum; sum <= $P 2^$MESSAGE_COVER_LOG in every lane
function m_add(eu, sum, num) {
    sum := f_red(add(add(mload($C_BUS), num), sub(mload($MESSAGE_COVER), sum)))
    mstore($MSUM, f_muladd(mload(eu), sum, mload($MSUM)))
}
