// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Hawser} from "../../src/Hawser.sol";
import {ChainEntry, Deployment} from "../../src/HawserTypes.sol";
import {ITerminalVerifier} from "../../src/verifier/ITerminalVerifier.sol";
import {ScriptedVerifier} from "./ScriptedVerifier.sol";
import {HawserBase} from "./HawserBase.sol";

contract Version1Verifier {
    bytes32 public constant programId = keccak256("terminal");

    function verify(bytes calldata, bytes calldata) external pure returns (bool) {
        return true;
    }
}

contract DeploymentTest is HawserBase {
    function test_ids_are_those_of_the_protocol_text() public view {
        same(hawser.chainsDigest(), chains, "chains digest");
        same(hawser.programsDigest(), programs, "programs digest");
        same(hawser.deploymentId(), deployment, "deployment id");
        Hawser.BatchView memory genesis = hawser.batches(0);
        same(genesis.finalRoot, world.finalRoot, "final root 0");
        same(genesis.digest, world.digest, "D_0");
        same(genesis.state, 4, "nothing is to be done for batch 0");
        same(hawser.statementVersion(), 4, "statements of version 4");
    }

    function test_two_contracts_of_one_deployment_have_the_same_id() public {
        uint64 nonce = vm.getNonce(address(this));
        Deployment memory d = config();
        d.chains[0].hawser = vm.computeCreateAddress(address(this), nonce);
        d.chains[1].hawser = vm.computeCreateAddress(address(this), nonce + 1);
        Hawser onA = deploy(d);
        vm.chainId(CHAIN_B);
        Hawser onB = deploy(d);
        same(onA.deploymentId(), onB.deploymentId(), "deployment id");
        same(onA.batches(0).digest, onB.batches(0).digest, "D_0");
        isTrue(onA.deploymentId() != hawser.deploymentId(), "addresses are part of the id");
    }

    function refused(Deployment memory d, string memory what) private {
        vm.expectRevert(abi.encodeWithSelector(BadDeployment.selector, what));
        deploy(d);
    }

    function test_a_list_of_chains_that_is_not_ascending_is_refused() public {
        Deployment memory d = config();
        (d.chains[0], d.chains[1]) = (d.chains[1], d.chains[0]);
        refused(d, "chain order");
        d = config();
        d.chains[1].chainId = CHAIN_A;
        refused(d, "chain order");
        d = config();
        d.chains[1].index = 0;
        refused(d, "chain index");
        d = config();
        d.chains[1].index = 0xFFFF;
        refused(d, "chain index");
    }

    function test_a_deployment_for_other_chains_or_addresses_is_refused() public {
        vm.chainId(5);
        refused(config(), "this chain is not listed");
        vm.chainId(CHAIN_A);
        Deployment memory d = config();
        d.chains[0].hawser = address(0xdead);
        refused(d, "address of this contract");
        d = config();
        d.chains = new ChainEntry[](0);
        refused(d, "chains");
    }

    /// The batch program reads 16 chains: a batch of a longer list could never be proven.
    function test_a_deployment_on_more_than_sixteen_chains_is_refused() public {
        Deployment memory d = config();
        ChainEntry[] memory own = d.chains;
        d.chains = new ChainEntry[](17);
        (d.chains[0], d.chains[1]) = (own[0], own[1]);
        for (uint16 i = 2; i < 17; i++) d.chains[i] = ChainEntry(i, 32000 + i, OTHER, FINALITY);
        refused(d, "chains");
        ChainEntry[] memory most = new ChainEntry[](16);
        for (uint256 i = 0; i < 16; i++) most[i] = d.chains[i];
        d.chains = most;
        most[0].hawser = nextAddress();
        deploy(d);
    }

    function test_verifiers_of_other_programs_are_refused() public {
        Deployment memory d = config();
        d.verifier = new ScriptedVerifier(keccak256("leaf"), KEY_SET);
        d.chains[0].hawser = nextAddress();
        refused(d, "terminal key id");
        d = config();
        d.terminalKeyId = keccak256("leaf");
        refused(d, "terminal key id");
        d = config();
        d.terminalKeyId = terminal.programId(); // it says nothing of the key
        refused(d, "terminal key id");
        d = config();
        d.verifier = ITerminalVerifier(address(0x1234));
        vm.expectRevert();
        deploy(d);
    }

    /// A verifier of version 1 has no set of keys: it cannot stand behind proveBatches.
    function test_a_verifier_of_version_1_is_refused() public {
        Version1Verifier old = new Version1Verifier();
        Deployment memory d = config();
        d.verifier = ITerminalVerifier(address(old));
        vm.expectRevert();
        deploy(d);
    }

    function test_an_oracle_set_whose_quorums_can_miss_each_other_is_refused() public {
        Deployment memory d = config();
        d.threshold = 2;
        refused(d, "threshold");
        d = config();
        d.threshold = 5;
        refused(d, "threshold");
        d = config();
        d.threshold = 0;
        refused(d, "threshold");
        d = config();
        d.oracles[1] = d.oracles[0];
        refused(d, "oracle order");
        d = config();
        d.oracles[0] = address(0);
        refused(d, "oracle order");
        d = config();
        d.oracles = new address[](0);
        refused(d, "oracles");
    }

    function test_an_operator_is_needed() public {
        Deployment memory d = config();
        d.operator = address(0);
        refused(d, "operator");
    }

    function test_only_the_operator_hands_over_and_epochs_ascend() public {
        vm.expectRevert(abi.encodeWithSelector(NotOperator.selector, address(this)));
        hawser.handOver(address(1), 1);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(WrongEpoch.selector, 0, 0));
        hawser.handOver(address(1), 0);
        vm.prank(operator);
        vm.expectRevert(OwnerInvalid.selector);
        hawser.handOver(address(0), 1);
        vm.prank(operator);
        hawser.handOver(address(0x77), 5);
        same(hawser.epoch(), 5, "epoch");
        Made memory m = make(quiet());
        vm.prank(operator, operator);
        vm.expectRevert(abi.encodeWithSelector(NotOperator.selector, operator));
        hawser.commitBatch(m.s, one(m.segment), 5);
        vm.prank(address(0x77), address(0x77));
        vm.expectRevert(abi.encodeWithSelector(WrongEpoch.selector, 0, 5));
        hawser.commitBatch(m.s, one(m.segment), 0);
        vm.prank(address(0x77), address(0x77));
        hawser.commitBatch(m.s, one(m.segment), 5);
    }
}
