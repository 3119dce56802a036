// A generated verifier on an L1 as it is: anvil with the transaction gas limit of Osaka (EIP-7825)
// and otherwise default limits.
//   node l1.cjs DIR NAME VECTORS [JSON]
// DIR has NAME.sol and its parts, VECTORS.proof, VECTORS.publics; JSON gets {"evm_gas",
// "calldata_bytes"}.
// Every contract is deployed by a transaction within the limit; one transaction verifies the proof.
'use strict';
const fs = require('fs');
const path = require('path');

const root = path.join(__dirname, '..', '..', '..');
const {settings} = require(path.join(root, 'contracts', 'tools', 'verifiers.cjs'));
const solc = require(path.join(root, 'node_modules', 'solc'));

const {start, rpc, send, hex, callOf, TX_GAS_LIMIT} = require('./chain.cjs');

const MAX_CODE = 24576, MAX_INITCODE = 49152;
const GAS_BAR = 12000000, GAS_GOAL = 7000000, BYTES_BAR = 110 * 1024, BYTES_GOAL = 90 * 1024;
const [dir, name, vectors, json] = process.argv.slice(2);
let passed = 0;

function check(ok, what) {
    if (!ok) throw new Error(what);
}
function pass(what) {
    passed++;
    console.log(`[PASS] ${what}`);
}

function compileAll(names) {
    const sources = {};
    for (const n of [...names, name + 'Hashes'])
        sources['src/gen/' + n + '.sol'] = {content: fs.readFileSync(path.join(dir, n + '.sol'), 'utf8')};
    sources['src/verifier/IProofVerifier.sol'] =
        {content: fs.readFileSync(path.join(root, 'contracts/src/verifier/IProofVerifier.sol'), 'utf8')};
    const out = JSON.parse(solc.compile(JSON.stringify({language: 'Solidity', sources, settings})));
    for (const e of out.errors || []) check(e.severity !== 'error', e.formattedMessage);
    return (n) => out.contracts['src/gen/' + n + '.sol'][n].evm.bytecode.object;
}

async function deploy(what, initcode) {
    check(initcode.length / 2 <= MAX_INITCODE, `${what}: ${initcode.length / 2} bytes of initcode`);
    const receipt = await send({data: '0x' + initcode});
    check(receipt.status === '0x1', `${what} is not deployed`);
    const code = await rpc('eth_getCode', receipt.contractAddress, 'latest');
    const size = code.length / 2 - 1;
    check(size > 0 && size <= MAX_CODE, `${what} has ${size} bytes of code`);
    console.log(`  ${what}: ${size} bytes of code, deployed for ${Number(receipt.gasUsed)} gas`);
    return receipt.contractAddress;
}

async function main() {
    const parts = fs.readFileSync(path.join(dir, name + '.parts'), 'utf8').split('\n').filter(Boolean);
    const bytecode = compileAll([name, ...parts]);
    const account = await start();
    const addresses = [];
    for (const part of parts) addresses.push(await deploy(part, bytecode(part)));
    const args = addresses.map((a) => a.slice(2).padStart(64, '0')).join('');
    const to = await deploy(name, bytecode(name) + args);
    pass('every contract is deployed within default limits');

    const wrong = [...addresses.slice(1), addresses[0]].map((a) => a.slice(2).padStart(64, '0')).join('');
    const refused = await send({data: '0x' + bytecode(name) + wrong});
    check(refused.status === '0x0', 'parts in another order were taken');
    pass('parts in another order are refused');

    const publics = fs.readFileSync(path.join(dir, vectors + '.publics'));
    const proof = fs.readFileSync(path.join(dir, vectors + '.proof'));
    const data = callOf(publics, proof);
    const receipt = await send({to, data});
    const used = Number(receipt.gasUsed), bytes = data.length / 2 - 1;
    check(receipt.status === '0x1', 'the proof is refused');
    check(used <= TX_GAS_LIMIT && used <= GAS_BAR, `${used} gas, more than ${GAS_BAR}`);
    check(bytes <= BYTES_BAR, `${bytes} bytes of calldata, more than ${BYTES_BAR}`);
    const sent = await rpc('eth_getTransactionByHash', receipt.transactionHash);
    check(Number(sent.gas) === TX_GAS_LIMIT, 'gas limit sent');
    console.log(`  gas used: ${used} (bar ${GAS_BAR}, goal ${GAS_GOAL}), gas limit ${Number(sent.gas)}`);
    console.log(`  calldata: ${bytes} bytes (bar ${BYTES_BAR}, goal ${BYTES_GOAL})`);
    check(Number(await rpc('eth_call', {from: account, to, data, gas: hex(TX_GAS_LIMIT)}, 'latest')) === 1,
        'the answer is true');
    pass('one transaction within 16,777,216 gas verifies the proof');
    if (json) fs.writeFileSync(json, JSON.stringify({evm_gas: used, calldata_bytes: bytes}) + '\n');

    let error = '';
    try {
        await send({to, data, gas: hex(TX_GAS_LIMIT + 1)});
    } catch (e) {
        error = e.message;
    }
    check(/gas/.test(error), `16,777,217 gas: ${error || 'taken'}`);
    console.log(`  ${error}`);
    pass('a transaction with 16,777,217 gas is refused by the chain');

    for (const at of [0, 5000, proof.length >> 1, proof.length - 1]) {
        const other = Buffer.from(proof);
        other[at] ^= 1;
        const r = await send({to, data: callOf(publics, other)});
        check(r.status === '0x0', `byte ${at} changed and accepted`);
    }
    pass('changed proofs are refused');
}

main().then(() => 0, (e) => {
    console.log(`[FAIL] ${e.message}`);
    return 1;
}).then((failed) => {
    console.log(`${passed} passed, ${failed} failed`);
    process.exit(failed);
});
