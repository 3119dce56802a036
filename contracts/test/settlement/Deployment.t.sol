// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Hawser} from "../../src/Hawser.sol";
import {ChainEntry, Deployment} from "../../src/HawserTypes.sol";
import {IProofVerifier} from "../../src/verifier/IProofVerifier.sol";
import {ScriptedVerifier} from "./ScriptedVerifier.sol";
import {HawserBase} from "./HawserBase.sol";

contract DeploymentTest is HawserBase {
    function test_ids_are_those_of_the_protocol_text() public view {
        same(hawser.chainsDigest(), chains, "chains digest");
        same(hawser.programsDigest(), programs, "programs digest");
        same(hawser.deploymentId(), deployment, "deployment id");
        Hawser.BatchView memory genesis = hawser.batches(0);
        same(genesis.finalRoot, world.finalRoot, "final root 0");
        same(genesis.digest, world.digest, "D_0");
        same(genesis.root, GENESIS, "root 0");
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

    function test_verifiers_of_other_programs_are_refused() public {
        Deployment memory d = config();
        (d.leafVerifier, d.pairingVerifier) = (d.pairingVerifier, d.leafVerifier);
        refused(d, "leaf program id");
        d = config();
        d.pairingVerifier = leaf;
        refused(d, "pairing program id");
        d = config();
        d.programIds = new bytes32[](1);
        refused(d, "programs");
        d = config();
        d.leafVerifier = IProofVerifier(address(0x1234));
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
        hawser.commitBatch(m.s, m.segment, 5);
        vm.prank(address(0x77), address(0x77));
        vm.expectRevert(abi.encodeWithSelector(WrongEpoch.selector, 0, 5));
        hawser.commitBatch(m.s, m.segment, 0);
        vm.prank(address(0x77), address(0x77));
        hawser.commitBatch(m.s, m.segment, 5);
    }
}
