// ---- transcript: 32 bytes of state at $TS, the data of an absorb behind it ----

/// absorbs n bytes of calldata at o
function t_absorb(label, o, n) {
    mstore(add($TS, 32), or(shl(224, label), shl(192, n)))
    calldatacopy(add($TS, 40), o, n)
    mstore($TS, keccak256($TS, add(40, n)))
    //@trace trace_push(mload($TS))
}
/// the counter-th element sampled after the last absorb, reduced
function t_sample(counter) -> r {
    mstore(add($TS, 32), shl(224, counter))
    r := and(keccak256($TS, 36), $M255)
    r := sub(r, mul($P, and(shr(30, mul($C, and(shr(24, r), $M27))), $M21)))
}
/// the word behind it
function t_squeeze(counter) -> r {
    mstore(add($TS, 32), shl(224, counter))
    r := keccak256($TS, 36)
}
/// checks and absorbs the nonce at calldata offset o
function t_grind(o, bits) {
    calldatacopy(add($TS, 32), o, 8)
    if shr(sub(256, bits), keccak256($TS, 40)) { fail($E_Grinding) }
    t_absorb($L_POW, o, 8)
}
/// the first n elements sampled after the last absorb, to d
function t_samples(d, n) {
    for { let i := 0 } lt(i, n) { i := add(i, 1) } { mstore(add(d, shl(5, i)), t_sample(i)) }
}
