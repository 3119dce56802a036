#include "orchestrator/api_views.h"

#include <string.h>

#include "common/base/endian.h"
#include "common/codec/json.h"
#include "common/crypto/sha256.h"
#include "core/op/amount.h"
#include "core/op/request.h"

static json_t *amount_json(struct amount a)
{
    char text[AMOUNT_DECIMAL_MAX + 1];
    amount_to_decimal(text, a);
    return json_string(text);
}

static const char *stage_names[L1_STAGES] = {"", "commit", "prove", "agree", "execute", "revert"};

static json_t *gas_json(const struct l1_link *l)
{
    json_t *o = json_object();
    for (int stage = OUTBOX_COMMIT; stage < L1_STAGES; stage++) {
        const struct l1_gas *g = l1_link_gas(l, (enum outbox_stage)stage);
        json_object_set_new(o, stage_names[stage],
                            json_pack("{s:I,s:I}", "transactions", (json_int_t)g->transactions,
                                      "gas", (json_int_t)g->gas));
    }
    return o;
}

static json_t *chain_json(const struct deployment_chain *c, const struct l1_link *l)
{
    const struct l1_marks *m = l1_link_marks(l);
    const char *halted = l1_link_halted(l);
    return json_pack("{s:i,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:s?,s:s,s:o}", "index",
                     (int)c->index, "name", c->name, "chain_id", (json_int_t)c->chain_id,
                     "committed", (json_int_t)m->committed, "proven", (json_int_t)m->proven,
                     "agreed", (json_int_t)m->agreed, "executed", (json_int_t)m->executed,
                     "requests", (json_int_t)m->requests, "paid", (json_int_t)m->paid,
                     "pending_payments", (json_int_t)m->pending_payments, "final_block",
                     (json_int_t)m->final_block, "latest_time", (json_int_t)m->latest_time,
                     "halted", halted, "trouble", l1_link_trouble(l), "gas", gas_json(l));
}

static json_t *layers_json(const struct pipeline_totals *t)
{
    json_t *o = json_object();
    for (int i = 0; i < LAYER_COUNT; i++) {
        const struct pipeline_layer_totals *l = &t->layers[i];
        if (l->proofs == 0) continue;
        json_object_set_new(o, layer_name((enum layer)i),
                            json_pack("{s:I,s:I,s:I}", "proofs", (json_int_t)l->proofs, "bytes",
                                      (json_int_t)l->bytes, "prove_ms", (json_int_t)l->prove_ms));
    }
    return o;
}

static json_t *jobs_json(const struct proof_set *set)
{
    static const char *names[] = {"todo", "out", "checking", "done", "spent"};
    json_t *list = json_array();
    for (uint32_t i = 0; i < set->n; i++) {
        const struct proof_job *j = &set->jobs[i];
        json_array_append_new(
            list, json_pack("{s:s,s:I,s:I,s:s,s:I,s:I,s:I}", "layer",
                            layer_name((enum layer)j->id.layer), "from", (json_int_t)j->id.from,
                            "to", (json_int_t)j->id.to, "state", names[j->state], "tries",
                            (json_int_t)j->tries, "bytes", (json_int_t)j->proof_len, "prove_ms",
                            (json_int_t)j->prove_ms));
    }
    return list;
}

static json_t *ranges_json(const struct pipeline *p)
{
    json_t *list = json_array();
    for (size_t i = 0; i < pipeline_range_count(p); i++) {
        const struct proof_set *r = pipeline_range_at(p, i);
        json_array_append_new(list, json_pack("{s:I,s:I,s:o}", "from", (json_int_t)r->from, "to",
                                              (json_int_t)r->to, "proofs", jobs_json(r)));
    }
    return list;
}

json_t *api_view_status(const struct api_options *o)
{
    json_t *chains = json_array();
    for (size_t i = 0; i < o->deployment->n_chains; i++)
        json_array_append_new(chains, chain_json(&o->deployment->chains[i], o->links[i]));
    const struct pipeline_totals *t = pipeline_totals(o->pipeline);
    return json_pack(
        "{s:o,s:s?,s:I,s:I,s:I,s:I,s:I,s:I,s:{s:I,s:I,s:I,s:I,s:o},s:{s:I,s:s},s:o,s:o}",
        "deployment_id", json_new_hex(o->deployment->id, 32), "halted",
        sequencer_halted(o->sequencer), "open_batch",
        (json_int_t)sequencer_open_batch(o->sequencer), "sealed_batch",
        (json_int_t)sequencer_sealed_batch(o->sequencer), "time",
        (json_int_t)sequencer_time(o->sequencer), "accepted",
        (json_int_t)sequencer_accepted(o->sequencer), "unsettled",
        (json_int_t)pipeline_count(o->pipeline), "open_operations",
        (json_int_t)sequencer_open_operations(o->sequencer), "prover", "proofs",
        (json_int_t)t->proofs, "proof_bytes", (json_int_t)t->proof_bytes, "prove_ms",
        (json_int_t)t->prove_ms, "refused_proofs", (json_int_t)t->refused_proofs, "layers",
        layers_json(t), "audit",
        "refusals", (json_int_t)t->audit_refusals, "text", pipeline_gate_text(o->pipeline),
        "chains", chains, "ranges", ranges_json(o->pipeline));
}

