#!/usr/bin/env python3
"""Mutants of core/: each is one wrong operator, constant, rounding, order or missing check of the
operator's executor. The auditor shares no code with it and must notice every one.

  mutants.py BUILD_DIRECTORY [--all | --only NAME]

One file is compiled with the change and linked in front of the library, with the commands that the
build itself uses; then mutant_driver plays random traffic. Prints `N passed, N failed`.
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile

SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
DRIVER = "audit_mutant_driver"
CAUGHT = 10

R, P, H, A = "rules/rules.c", "rules/rules_pair.c", "rules/halves.c", "rules/access.c"
Q, C, K, M = "rules/priority.c", "op/codec.c", "op/packed.c", "op/amount.c"
# name, file in core/, exact text, replacement; the first FAST run in every test
FAST = 18
MUTANTS = [
    ("debit_adds", A, "if (amount_sub(&have, have, amount) != ERR_OK) return RULE_BALANCE;",
     "if (amount_add(&have, have, amount) != ERR_OK) return RULE_BALANCE;"),
    ("credit_one_more", A, "if (amount_add(&have, have, amount) != ERR_OK) return RULE_OVERFLOW;",
     "if (amount_add(&have, have, amount) != ERR_OK || amount_add(&have, have, amount_from_u64(1)) != ERR_OK) return RULE_OVERFLOW;"),
    ("fee_not_credited", A,
     "return balance_credit(c, c->fee_account, c->fee_slots[i].slot, token, value, false);",
     "return RULE_OK;"),
    ("foreign_slot_allowed", A, "if (slot >= SLOT_OWN_ONLY && !own) return RULE_SLOT_FOREIGN;", ";"),
    ("leaf_reused", A, "if (auth->leaf < auth->next) return RULE_LEAF_USED;",
     "if (auth->leaf < auth->next) auth->next = auth->leaf;"),
    ("leaf_counter_stands", A, "keys.e[1 + auth->lane] = auth->leaf + 1;",
     "keys.e[1 + auth->lane] = auth->leaf;"),
    ("deadline_ignored", A, "if (auth->deadline < c->time) return RULE_DEADLINE;", ";"),
    ("recipient_owner_ignored", R,
     "if (!owner_equal(&to.owner, &op->to_owner)) return RULE_RECIPIENT_OWNER;", ";"),
    ("transfer_fee_skipped", R,
     "return fee_take(c, op->auth.account, op->slot_from, op->token, op->fee);", "return RULE_OK;"),
    ("add_rounds_down", H,
     "RULE_TRY(of_err(amount_mul_div_ceil(moved, shares, *reserve, *supply)));",
     "RULE_TRY(of_err(amount_mul_div_floor(moved, NULL, shares, *reserve, *supply)));"),
    ("remove_rounds_up", H,
     "RULE_TRY(of_err(amount_mul_div_floor(moved, NULL, shares, *reserve, *supply)));",
     "RULE_TRY(of_err(amount_mul_div_ceil(moved, shares, *reserve, *supply)));"),
    ("swap_pays_one_more", P, "*out = amm->a1;\n",
     "*out = amm->a1; if (amount_add(out, *out, amount_from_u64(1)) != ERR_OK) return RULE_OVERFLOW;\n"),
    ("swap_minimum_ignored", P, "return amount_cmp(*out, minimum) < 0 ? RULE_MINIMUM : RULE_OK;",
     "return RULE_OK;"),
    ("key_changes_stand", A, "struct cell fresh = {{keys.e[0] + 1}};",
     "struct cell fresh = {{keys.e[0]}};"),
    ("exit_pays_nothing", Q,
     "if (cell_amount(&p->amount, &cell) != ERR_OK) return RULE_STATE;",
     "p->amount = AMOUNT_ZERO;"),
    ("deposit_to_other_owner", Q,
     "if (!owner_equal(&user->owner, &p->owner)) p->outcome = OUTCOME_NOT_OWNER;", ";"),
    ("shares_not_locked", H,
     "RULE_TRY(of_err(amount_sub(&shares, shares, amount_from_u64(SHARES_LOCKED))));", ";"),
    ("slots_swapped_in_transfer", C,
     "p[8] = r->u.transfer.slot_from;\n        p[9] = r->u.transfer.slot_to;",
     "p[9] = r->u.transfer.slot_from;\n        p[8] = r->u.transfer.slot_to;"),
    # --- the rest runs with --long ---
    ("withdraw_debits_nothing", R,
     "RULE_TRY(balance_debit(c, op->auth.account, op->slot, op->token, op->amount));", ""),
    ("withdraw_fee_skipped", R,
     "return fee_take(c, op->auth.account, op->slot, op->token, op->fee);", "return RULE_OK;"),
    ("change_key_fee_skipped", R,
     "return fee_take(c, op->auth.account, op->fee_slot, op->fee_token, op->fee);",
     "return RULE_OK;"),
    ("same_key_allowed", R,
     "if (key_root_equal(&user.root, &op->new_root)) return RULE_KEY_SAME;", ";"),
    ("change_key_keeps_height", R, "user.height = op->new_height;", ""),
    ("transfer_debits_recipient_slot", R,
     "RULE_TRY(balance_debit(c, op->auth.account, op->slot_from, op->token, amount));",
     "RULE_TRY(balance_debit(c, op->to, op->slot_from, op->token, amount));"),
    ("open_keeps_counter", A, "next.e[0] = *id + 1;", "next.e[0] = *id;"),
    ("open_skips_a_number", A, "next.e[0] = *id + 1;", "next.e[0] = *id + 2;"),
    ("zero_cell_keeps_token", A,
     "if (amount_is_zero(have)) memset(&cell, 0, sizeof cell);\n    else cell_of_amount",
     "cell_of_amount"),
    ("last_leaf_allowed", A,
     "if (auth->leaf == per_lane - 1 && kind != OP_CHANGE_KEY) return RULE_LAST_LEAF;", ";"),
    ("lanes_confused", A, "keys.e[1 + auth->lane] = auth->leaf + 1;",
     "keys.e[4 - auth->lane] = auth->leaf + 1;"),
    ("fee_slot_shifted", A,
     "return balance_credit(c, c->fee_account, c->fee_slots[i].slot, token, value, false);",
     "return balance_credit(c, c->fee_account, (uint8_t)(c->fee_slots[i].slot + 60), token, value, false);"),
    ("foreign_token_overwritten", A,
     "if (cell.e[0] != token) return RULE_SLOT_TOKEN;\n        if (cell_amount(&have, &cell)",
     "if (cell_amount(&have, &cell)"),
    ("swap_recipient_owner_ignored", P,
     "if (!owner_equal(&recipient.owner, &order->to_owner)) return RULE_RECIPIENT_OWNER;", ";"),
    ("swap_reserves_exchanged", P,
     "amm_swap(&amm, amount, in->pool.fee_bps, in->reserve, r1)",
     "amm_swap(&amm, amount, in->pool.fee_bps, r1, in->reserve)"),
    ("swap_without_pool_fee", P, "amm_swap(&amm, amount, in->pool.fee_bps, in->reserve, r1)",
     "amm_swap(&amm, amount, 0, in->reserve, r1)"),
    ("swap_own_slot_for_anyone", P,
     "owner_equal(&signer.owner, &recipient.owner), &out->reserve);", "true, &out->reserve);"),
    ("swap_token_out_ignored", P,
     "if (in->pool.own_token != order->token_in || in->pool.other_token != order->token_out)",
     "if (in->pool.own_token != order->token_in)"),
    ("add_limit_ignored", H, "if (amount_cmp(*moved, h->limit) > 0) return RULE_LIMIT;", ";"),
    ("remove_limit_ignored", H, "if (amount_cmp(*moved, h->limit) < 0) return RULE_LIMIT;", ";"),
    ("remove_burns_nothing", H,
     "if (amount_sub(&supply_after, *supply, shares) != ERR_OK) return RULE_STATE;",
     "supply_after = *supply;"),
    ("first_shares_too_few", H,
     "if (amount_cmp(shares, amount_from_u64(SHARES_FIRST_MIN)) < 0) return RULE_SHARES_MIN;",
     "if (amount_cmp(shares, amount_from_u64(SHARES_LOCKED)) <= 0) return RULE_SHARES_MIN;"),
    ("create_debits_nothing", H,
     "RULE_TRY(balance_debit(c, h->account, h->slot, h->token, amount));\n    RULE_TRY(pool_amount_set",
     "RULE_TRY(pool_amount_set"),
    ("create_fee_skipped", H, "return fee_take(c, h->account, h->slot, h->token, h->fee);",
     "return RULE_OK;"),
    ("liquidity_fee_skipped", H,
     "return fee_take(c, h->account, h->slot, pool->own_token, h->fee);\n}\n\nenum rule_error half_burn",
     "return RULE_OK;\n}\n\nenum rule_error half_burn"),
    ("window_not_scaled", H, "return window_scale(c, pool_id, pool, *supply, supply_after);",
     "return RULE_OK;"),
    ("deposit_over_another_token", Q,
     "if (cell_is_zero(&cell) || cell.e[0] == p->token) return RULE_OK;\n    p->outcome = OUTCOME_SLOT;",
     "if (!cell_is_zero(&cell) && cell.e[0] == p->token) return RULE_OK;\n    p->outcome = OUTCOME_SLOT;"),
    ("keyed_deposit_keeps_key", Q, "        RULE_TRY(key_replace(c, p->id, &user));\n", ""),
    ("set_key_keeps_height", Q, "user.height = p->height;", ""),
    ("same_key_request_applied", Q,
     "if (key_root_equal(&user.root, &p->root)) {\n        p->outcome = OUTCOME_SAME_KEY;",
     "if (false) {\n        p->outcome = OUTCOME_SAME_KEY;"),
    ("exit_of_shares_pays_other_token", Q, "p->token = pool.own_token;",
     "p->token = pool.other_token;"),
    ("exit_keeps_cell", Q, "RULE_TRY(access_update(c, p->id, p->slot, &zero));",
     "RULE_TRY(access_update(c, p->id, p->slot, &cell));"),
    ("keyed_deposit_wrong_height", Q, "user.height = XMSS_HEIGHT_SMALL;\n        user.root = p->root;\n    }\n    if (preimages",
     "user.height = 18;\n        user.root = p->root;\n    }\n    if (preimages"),
    ("refused_deposit_creates", Q,
     "    if (p->slot < SLOT_BALANCE_MIN) {\n        p->outcome = OUTCOME_SLOT;\n        return RULE_OK;\n    }\n    if (!account_next_peek",
     "    if (p->slot < SLOT_BALANCE_MIN) p->slot = SLOT_BALANCE_MIN;\n    if (!account_next_peek"),
    ("step_one_too_many", C, "uint32_t step = a->leaf - a->next + 1;",
     "uint32_t step = a->leaf - a->next + 2;"),
    ("step_without_lane", C, "return (uint8_t)(a->lane << 6 | a->step);",
     "return (uint8_t)(a->step);"),
    ("withdraw_amount_shifted", C, "amount_to_be(p + 28, r->u.withdraw.amount);",
     "amount_to_be(p + 27, r->u.withdraw.amount);"),
    ("fee_entries_little_endian", C, "put_be24(p + 28 + 4 * i, h->fees[i].token);",
     "p[28 + 4 * i] = (uint8_t)h->fees[i].token;"),
    ("time_one_second_late", C, "put_be32(p + 9, h->time);", "put_be32(p + 9, h->time + 1);"),
    ("create_tokens_exchanged", C, "put_be24(p + 25, r->u.create.other_token);",
     "put_be24(p + 25, r->u.create.token);"),
    ("create_bps_exchanged", C,
     "put_be16(p + 28, r->u.create.fee_bps);\n        put_be16(p + 30, r->u.create.cap_bps);",
     "put_be16(p + 30, r->u.create.fee_bps);\n        put_be16(p + 28, r->u.create.cap_bps);"),
    ("exit_result_not_published", C, "amount_to_be(out + 28, p->amount);",
     "amount_to_be(out + 28, AMOUNT_ZERO);"),
]


def run(words, **more):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)


def command_of(build, target):
    """The last command that makes the target, as ninja would run it."""
    text = run(["ninja", "-C", build, "-t", "commands", target]).stdout
    lines = [l for l in text.splitlines() if " -o " in l]
    line = lines[-1]
    return re.sub(r"^: && | && :$", "", line)


def mutate(name, path, old, new, folder):
    text = open(os.path.join(SOURCE, "core", path)).read()
    if text.count(old) != 1:
        raise SystemExit(f"{name}: its text is there {text.count(old)} times in core/{path}")
    out = os.path.join(folder, name + ".c")
    open(out, "w").write(text.replace(old, new))
    return out


def compile_mutant(build, name, path, source, folder):
    words = shlex.split(command_of(build, f"core/CMakeFiles/hawser_core.dir/{path}.o"))
    out = os.path.join(folder, name + ".o")
    kept = []
    skip = 0
    for i, w in enumerate(words):
        if skip:
            skip -= 1
        elif w in ("-MF", "-MT", "-o", "-c"):
            skip = 1
        elif w not in ("-MD", "-Werror", "-O2", "-O3"):
            kept.append(w)
    done = run(kept + ["-O1", "-w", "-c", source, "-o", out], cwd=build)
    if done.returncode != 0:
        raise SystemExit(f"{name}: does not compile\n{done.stdout}")
    return out


def link(build, link_words, name, obj, folder):
    out = os.path.join(folder, name)
    words = list(link_words)
    words[words.index("-o") + 1] = out
    words.insert(words.index("-o"), obj)
    done = run(words, cwd=build)
    if done.returncode != 0:
        raise SystemExit(f"{name}: does not link\n{done.stdout}")
    return out


def verdict(program):
    try:
        done = run([program], timeout=110)
    except subprocess.TimeoutExpired:
        return False, "ran too long"
    said = (done.stdout.strip().splitlines() or [""])[-1]
    if done.returncode == CAUGHT:
        return True, said
    return False, f"exit status {done.returncode}: {said}"


def main():
    build = os.path.abspath(sys.argv[1])
    options = sys.argv[2:]
    chosen = MUTANTS if "--all" in options else MUTANTS[:FAST]
    if "--only" in options:
        chosen = [m for m in MUTANTS if m[0] == options[options.index("--only") + 1]]
    link_words = shlex.split(command_of(build, f"tests/{DRIVER}"))
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="hawser-audit-mutants-") as folder:
        ok, said = verdict(os.path.join(build, "tests", DRIVER))
        if ok or "nothing noticed" not in said:
            print(f"FAILED unchanged core: {said}")
            failed += 1
        for name, path, old, new in chosen:
            source = mutate(name, path, old, new, folder)
            obj = compile_mutant(build, name, path, source, folder)
            program = link(build, link_words, name, obj, folder)
            ok, said = verdict(program)
            os.unlink(program)
            passed, failed = passed + ok, failed + (not ok)
            print(f"{'ok    ' if ok else 'FAILED'} {name}: {said}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
