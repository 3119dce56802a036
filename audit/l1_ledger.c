/* The money side of one chain at its final block, token by token. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/l1_view_internal.h"
#include "common/base/endian.h"

static void word_u64(uint8_t out[32], uint64_t v)
{
    memset(out, 0, 32);
    put_be64(out + 24, v);
}

static void word_address(uint8_t out[32], const uint8_t address[20])
{
    memset(out, 0, 32);
    memcpy(out + 12, address, 20);
}

/* Amount and token of a deposit record; false for the other kinds. */
static bool deposit_of(const struct span *record, uint32_t *token, unsigned __int128 *amount)
{
    const uint8_t *p = record->data;
    if (p[0] >> 4 != 1 && p[0] >> 4 != 2) return false;
    *token = (uint32_t)p[5] << 16 | (uint32_t)p[6] << 8 | p[7];
    *amount = 0;
    for (int i = 0; i < 14; i++)
        *amount = *amount << 8 | p[8 + i];
    return true;
}

/* Deposits of batches not executed and of requests not in any batch. The contract's count of served
 * requests must be that of the executed segments. */
static enum err queued(struct l1_view *v, struct l1_ledger *out)
{
    unsigned __int128 first = 0;
    uint64_t served = 0;
    ERR_TRY(view_call_u128(v, &first, "firstOpenRequest()", NULL, 0, v->final.number));
    for (uint64_t k = 1; k <= v->executed; k++)
        served += v->batches[k - 1].n_priority;
    if (first != served || served > v->n_requests) {
        l1_rpc_say(v->rpc, "firstOpenRequest() does not follow from the executed batches");
        return ERR_AUDIT;
    }
    out->queued = 0;
    for (uint64_t i = served; i < v->n_requests; i++) {
        uint32_t token = 0;
        unsigned __int128 amount = 0;
        if (deposit_of(&v->requests[i], &token, &amount) && token == out->token)
            out->queued += amount;
    }
    return ERR_OK;
}

static enum err pending(struct l1_view *v, struct l1_ledger *out)
{
    uint8_t words[64];
    out->pending = 0;
    out->pending_events = 0;
    for (struct pending_entry *e = v->pending; e != NULL; e = e->hh.next) {
        unsigned __int128 amount = 0;
        if (e->key.token != out->token) continue;
        word_u64(words, e->key.token);
        word_address(words + 32, e->key.owner);
        ERR_TRY(view_call_u128(v, &amount, "pending(uint32,address)", words, 2, v->final.number));
        out->pending += amount;
        out->pending_events += e->amount;
    }
    return ERR_OK;
}

static enum err balance(struct l1_view *v, struct l1_ledger *out)
{
    if (out->token == 1)
        return l1_rpc_balance(v->rpc, out->balance, v->chain->contract, v->final.number);
    uint8_t input[36];
    struct bytes_buf answer;
    l1_abi_selector(input, "balanceOf(address)");
    word_address(input + 4, v->chain->contract);
    bytes_buf_init(&answer, 4096);
    enum err err = l1_rpc_call(v->rpc, &answer, out->address, (struct span){input, sizeof input},
                               v->final.number);
    if (err == ERR_OK && l1_abi_word(out->balance, bytes_buf_span(&answer), 0) != ERR_OK) {
        l1_rpc_say(v->rpc, "token %u: balanceOf: empty answer", out->token);
        err = ERR_PROTOCOL;
    }
    bytes_buf_deinit(&answer);
    return err;
}

/* The registry still gives this id this address. */
static enum err registry(struct l1_view *v, const struct l1_ledger *l)
{
    uint8_t word[32];
    uint8_t address[20];
    struct bytes_buf answer;
    if (l->token == 1) return ERR_OK;
    word_u64(word, l->token);
    bytes_buf_init(&answer, 4096);
    enum err err = view_call(v, &answer, "tokens(uint32)", word, 1, v->final.number);
    if (err == ERR_OK && (l1_abi_address(address, bytes_buf_span(&answer), 0) != ERR_OK ||
                          memcmp(address, l->address, 20) != 0)) {
        l1_rpc_say(v->rpc, "token %u has another address than it was registered with", l->token);
        err = ERR_AUDIT;
    }
    bytes_buf_deinit(&answer);
    return err;
}

static enum err ledger_of(struct l1_view *v, struct l1_ledger *l)
{
    uint8_t word[32];
    ERR_TRY(registry(v, l));
    word_u64(word, l->token);
    ERR_TRY(view_call_u128(v, &l->held, "held(uint32)", word, 1, v->final.number));
    ERR_TRY(pending(v, l));
    ERR_TRY(queued(v, l));
    return balance(v, l);
}

enum err l1_view_ledger(struct l1_view *v, struct l1_ledger *out, size_t max, size_t *n, char *text,
                        size_t text_size)
{
    enum err err = v->n_tokens + 1 <= max ? ERR_OK : ERR_FULL;
    for (size_t i = 0; err == ERR_OK && i <= v->n_tokens; i++) {
        memset(&out[i], 0, sizeof out[i]);
        out[i].token = i == 0 ? 1 : v->tokens[i - 1].id;
        if (i > 0) memcpy(out[i].address, v->tokens[i - 1].address, 20);
        err = ledger_of(v, &out[i]);
    }
    *n = v->n_tokens + 1;
    if (err != ERR_OK)
        (void)snprintf(text, text_size, "chain %s: %s", v->chain->name, l1_rpc_text(v->rpc));
    return err;
}