json_t *api_view_chains(const struct api_options *o)
{
    json_t *list = json_array();
    for (size_t i = 0; i < o->deployment->n_chains; i++) {
        const struct deployment_chain *c = &o->deployment->chains[i];
        json_t *tokens = json_array();
        for (size_t j = 0; j < c->n_tokens; j++)
            json_array_append_new(tokens,
                                  json_pack("{s:I,s:s,s:o,s:i}", "id", (json_int_t)c->tokens[j].id,
                                            "symbol", c->tokens[j].symbol, "address",
                                            json_new_hex(c->tokens[j].address, 20), "decimals",
                                            (int)c->tokens[j].decimals));
        json_array_append_new(list,
                              json_pack("{s:i,s:s,s:I,s:o,s:o}", "index", (int)c->index, "name",
                                        c->name, "chain_id", (json_int_t)c->chain_id, "contract",
                                        json_new_hex(c->contract, 20), "tokens", tokens));
    }
    return json_pack("{s:o}", "chains", list);
}

/* Chains that take part: segments and published bytes. */
static json_t *parts_json(const struct seq_batch *b)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < b->n_chains; i++) {
        struct chain_trace *traces[BATCH_SEGMENTS_MAX];
        uint32_t n = sealed_batch_of_chain(&b->sealed, b->chains[i], traces);
        size_t bytes = 0;
        for (uint32_t j = 0; j < n; j++)
            bytes += traces[j]->n_bytes;
        json_array_append_new(list, json_pack("{s:i,s:i,s:I}", "chain", (int)b->chains[i],
                                              "segments", (int)n, "bytes", (json_int_t)bytes));
    }
    return list;
}

json_t *api_view_batches(const struct api_options *o)
{
    json_t *list = json_array();
    for (size_t i = 0; i < pipeline_count(o->pipeline); i++) {
        const struct pipe_batch *b = pipeline_at(o->pipeline, i);
        json_array_append_new(
            list, json_pack("{s:I,s:I,s:b,s:I,s:i,s:o,s:o,s:o,s:o,s:o}", "number", (json_int_t)b->k,
                            "time", (json_int_t)b->batch->time, "audited", b->is_audited, "requests",
                            (json_int_t)b->batch->n_requests, "slices",
                            (int)b->batch->sealed.n_slices, "chains", parts_json(b->batch),
                            "final_root",
                            json_new_hex(b->batch->final_root, 32), "statement",
                            json_new_hex(b->batch->statement, 32), "digest",
                            json_new_hex(b->batch->digest, 32), "proofs", jobs_json(&b->proofs)));
    }
    return json_pack("{s:o}", "batches", list);
}

static struct amount peek_amount(const struct api_options *o, uint16_t chain, uint32_t id,
                                 uint8_t slot, uint32_t *token)
{
    struct cell c;
    struct amount a = AMOUNT_ZERO;
    sequencer_peek(o->sequencer, chain, id, slot, &c);
    *token = c.e[0];
    if (cell_amount(&a, &c) != ERR_OK) a = AMOUNT_ZERO;
    return a;
}

static json_t *pool_json(const struct api_options *o, uint16_t chain, uint32_t id,
                         const struct pool_half *p)
{
    uint32_t token = 0;
    struct amount reserve = peek_amount(o, chain, id, SLOT_POOL_RESERVE, &token);
    struct amount supply = peek_amount(o, chain, id, SLOT_POOL_SUPPLY, &token);
    return json_pack("{s:i,s:I,s:I,s:o,s:o,s:I,s:I,s:I,s:I,s:I}", "chain", (int)chain, "id",
                     (json_int_t)id, "token", (json_int_t)p->own_token, "reserve",
                     amount_json(reserve), "supply", amount_json(supply), "other_chain",
                     (json_int_t)p->other_chain, "other_id", (json_int_t)p->other_id, "other_token",
                     (json_int_t)p->other_token, "fee_bps", (json_int_t)p->fee_bps, "cap_bps",
                     (json_int_t)p->cap_bps);
}

static uint32_t scan_end(const struct api_options *o, uint16_t chain)
{
    uint32_t next = sequencer_next_account(o->sequencer, chain);
    return next < API_ACCOUNTS_SCAN_MAX ? next : API_ACCOUNTS_SCAN_MAX;
}

