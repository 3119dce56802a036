// An L1 node for the tests of generated verifiers: anvil with the transaction gas limit of Osaka and
// otherwise default limits, and calls of `verify`. The node ends with the process.
'use strict';
const {spawn} = require('child_process');
const fs = require('fs');
const net = require('net');
const os = require('os');
const path = require('path');

const root = path.join(__dirname, '..', '..', '..');
const {keccak256} = require(path.join(root, 'node_modules', 'js-sha3'));
const TX_GAS_LIMIT = 16777216;

async function startAnvil() {
    const port = await new Promise((resolve) => {
        const s = net.createServer().listen(0, '127.0.0.1', () => {
            const p = s.address().port;
            s.close(() => resolve(p));
        });
    });
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'hawser-l1-'));
    const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
    const program = path.join(root, 'node_modules', '@foundry-rs', `anvil-linux-${arch}`, 'bin', 'anvil');
    const child = spawn(program,
        ['--port', String(port), '--hardfork', 'osaka', '--enable-tx-gas-limit', '--silent'],
        {stdio: 'ignore', env: {HOME: home}});
    child.on('error', (e) => console.error(e.message));
    process.on('exit', () => {
        child.kill('SIGKILL');
        fs.rmSync(home, {recursive: true, force: true});
    });
    return `http://127.0.0.1:${port}`;
}

let url, account;
async function start() {
    url = await startAnvil();
    await waitForAnvil();
    [account] = await rpc('eth_accounts');
    return account;
}
async function rpc(method, ...params) {
    const answer = await fetch(url, {
        method: 'POST',
        headers: {'content-type': 'application/json'},
        body: JSON.stringify({jsonrpc: '2.0', id: 1, method, params}),
    });
    const {result, error} = await answer.json();
    if (error) throw new Error(error.message);
    return result;
}
async function waitForAnvil() {
    for (let i = 0; i < 200; i++) {
        try {
            return await rpc('eth_chainId');
        } catch (e) {
            await new Promise((r) => setTimeout(r, 25));
        }
    }
    throw new Error('anvil does not answer');
}
const hex = (n) => '0x' + n.toString(16);
async function send(tx) {
    const hash = await rpc('eth_sendTransaction', {from: account, gas: hex(TX_GAS_LIMIT), ...tx});
    for (let i = 0; i < 400; i++) {
        const receipt = await rpc('eth_getTransactionReceipt', hash);
        if (receipt) return receipt;
        await new Promise((r) => setTimeout(r, 25));
    }
    throw new Error(`no receipt of ${hash}`);
}

const word = (n) => n.toString(16).padStart(64, '0');
function abiBytes(b) {
    return word(b.length) + b.toString('hex') + '0'.repeat((64 - (2 * b.length) % 64) % 64);
}
function callOf(publics, proof) {
    const q = abiBytes(publics);
    return '0x' + keccak256('verify(bytes,bytes)').slice(0, 8) + word(64) + word(64 + q.length / 2) + q +
        abiBytes(proof);
}


module.exports = {start, rpc, send, hex, callOf, TX_GAS_LIMIT};
