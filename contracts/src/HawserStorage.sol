// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Batch, ChainEntry, Deployment, HawserErrors, HawserEvents, Progress, Request} from "./HawserTypes.sol";
import {ITerminalVerifier} from "./verifier/ITerminalVerifier.sol";
import {Statements} from "./Statements.sol";

/// @dev What is stored, the constructor and the modifiers; every other part inherits from here.
abstract contract HawserStorage is HawserErrors, HawserEvents {
    uint256 internal constant AMOUNT_MAX = (1 << 112) - 1;
    uint256 internal constant CHAINS_MAX = 16; // of the batch program
    uint256 internal constant ORACLES_MAX = 64;
    uint256 internal constant FIELD_P = 2130706433; // 2^31 - 2^24 + 1
    /// The set of oracles of the deployment id. Later sets get the numbers after it.
    uint32 public constant ORACLE_SET = 0;

    bytes32 public immutable deploymentId;
    bytes32 public immutable chainsDigest;
    bytes32 public immutable programsDigest;
    bytes32 internal immutable domainSeparator; // EIP-712, without chain id or contract (F6)
    ITerminalVerifier public immutable verifier;
    bytes32 internal immutable keySet; // K of recursion.md section 4, as the verifier's own key has it
    address public immutable registrar;
    uint64 public immutable executionDelay;
    uint96 public immutable baseFee;
    uint16 public immutable threshold;
    uint16 internal immutable ownIndex; // u16 index of this chain
    uint16 internal immutable ownPlace; // its place in the list of chains

    address public operator;
    uint64 public epoch;
    bool private transient entered;
    Progress internal progress;

    uint64[] internal chainIds; // ascending
    uint16[] internal chainIndexes;
    mapping(address => bool) public isOracle;

    mapping(uint64 => Batch) internal batchOf;
    mapping(uint64 => Request) internal requestOf;
    mapping(address => uint64) public keyNonce;
    mapping(uint32 => address) internal tokenOf;
    mapping(address => uint32) public tokenIds;
    uint32 public tokenCount; // highest id given
    mapping(uint32 => uint256) public held;
    mapping(uint32 => mapping(address => uint256)) public pending;

    /// Agreements in the order they came: all batches up to k are agreed since `time`.
    struct AgreementMark {
        uint64 k;
        uint64 time;
    }

    AgreementMark[] internal agreements;
    uint256 internal agreementOfNext; // first mark that can cover batch executedK + 1

    constructor(Deployment memory d) {
        if (d.chains.length == 0 || d.chains.length > CHAINS_MAX) revert BadDeployment("chains");
        uint256 own = type(uint256).max;
        for (uint256 i = 0; i < d.chains.length; i++) {
            ChainEntry memory c = d.chains[i];
            if (i > 0 && c.chainId <= d.chains[i - 1].chainId) revert BadDeployment("chain order");
            for (uint256 j = 0; j < i; j++) {
                if (d.chains[j].index == c.index) revert BadDeployment("chain index");
            }
            // 0xFFFF stands for "no chain".
            if (c.index == type(uint16).max) revert BadDeployment("chain index");
            chainIds.push(c.chainId);
            chainIndexes.push(c.index);
            if (c.chainId == block.chainid) own = i;
        }
        if (own == type(uint256).max) revert BadDeployment("this chain is not listed");
        if (d.chains[own].hawser != address(this)) revert BadDeployment("address of this contract");
        ownIndex = d.chains[own].index;
        ownPlace = uint16(own);

        if (d.verifier.keyId() != d.terminalKeyId) revert BadDeployment("terminal key id");
        verifier = d.verifier;
        keySet = d.verifier.keySet();

        uint256 n = d.oracles.length;
        if (n == 0 || n > ORACLES_MAX) revert BadDeployment("oracles");
        // Two quorums share more members than may be corrupt: n = 3f + 1, m = 2f + 1.
        if (d.threshold > n || 3 * uint256(d.threshold) <= 2 * n) revert BadDeployment("threshold");
        for (uint256 i = 0; i < n; i++) {
            if (d.oracles[i] <= (i == 0 ? address(0) : d.oracles[i - 1])) {
                revert BadDeployment("oracle order");
            }
            isOracle[d.oracles[i]] = true;
        }
        threshold = d.threshold;

        if (d.operator == address(0)) revert BadDeployment("operator");
        operator = d.operator;
        registrar = d.registrar;
        executionDelay = d.executionDelay;
        baseFee = d.baseFee;
        tokenCount = 1;

        bytes32 chains = Statements.chainsDigest(d.chains);
        bytes32 programs = Statements.programsDigest(d.terminalKeyId);
        bytes32 id = Statements.deploymentId(
            chains, programs, d.genesisRoot, d.threshold, d.oracles, d.salt
        );
        chainsDigest = chains;
        programsDigest = programs;
        deploymentId = id;
        domainSeparator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,bytes32 salt)"),
                keccak256("Hawser"),
                keccak256("1"),
                id
            )
        );

        bytes32[] memory roots = new bytes32[](d.chains.length);
        for (uint256 i = 0; i < roots.length; i++) roots[i] = d.genesisRoot;
        Batch storage genesis = batchOf[0];
        genesis.finalRoot = Statements.finalRoot(0, chainIds, roots);
        genesis.digest = Statements.firstDigest(id, genesis.finalRoot);
        emit OperatorChanged(d.operator, 0);
    }

    modifier onlyOperator() {
        if (msg.sender != operator) revert NotOperator(msg.sender);
        _;
    }

    /// One lock for everything that moves money: a token or receiver that calls back is refused.
    modifier nonReentrant() {
        if (entered) revert Reentered();
        entered = true;
        _;
        entered = false;
    }
}
