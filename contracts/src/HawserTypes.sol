// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITerminalVerifier} from "./verifier/ITerminalVerifier.sol";

/// @dev Structures, errors, events and constants of docs/protocol/settlement.md. No code.

/// One chain of the deployment (REQ-DEP-1).
struct ChainEntry {
    uint16 index;
    uint64 chainId;
    address hawser;
    uint32 finality;
}

/// Everything a contract is born with; nothing of it can change later but the operator.
struct Deployment {
    ChainEntry[] chains; // ascending chain ids
    bytes32 genesisRoot; // 8 x u32
    bytes32 terminalKeyId;
    ITerminalVerifier verifier;
    uint16 threshold; // m
    address[] oracles; // ascending
    bytes32 salt;
    address operator;
    address registrar; // may register tokens, nothing else
    uint64 executionDelay; // seconds between agreed and executed
    uint96 baseFee; // wei of a priority request while fewer than 1,000 are open
}

/// Enough to recompute stmt_k (REQ-STMT-2).
struct Statement {
    uint64 k;
    uint64 time;
    bytes32 prevFinalRoot;
    bytes32 finalRoot;
    uint64[] participants; // chain ids, ascending
    bytes32[] pubdataHashes; // one per participant
}

/// A stored batch. Slots: stmt | finalRoot | digest | regionsHash | the rest.
struct Batch {
    bytes32 stmt;
    bytes32 finalRoot;
    bytes32 digest; // D_k
    bytes32 regionsHash; // keccak256(all priority regions | all withdrawal regions)
    uint32 time; // T_k
    uint40 committedAt;
    uint40 provenAt;
    uint40 executedAt;
    uint16 priorityCount;
    uint16 withdrawalCount;
    uint32 priorityBytes;
}

/// A priority request that is not executed yet.
struct Request {
    bytes32 hash; // SHA-256 of the record with outcome 0 (and, for EXIT, zero results)
    address payer;
    uint96 fee;
    uint128 amount; // deposits: what was credited
    uint32 token;
    uint64 expiresAt;
}

/// A segment whose bytes behind the head lie in the transaction's blob (docs/protocol/blobs.md).
struct BlobSegment {
    bytes32 hash; // SHA-256 of the whole segment
    uint32 length; // of the whole segment
    bytes head;
}

/// The counters that move with batches.
struct Progress {
    uint64 committedK;
    uint64 provenK;
    uint64 agreedK;
    uint64 executedK;
    uint64 firstOpenRequest;
    uint64 committedRequests;
    uint64 totalRequests;
}

interface HawserErrors {
    // who and when
    error NotOperator(address caller);
    error NotRegistrar(address caller);
    error NotTopLevelCall();
    error WrongEpoch(uint64 given, uint64 current);
    error Reentered();
    // deployment
    error BadDeployment(string what);
    // requests
    error TokenUnknown(uint32 token);
    error TokenHasNoCode(address token);
    error TokenRegisteredAlready(address token, uint32 id);
    error TokensFull();
    error AmountOutOfRange(uint256 amount);
    error TokenCapReached(uint32 token);
    error AccountInvalid(uint32 account);
    error SlotNotAllowed(uint8 slot);
    error OwnerInvalid();
    error KeyInvalid();
    error KeyNonceWrong(uint64 given, uint64 expected);
    error FeeTooLow(uint256 given, uint256 needed);
    error QueueFull();
    // commit
    error WrongBatch(uint64 given, uint64 expected);
    error WrongPreviousRoot(bytes32 given, bytes32 expected);
    error TimeWentBack(uint64 given, uint64 previous);
    error TimeOutsideWindow(uint64 given, uint64 blockTime);
    error BadParticipants();
    error UnexpectedSegment();
    error BadSegmentCount(uint256 given);
    error BadHeader(uint256 segment);
    error SegmentTooShort(uint256 segment);
    error TooMuchToExecute(uint256 cost, uint256 most);
    error NotOneBlob();
    error NothingInBlob();
    error BadHead(uint256 segment);
    error TooManyBytes(uint256 given, uint256 most);
    error BadOpening();
    error OpeningRefused();
    error PubdataMismatch(bytes32 computed, bytes32 stated);
    error PriorityQueueMismatch(uint64 index);
    error OutcomeNotAllowed(uint64 index, uint8 record);
    error PriorityRegionLength();
    error TooManyPriorityRecords(uint256 given, uint256 available);
    // revert, prove, agree, execute
    error NotRevertible(uint64 fromK);
    error NothingToProve(uint64 toK, uint64 provenK);
    error RangeTooLong(uint64 batches, uint64 most);
    error ProofRefused();
    error UnknownOracleSet(uint32 set);
    error NotProven(uint64 k);
    error AgreedAlready(uint64 k);
    error DigestMismatch(bytes32 given, bytes32 expected);
    error BadSignatures();
    error TooFewSignatures(uint256 given, uint256 needed);
    error NotAgreed(uint64 k);
    error TooEarly(uint256 notBefore);
    error RegionsMismatch();
    error GasTooLow();
    // payments
    error NothingPending();
    error PaymentFailed();
}

interface HawserEvents {
    event PriorityRequest(
        uint64 indexed index, uint8 kind, bytes request, address payer, uint64 expiresAt
    );
    event TokenRegistered(uint32 id, address token);
    event BatchCommitted(uint64 indexed k, bytes32 stmt, bytes32 finalRoot, bytes32 digest);
    event BatchReverted(uint64 indexed k);
    event BatchProven(uint64 indexed k, bytes32 finalRoot);
    event BatchAgreed(uint64 indexed k, bytes32 digest);
    event BatchExecuted(uint64 indexed k, bytes32 finalRoot);
    event Paid(uint64 indexed k, uint32 token, address to, uint128 amount);
    event PaymentPending(uint64 indexed k, uint32 token, address to, uint128 amount);
    event Refunded(uint64 index, uint32 token, address payer, uint128 amount);
    event OperatorChanged(address operator, uint64 epoch);
}
