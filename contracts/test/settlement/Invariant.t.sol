// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Hawser} from "../../src/Hawser.sol";
import {RevertingToken} from "../tokens/OddTokens.sol";
import {RefusingReceiver} from "../tokens/Receivers.sol";
import {HawserBase} from "./HawserBase.sol";
import {InvariantBase} from "./TestBase.sol";

/// @dev Does random things with a deployment and keeps its own books: what came in, what went out,
///      what is owed. An honest sequencer is played: it withdraws only what L2 could have.
contract Actor is HawserBase {
    struct Queued {
        uint8 kind; // 1 deposit, 4 exit
        uint32 token;
        uint112 amount;
        address payer;
        address owner;
    }

    RevertingToken public token;
    RefusingReceiver public refusing;
    uint32 public tokenId;
    Queued[] private queue;
    uint256 private firstOpen;
    uint256 private firstUncommitted;
    mapping(uint64 => bytes) private madeOf; // abi.encode(Made)
    mapping(uint64 => uint256) private requestsOf;
    mapping(uint64 => World) private worldAfter;

    // the books
    mapping(uint32 => uint256) public deposited; // all that came in
    mapping(uint32 => uint256) public paidOut; // all that receivers got
    mapping(uint32 => uint256) public onL2; // what an honest sequencer may still pay out
    mapping(uint64 => mapping(uint32 => uint256)) private outOf;
    mapping(uint64 => mapping(uint32 => uint256)) private inOf;
    uint256 public feesIn;
    uint256 public feesOut;
    address payable[] public receivers;
    uint256 public executed;
    uint256 public reverted;

    constructor() {
        setUp();
        token = new RevertingToken();
        refusing = new RefusingReceiver();
        vm.prank(registrar);
        tokenId = hawser.registerToken(address(token));
        token.mint(address(this), type(uint112).max);
        token.approve(address(hawser), type(uint256).max);
        vm.deal(address(this), 1e24);
        receivers.push(payable(address(0xA1)));
        receivers.push(payable(address(0xA2)));
        receivers.push(payable(address(refusing)));
        worldAfter[0] = world;
    }

    function theHawser() external view returns (Hawser) {
        return hawser;
    }

    function receiverCount() external view returns (uint256) {
        return receivers.length;
    }

    function anyToken(uint256 seed) private view returns (uint32) {
        return seed % 2 == 0 ? 1 : tokenId;
    }

    // ---- actions ----

    function makeDeposit(uint256 seed, uint96 amount) external {
        uint32 id = anyToken(seed);
        uint112 value = uint112(bound(amount, 1, 1e20));
        address payer = receivers[seed / 2 % 2];
        uint256 fee = hawser.requestFee();
        if (id == 1) {
            vm.deal(payer, payer.balance + value + fee);
        } else {
            vm.deal(payer, payer.balance + fee);
            token.mint(payer, value);
            vm.prank(payer);
            token.approve(address(hawser), value);
        }
        vm.prank(payer);
        hawser.deposit{value: fee + (id == 1 ? value : 0)}(id, value, 1, 2, address(0xF00D));
        queue.push(Queued(1, id, value, payer, address(0xF00D)));
        deposited[id] += value;
        feesIn += fee;
    }

    function makeExit(uint256 seed) external {
        address owner = receivers[seed % receivers.length];
        uint256 fee = hawser.requestFee();
        vm.deal(address(this), address(this).balance + fee);
        vm.deal(owner, owner.balance + fee);
        vm.prank(owner);
        hawser.requestExit{value: fee}(1, 2);
        queue.push(Queued(4, 0, 0, owner, owner));
        feesIn += fee;
    }

    /// Serves some open requests (deposits now and then refused) and some withdrawals.
    function makeBatch(uint256 seed, uint8 count) external {
        Wish memory w = quiet();
        uint64 k = world.k + 1;
        uint256 n = queue.length - firstUncommitted;
        if (n > count % 5) n = count % 5;
        for (uint256 i = 0; i < n; i++) {
            Queued memory q = queue[firstUncommitted + i];
            seed = uint256(keccak256(abi.encode(seed)));
            w.priority = bytes.concat(w.priority, serve(q, seed, k));
        }
        w.priorityCount = uint16(n);
        for (uint256 i = 0; i < seed % 4; i++) {
            uint32 id = anyToken(seed >> (8 + i));
            uint256 amount = onL2[id] == 0 ? 0 : bound(seed >> (16 * i), 0, onL2[id]);
            if (amount == 0) continue;
            onL2[id] -= amount;
            outOf[k][id] += amount;
            address to = receivers[(seed >> (40 + i)) % receivers.length];
            w.withdrawals =
                bytes.concat(w.withdrawals, withdrawalRecord(uint24(id), to, uint112(amount)));
            w.withdrawalCount++;
        }
        Made memory m = make(w);
        commit(m);
        firstUncommitted += n;
        requestsOf[k] = n;
        madeOf[k] = abi.encode(m);
        worldAfter[k] = world;
    }

    function serve(Queued memory q, uint256 seed, uint64 k) private returns (bytes memory) {
        if (q.kind == 1) {
            uint8 outcome = seed % 5 == 0 ? 2 : 0;
            if (outcome == 0) {
                onL2[q.token] += q.amount;
                inOf[k][q.token] += q.amount;
            }
            return depositRecord(outcome, 1, 2, uint24(q.token), q.amount, q.owner);
        }
        uint32 id = anyToken(seed);
        uint256 amount = onL2[id] == 0 ? 0 : bound(seed, 0, onL2[id]);
        if (amount == 0) return exitRecord(0, 1, 2, q.owner, 0, 0);
        onL2[id] -= amount;
        outOf[k][id] += amount;
        return exitRecord(0, 1, 2, q.owner, uint24(id), uint112(amount));
    }

    function revertSome(uint256 seed) external {
        uint64 proven = hawser.provenK();
        uint64 committed = hawser.committedK();
        if (committed == proven) return;
        uint64 from = uint64(bound(seed, proven + 1, committed));
        vm.prank(operator);
        hawser.revertBatches(from);
        for (uint64 k = committed; k >= from; k--) {
            firstUncommitted -= requestsOf[k];
            for (uint256 i = 0; i < 2; i++) {
                uint32 id = anyToken(i);
                onL2[id] = onL2[id] + outOf[k][id] - inOf[k][id];
                outOf[k][id] = 0;
                inOf[k][id] = 0;
            }
            reverted++;
        }
        world = worldAfter[from - 1];
    }

    function proveNext() external {
        uint64 k = hawser.provenK() + 1;
        if (k > hawser.committedK()) return;
        prove(abi.decode(madeOf[k], (Made)));
    }

    function agreeOnSome(uint256 seed) external {
        uint64 low = hawser.agreedK() + 1;
        uint64 high = hawser.provenK();
        if (low > high) return;
        uint64 k = uint64(bound(seed, low, high));
        agree(k, hawser.batches(k).digest);
    }

    function executeNext(uint256 seed) external {
        uint64 k = hawser.executedK() + 1;
        if (k > hawser.agreedK()) return;
        vm.warp(block.timestamp + DELAY);
        Made memory m = abi.decode(madeOf[k], (Made));
        address executor = receivers[seed % receivers.length];
        uint256[2] memory before = [sumOfReceivers(1), sumOfReceivers(tokenId)];
        uint256 fees = 0;
        for (uint256 i = 0; i < requestsOf[k]; i++) {
            fees += hawser.requests(uint64(firstOpen + i)).fee;
        }
        vm.prank(executor);
        hawser.executeBatch(k, m.regions);
        firstOpen += requestsOf[k];
        // The fees went to the executor, or became pending for it and so are held.
        bool tookFees = executor != address(refusing) || refusing.isOpen();
        if (!tookFees) deposited[1] += fees;
        feesOut += fees;
        paidOut[1] += sumOfReceivers(1) - before[0] - (tookFees ? fees : 0);
        paidOut[tokenId] += sumOfReceivers(tokenId) - before[1];
        executed++;
    }

    function withdraw(uint256 seed) external {
        uint32 id = anyToken(seed);
        address to = receivers[seed / 2 % receivers.length];
        uint256 amount = hawser.pending(id, to);
        if (amount == 0) return;
        try hawser.withdrawPending(id, to) {
            paidOut[id] += amount;
        } catch {}
    }

    function toggle(uint256 seed) external {
        if (seed % 2 == 0) token.setBroken(!token.isBroken());
        else refusing.setOpen(!refusing.isOpen());
    }

    /// Money that nobody asked for does not disturb the books.
    function donate(uint256 seed, uint96 amount) external {
        if (seed % 2 == 0) token.mint(address(hawser), amount);
        else vm.deal(address(hawser), address(hawser).balance + amount);
        if (seed % 2 == 1) donatedEth += amount;
        else donatedToken += amount;
    }

    uint256 public donatedEth;
    uint256 public donatedToken;

    function sumOfReceivers(uint32 id) public view returns (uint256 sum) {
        for (uint256 i = 0; i < receivers.length; i++) {
            sum += id == 1 ? receivers[i].balance : token.balanceOf(receivers[i]);
        }
    }

    function sumOfPending(uint32 id) public view returns (uint256 sum) {
        for (uint256 i = 0; i < receivers.length; i++) sum += hawser.pending(id, receivers[i]);
    }

    function openFees() external view returns (uint256 sum) {
        for (uint256 i = firstOpen; i < queue.length; i++) {
            sum += hawser.requests(uint64(i)).fee;
        }
    }
}

