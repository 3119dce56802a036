// ---- tests only: gas marks and the transcript's states, handed out instead of the answer ----
/// the gas between marks goes to word i
function trace_mark(i) {
    mstore(add($MARKS, shl(5, i)), sub(mload($LAST), gas()))
    mstore($LAST, gas())
}
function trace_start() { mstore($LAST, gas()) }
/// after the call of a part that set the marks first .. i - 1: the rest of the gas since `before`
function trace_call(before, first, i) {
    if mload(sub($MARKS, 32)) { trace_return(mload(sub($MARKS, 32))) }
    let used := sub(before, gas())
    for { let j := first } lt(j, i) { j := add(j, 1) } {
        used := sub(used, mload(add($MARKS, shl(5, j))))
    }
    mstore(add($MARKS, shl(5, i)), used)
    mstore($LAST, gas())
}
function trace_push(v) {
    let n := add(mload($TRACE), 1)
    mstore($TRACE, n)
    mstore(add($TRACE, shl(5, n)), v)
}
/// selector (0 = accepted), 127 gas marks, number of states, states
function trace_return(selector) {
    mstore(sub($MARKS, 32), selector)
    return(sub($MARKS, 32), $TRACE_SIZE)
}
