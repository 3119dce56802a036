/// calls the part whose address is at `part` with the n bytes of memory at `from`; its answer,
/// always m bytes, goes to `to`. What a part refuses with is passed on.
function part_call(part, from, n, to, m) {
    if iszero(staticcall(gas(), mload(part), from, n, to, m)) {
        returndatacopy(0, 0, returndatasize())
        revert(0, returndatasize())
    }
    if iszero(eq(returndatasize(), m)) { revert(0, 0) }
}
