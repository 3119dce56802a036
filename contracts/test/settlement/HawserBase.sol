// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Hawser} from "../../src/Hawser.sol";
import {ChainEntry, Deployment, HawserErrors, Statement} from "../../src/HawserTypes.sol";
import {ScriptedVerifier} from "./ScriptedVerifier.sol";
import {TestBase} from "./TestBase.sol";

/// @dev A deployment on two chains, of which this one is either, and batches for it. All hashes and
///      public values are put together here from docs/protocol/settlement.md and recursion.md,
///      without the libraries of the contract.
abstract contract HawserBase is TestBase, HawserErrors {
    uint64 internal constant CHAIN_A = 31001;
    uint64 internal constant CHAIN_B = 31002;
    uint32 internal constant FINALITY = 12;
    bytes32 internal constant TERMINAL_ID = keccak256("terminal");
    bytes32 internal constant KEY_SET = bytes32(uint256(5) << 224 | 0x7f000000); // 8 x u32 below p
    bytes32 internal constant GENESIS = bytes32(uint256(7) << 224 | 9);
    bytes32 internal constant SALT = keccak256("salt");
    address internal constant OTHER = address(0xB0B);
    address internal operator = address(0x0123);
    address internal registrar = address(0x4567);
    uint64 internal constant DELAY = 60;
    uint96 internal constant BASE_FEE = 1000;
    uint256 internal constant START = 1_760_000_000;

    Hawser internal hawser;
    ScriptedVerifier internal terminal;
    uint256[] internal keys; // of the oracles, by ascending address
    bytes32 internal deployment;
    bytes32 internal chains;
    bytes32 internal programs;

    /// What the chain looks like after the last batch that was made.
    struct World {
        uint64 k;
        uint64 time;
        bytes32 rootA;
        bytes32 rootB;
        bytes32 finalRoot;
        bytes32 digest;
    }

    World internal world;

    struct Made {
        Statement s;
        bytes segment;
        bytes regions;
        bytes32[] rootsAfter;
        bytes32 stmt;
        bytes32 digestBefore;
        bytes32 digest;
        bytes proof; // of this batch alone
    }

    /// What a test wants in a batch.
    struct Wish {
        bool aTakesPart;
        bool bTakesPart;
        bytes priority;
        uint16 priorityCount;
        bytes withdrawals;
        uint16 withdrawalCount;
    }

    function setUp() public virtual {
        setUpOn(CHAIN_A);
    }

    function setUpOn(uint64 chain) internal {
        vm.chainId(chain);
        vm.warp(START);
        makeKeys(4);
        terminal = new ScriptedVerifier(TERMINAL_ID, KEY_SET);
        hawser = deploy(config());
        vm.deal(address(this), 1_000 ether);

        address self = address(hawser);
        bytes memory list = abi.encodePacked(
            uint16(0), CHAIN_A, bytes12(0), chain == CHAIN_A ? self : OTHER, FINALITY
        );
        list = abi.encodePacked(
            list, uint16(1), CHAIN_B, bytes12(0), chain == CHAIN_B ? self : OTHER, FINALITY
        );
        chains = sha256(abi.encodePacked("HAWSER-CHAINS-1", bytes1(0), uint16(2), list));
        programs = sha256(abi.encodePacked("HAWSER-PROGS-1", bytes2(0), uint16(1), TERMINAL_ID));
        bytes memory set = abi.encodePacked(uint16(3), uint16(4));
        for (uint256 i = 0; i < 4; i++) set = abi.encodePacked(set, vm.addr(keys[i]));
        deployment = sha256(
            abi.encodePacked("HAWSER-DEPLOY-1", bytes1(0), chains, programs, GENESIS, set, SALT)
        );
        delete world;
        world.rootA = GENESIS;
        world.rootB = GENESIS;
        world.finalRoot = finalRootOf(0, GENESIS, GENESIS);
        world.digest =
            sha256(abi.encodePacked("HAWSER-D0-1", bytes5(0), deployment, world.finalRoot));
    }

    receive() external payable {}

    /// Four keys, sorted by address.
    function makeKeys(uint256 n) private {
        delete keys;
        for (uint256 i = 0; i < n; i++) keys.push(0xA11CE + i);
        for (uint256 i = 0; i < n; i++) {
            for (uint256 j = i + 1; j < n; j++) {
                if (vm.addr(keys[j]) < vm.addr(keys[i])) (keys[i], keys[j]) = (keys[j], keys[i]);
            }
        }
    }

    function nextAddress() internal view returns (address) {
        return vm.computeCreateAddress(address(this), vm.getNonce(address(this)));
    }

    /// The configuration for a contract that is created next.
    function config() internal view returns (Deployment memory d) {
        d.chains = new ChainEntry[](2);
        address self = nextAddress();
        d.chains[0] = ChainEntry(0, CHAIN_A, block.chainid == CHAIN_A ? self : OTHER, FINALITY);
        d.chains[1] = ChainEntry(1, CHAIN_B, block.chainid == CHAIN_B ? self : OTHER, FINALITY);
        d.genesisRoot = GENESIS;
        d.terminalKeyId = TERMINAL_ID;
        d.verifier = terminal;
        d.threshold = 3;
        d.oracles = new address[](keys.length);
        for (uint256 i = 0; i < keys.length; i++) d.oracles[i] = vm.addr(keys[i]);
        d.salt = SALT;
        d.operator = operator;
        d.registrar = registrar;
        d.executionDelay = DELAY;
        d.baseFee = BASE_FEE;
    }

    function deploy(Deployment memory d) internal returns (Hawser) {
        return new Hawser(d);
    }

    // ---- batches ----

    function finalRootOf(uint64 k, bytes32 rootA, bytes32 rootB) internal pure returns (bytes32) {
        bytes memory head = abi.encodePacked("HAWSER-ROOT-1", bytes3(0), k, uint16(2));
        return sha256(abi.encodePacked(head, CHAIN_A, rootA, CHAIN_B, rootB));
    }

    function headerOf(uint64 k, uint64 time, Wish memory w) internal view returns (bytes memory) {
        return abi.encodePacked(
            abi.encodePacked(
                uint8(2),
                uint16(block.chainid == CHAIN_A ? 0 : 1),
                uint32(k),
                uint8(0),
                uint8(1),
                uint32(time),
                uint24(0)
            ),
            w.priorityCount,
            w.withdrawalCount,
            uint32(w.priority.length),
            uint32(w.priorityCount + w.withdrawalCount),
            bytes16(0)
        );
    }

    function pair32(bytes32 a, bytes32 b) internal pure returns (bytes32[] memory list) {
        list = new bytes32[](2);
        (list[0], list[1]) = (a, b);
    }

    /// Both chains take part, nothing happens.
    function quiet() internal pure returns (Wish memory w) {
        w.aTakesPart = true;
        w.bTakesPart = true;
    }

    /// The next batch after `world`, with proofs that the verifiers accept for it alone.
    function make(Wish memory w) internal returns (Made memory m) {
        return makeAt(w, uint64(block.timestamp));
    }

    function makeAt(Wish memory w, uint64 time) internal returns (Made memory m) {
        World memory was = world;
        uint64 k = was.k + 1;
        m.s.k = k;
        m.s.time = time;
        m.s.prevFinalRoot = was.finalRoot;
        bytes32 rootA = w.aTakesPart ? sha256(abi.encode("A", k)) : was.rootA;
        bytes32 rootB = w.bTakesPart ? sha256(abi.encode("B", k)) : was.rootB;
        m.rootsAfter = pair32(rootA, rootB);
        m.s.finalRoot = finalRootOf(k, rootA, rootB);
        m.regions = abi.encodePacked(w.priority, w.withdrawals);
        bool hereTakesPart = block.chainid == CHAIN_A ? w.aTakesPart : w.bTakesPart;
        if (hereTakesPart) {
            m.segment = abi.encodePacked(headerOf(k, time, w), m.regions, "stream");
        } else {
            m.regions = "";
        }
        uint256 n = (w.aTakesPart ? 1 : 0) + (w.bTakesPart ? 1 : 0);
        m.s.participants = new uint64[](n);
        m.s.pubdataHashes = new bytes32[](n);
        uint256 i = 0;
        if (w.aTakesPart) fill(m, i++, CHAIN_A);
        if (w.bTakesPart) fill(m, i++, CHAIN_B);
        finish(m);
    }

    function fill(Made memory m, uint256 i, uint64 chain) private view {
        bytes32 hash = chain == block.chainid
            ? sha256(m.segment)
            : sha256(abi.encode("segment of the other chain", m.s.k));
        m.s.participants[i] = chain;
        m.s.pubdataHashes[i] = sha256(abi.encodePacked(bytes1(0x01), hash));
    }

    /// Statement hash, digest and proof of what is in m; remembers the batch as the last one.
    function finish(Made memory m) internal {
        m.stmt = stmtOf(m.s);
        m.digestBefore = world.digest;
        m.digest = sha256(abi.encodePacked("HAWSER-DK-1", bytes5(0), world.digest, m.stmt));
        m.proof = proofOf(m.digestBefore, m.digest);
        world.k = m.s.k;
        world.time = m.s.time;
        world.rootA = m.rootsAfter[0];
        world.rootB = m.rootsAfter[1];
        world.finalRoot = m.s.finalRoot;
        world.digest = m.digest;
    }

    function stmtOf(Statement memory s) internal view returns (bytes32) {
        bytes memory list;
        for (uint256 i = 0; i < s.participants.length; i++) {
            list = bytes.concat(list, abi.encodePacked(s.participants[i], s.pubdataHashes[i]));
        }
        bytes memory head = abi.encodePacked(
            "HAWSER-STMT-1", bytes3(0), deployment, uint32(4), s.k, s.prevFinalRoot, s.finalRoot
        );
        head = abi.encodePacked(head, s.time, chains, programs, uint16(s.participants.length));
        return sha256(bytes.concat(head, list));
    }

    /// A proof that the verifier accepts for the batches between two digests and for nothing else.
    function proofOf(bytes32 from, bytes32 to) internal returns (bytes memory proof) {
        proof = abi.encode("terminal proof", from, to);
        terminal.list(publicsOf(KEY_SET, from, to), proof);
    }

    /// K, eight zeros, 16 limbs of D_from, 16 of D_to: u32 each.
    function publicsOf(bytes32 keySet, bytes32 from, bytes32 to)
        internal
        pure
        returns (bytes memory p)
    {
        p = abi.encodePacked(keySet, bytes32(0));
        for (uint256 j = 0; j < 16; j++) {
            p = abi.encodePacked(p, uint16(0), from[2 * j], from[2 * j + 1]);
        }
        for (uint256 j = 0; j < 16; j++) p = abi.encodePacked(p, uint16(0), to[2 * j], to[2 * j + 1]);
    }

    /// A list of one segment; of none without data.
    function one(bytes memory segment) internal pure returns (bytes[] memory list) {
        list = new bytes[](segment.length == 0 ? 0 : 1);
        if (list.length == 1) list[0] = segment;
    }

    // ---- what people do ----

    function commit(Made memory m) internal {
        uint64 epoch = hawser.epoch();
        vm.prank(operator, operator);
        hawser.commitBatch(m.s, one(m.segment), epoch);
    }

    function prove(Made memory m) internal {
        hawser.proveBatches(m.s.k, m.proof);
    }

    /// EIP-712 digest of Agreement(set, k, digest) under the deployment's domain.
    function agreementHashOf(bytes32 id, uint32 set, uint64 k, bytes32 digest)
        internal
        pure
        returns (bytes32)
    {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,bytes32 salt)"),
                keccak256("Hawser"),
                keccak256("1"),
                id
            )
        );
        bytes32 message = keccak256(
            abi.encode(keccak256("Agreement(uint32 set,uint64 k,bytes32 digest)"), set, k, digest)
        );
        return keccak256(abi.encodePacked(hex"1901", domain, message));
    }

    /// Signatures of the first n oracles.
    function signatures(uint256 n, uint64 k, bytes32 digest) internal view returns (bytes memory) {
        bytes32 hash = agreementHashOf(deployment, 0, k, digest);
        bytes memory list;
        for (uint256 i = 0; i < n; i++) list = abi.encodePacked(list, signatureOf(keys[i], hash));
        return list;
    }

    function signatureOf(uint256 key, bytes32 hash) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, hash);
        return abi.encodePacked(r, s, v);
    }

    function agree(uint64 k, bytes32 digest) internal {
        hawser.submitAgreement(0, k, digest, signatures(3, k, digest));
    }

    function execute(Made memory m) internal {
        hawser.executeBatch(m.s.k, m.regions);
    }

    /// commit, prove, agree, wait, execute
    function settle(Made memory m) internal {
        commit(m);
        prove(m);
        agree(m.s.k, m.digest);
        vm.warp(block.timestamp + DELAY);
        execute(m);
    }

    // ---- records ----

    function depositRecord(
        uint8 outcome,
        uint24 account,
        uint8 slot,
        uint24 token,
        uint112 amount,
        address owner
    ) internal pure returns (bytes memory) {
        return abi.encodePacked(uint8(0x10 | outcome), account, slot, token, amount, owner);
    }

    function exitRecord(
        uint8 outcome,
        uint24 account,
        uint8 slot,
        address owner,
        uint24 token,
        uint112 amount
    ) internal pure returns (bytes memory) {
        return abi.encodePacked(uint8(0x40 | outcome), account, slot, owner, token, amount);
    }

    function withdrawalRecord(uint24 token, address to, uint112 amount)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(uint24(77), uint8(1), uint8(5), token, to, amount, uint16(0));
    }

    function withPriority(bytes memory region, uint16 count) internal pure returns (Wish memory w) {
        w = quiet();
        w.priority = region;
        w.priorityCount = count;
    }

    function withWithdrawals(bytes memory region, uint16 count)
        internal
        pure
        returns (Wish memory w)
    {
        w = quiet();
        w.withdrawals = region;
        w.withdrawalCount = count;
    }

    /// ETH into account 1 for the caller, so that the contract holds something.
    function depositEth(uint128 amount) internal {
        hawser.deposit{value: amount + hawser.requestFee()}(1, amount, 1, 2, address(this));
    }

    function depositEthRecord(uint8 outcome, uint112 amount) internal view returns (bytes memory) {
        return depositRecord(outcome, 1, 2, 1, amount, address(this));
    }
}