json_t *api_view_pools(const struct api_options *o)
{
    json_t *list = json_array();
    for (uint16_t chain = 0; chain < o->deployment->n_chains; chain++) {
        for (uint32_t id = 1; id < scan_end(o, chain); id++) {
            struct pool_half p;
            if (sequencer_pool(o->sequencer, chain, id, &p))
                json_array_append_new(list, pool_json(o, chain, id, &p));
        }
    }
    return json_pack("{s:o}", "pools", list);
}

json_t *api_view_account(const struct api_options *o, uint16_t chain, uint32_t id)
{
    struct user_cell user;
    uint32_t changes = 0;
    uint32_t next[XMSS_LANES];
    if (!sequencer_user(o->sequencer, chain, id, &user, &changes, next)) return NULL;
    json_t *lanes = json_array();
    for (int i = 0; i < XMSS_LANES; i++)
        json_array_append_new(lanes, json_integer((json_int_t)next[i]));
    uint8_t root[4 * XMSS_DIGEST];
    for (int i = 0; i < XMSS_DIGEST; i++)
        put_be32(root + 4 * i, user.root.e[i]);
    json_t *balances = json_array();
    for (unsigned slot = SLOT_BALANCE_MIN; slot < 256; slot++) {
        uint32_t token = 0;
        struct amount a = peek_amount(o, chain, id, (uint8_t)slot, &token);
        if (amount_is_zero(a)) continue;
        json_array_append_new(balances, json_pack("{s:i,s:I,s:o}", "slot", (int)slot, "token",
                                                  (json_int_t)token, "amount", amount_json(a)));
    }
    return json_pack("{s:i,s:I,s:o,s:i,s:i,s:o,s:I,s:o,s:o}", "chain", (int)chain, "id",
                     (json_int_t)id, "owner", json_new_hex(user.owner.bytes, 20), "auth",
                     (int)user.auth, "height", (int)user.height, "key_root", json_new_hex(root, 20),
                     "key_changes", (json_int_t)changes, "lanes", lanes, "balances", balances);
}

json_t *api_view_owner(const struct api_options *o, uint16_t chain, const uint8_t owner[20])
{
    json_t *list = json_array();
    for (uint32_t id = 1; id < scan_end(o, chain); id++) {
        struct user_cell user;
        uint32_t changes = 0;
        uint32_t next[XMSS_LANES];
        if (sequencer_user(o->sequencer, chain, id, &user, &changes, next) &&
            memcmp(user.owner.bytes, owner, 20) == 0)
            json_array_append_new(list, json_integer((json_int_t)id));
    }
    return json_pack("{s:i,s:o}", "chain", (int)chain, "accounts", list);
}

void receipt_hash(uint8_t out[32], const uint8_t deployment_id[32], const struct receipt *r)
{
    uint8_t bytes[16 + 32 + 32 + 1 + 16 + 32];
    memcpy(bytes, "HAWSER-RECEIPT-1", 16);
    memcpy(bytes + 16, deployment_id, 32);
    memcpy(bytes + 48, r->id, 32);
    bytes[80] = r->state;
    put_be64(bytes + 81, r->position);
    put_be64(bytes + 89, r->k);
    sha256(bytes + 97, r->reason, strlen(r->reason));
    sha256(out, bytes, sizeof bytes);
}

json_t *api_view_receipt(const struct api_options *o, const struct receipt *r)
{
    uint8_t hash[32];
    uint8_t signature[ECDSA_SIGNATURE_SIZE];
    receipt_hash(hash, o->deployment->id, r);
    bool is_signed = ecdsa_sign(signature, o->signer->key, hash) == ERR_OK;
    static const char *kinds[] = {"",     "open", "transfer", "withdraw", "change_key",
                                  "swap", "add",  "remove",   "create",   "priority"};
    const char *kind = r->kind < sizeof kinds / sizeof kinds[0] ? kinds[r->kind] : "";
    bool accepted = r->state == RECEIPT_ACCEPTED;
    json_t *records = json_array();
    for (unsigned i = 0; accepted && i < r->n_ops; i++)
        json_array_append_new(records, json_pack("{s:i,s:I}", "chain", (int)r->chain[i], "record",
                                                 (json_int_t)r->record[i]));
    return json_pack("{s:o,s:s,s:s,s:I,s:I,s:o,s:s,s:o}", "id", json_new_hex(r->id, 32), "status",
                     accepted ? "accepted" : "rejected", "kind", kind, "position",
                     (json_int_t)r->position, "batch", (json_int_t)r->k, "records", records,
                     "reason", r->reason, "signature",
                     is_signed ? json_new_hex(signature, sizeof signature) : json_null());
}
