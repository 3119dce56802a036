// ---- preprocessed columns: recursion.md section 2 ----

/// refuses unless the leaf at o, with its path behind it, is leaf `index` of the key's tree
function w_merkle_pre(o, index) {
    let hash := w_root_pre(o, index)
    extcodecopy(mload($KEY), 0, add(1, shl(5, shr($PRE_LEVELS, index))), 32)
    if iszero(eq(hash, mload(0))) { fail($E_MerklePath) }
}
/// the product of 1 - z over the words from .. to
function w_zeros(from, to) -> r {
    r := 1
    for {} lt(from, to) { from := add(from, 32) } { r := f_mul(r, sub($ONE_PP2, mload(from))) }
}