contract InvariantTest is InvariantBase {
    Actor private actor;
    Hawser private hawser;
    uint32 private tokenId;

    function setUp() public {
        actor = new Actor();
        hawser = actor.theHawser();
        tokenId = actor.tokenId();
        target(address(actor));
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function targetSelectors() external view returns (FuzzSelector[] memory list) {
        list = new FuzzSelector[](1);
        bytes4[] memory s = new bytes4[](10);
        s[0] = actor.makeDeposit.selector;
        s[1] = actor.makeExit.selector;
        s[2] = actor.makeBatch.selector;
        s[3] = actor.revertSome.selector;
        s[4] = actor.proveNext.selector;
        s[5] = actor.agreeOnSome.selector;
        s[6] = actor.executeNext.selector;
        s[7] = actor.withdraw.selector;
        s[8] = actor.toggle.selector;
        s[9] = actor.donate.selector;
        list[0] = FuzzSelector(address(actor), s);
    }

    /// The random walk does reach what the invariants are about.
    function test_the_walk_reaches_executions_reverts_and_pending_balances() public {
        uint256 seed = 1;
        uint256 pending = 0;
        for (uint256 i = 0; i < 600; i++) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 x = seed >> 16;
            if (seed % 12 == 0) actor.makeDeposit(x, uint96(seed >> 128));
            else if (seed % 12 == 1) actor.makeExit(x);
            else if (seed % 12 < 5) actor.makeBatch(x, uint8(seed >> 8));
            else if (seed % 12 == 5) actor.revertSome(x);
            else if (seed % 12 < 8) actor.proveNext();
            else if (seed % 12 == 8) actor.agreeOnSome(x);
            else if (seed % 12 == 9) actor.executeNext(x);
            else if (seed % 12 == 10) actor.toggle(x);
            else if (x % 8 == 0) actor.withdraw(x);
            pending += actor.sumOfPending(tokenId);
        }
        isTrue(actor.executed() > 20, "executions");
        isTrue(actor.reverted() > 5, "reverts");
        isTrue(actor.paidOut(1) > 0 && actor.paidOut(tokenId) > 0, "payments");
        isTrue(pending > 0, "pending balances");
        isTrue(actor.feesOut() > 0, "fees");
        invariant_held_is_deposits_minus_payments();
        invariant_balances_cover_what_is_held();
    }

    /// REQ-L1-7: what is held is what came in less what was paid, exactly.
    function invariant_held_is_deposits_minus_payments() public view {
        for (uint256 i = 0; i < 2; i++) {
            uint32 id = i == 0 ? 1 : tokenId;
            same(hawser.held(id) + actor.paidOut(id), actor.deposited(id), "held + paid");
        }
    }

    /// The contract has every token it says it holds, donations and request fees on top.
    function invariant_balances_cover_what_is_held() public view {
        same(
            address(hawser).balance,
            hawser.held(1) + actor.openFees() + actor.donatedEth(),
            "ETH"
        );
        same(
            actor.token().balanceOf(address(hawser)),
            hawser.held(tokenId) + actor.donatedToken(),
            "token"
        );
    }

    function invariant_pending_balances_are_held() public view {
        isTrue(actor.sumOfPending(1) <= hawser.held(1), "ETH");
        isTrue(actor.sumOfPending(tokenId) <= hawser.held(tokenId), "token");
    }

    function invariant_the_stages_are_nested() public view {
        isTrue(hawser.executedK() <= hawser.agreedK(), "executed <= agreed");
        isTrue(hawser.agreedK() <= hawser.provenK(), "agreed <= proven");
        isTrue(hawser.provenK() <= hawser.committedK(), "proven <= committed");
        isTrue(hawser.firstOpenRequest() <= hawser.committedRequests(), "open <= committed");
        isTrue(hawser.committedRequests() <= hawser.totalRequests(), "committed <= total");
    }
}
