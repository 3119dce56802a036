/* Traffic that is signed ahead and sent later, for measurements: what is timed is the system, not the
 * users' signing. --sign joins, signs valid operations of one mix and writes them to a file (length
 * u32 big-endian, request bytes, again); --send posts that file in its order, one request at a time,
 * and says when the first and the last were acknowledged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/traffic.h"
#include "common/base/endian.h"
#include "core/op/amount.h"
#include "core/op/packed.h"

enum {
    LIFETIME_S = 86400,
    PAYMENT_PARTS = 100000, /* of the deposit: an account outlives its key's 1,023 signatures */
    SWAP_PARTS = 50, /* swaps of a user go to and fro: amounts of 8 bytes on both sides */
    DIGITS = 100000000,
    RESENDS = 2400, /* x TRAFFIC_WAIT_MS */
};

/* ---- sign ---- */

static enum err sign_one(struct traffic *t, size_t user, bool swaps, bool second, uint64_t units,
                         struct request *r)
{
    struct user *u = &t->users[user];
    struct packed_amount amount;
    uint16_t chain = second ? 1 : 0;
    uint64_t parts = swaps ? SWAP_PARTS : PAYMENT_PARTS;
    ERR_TRY(packed_amount_exact(&amount, amount_from_u64(units / parts / DIGITS * DIGITS)));
    if (swaps) {
        ERR_TRY(traffic_swap(t, u, chain, LIFETIME_S, r));
        r->u.swap.amount = amount;
    } else {
        size_t to = (user + 1 + rng_below(&t->rng, t->n_users - 1)) % t->n_users;
        ERR_TRY(traffic_transfer(t, u, &t->users[to], chain, LIFETIME_S, r));
        r->u.transfer.amount = amount;
    }
    const struct wallet_account *signers[2] = {&u->account[chain], NULL};
    return wallet_sign(u->w, r, signers);
}

static enum err sign_all(struct traffic *t, bool swaps, uint64_t operations, uint64_t units,
                         FILE *out)
{
    static struct request r;
    static uint8_t bytes[4 + REQUEST_BYTES_MAX];
    for (uint64_t i = 0; i < operations; i++) {
        size_t user = i % t->n_users;
        bool second = (i / t->n_users + user) % 2 != 0;
        size_t n = 0;
        enum err err = sign_one(t, user, swaps, second, units, &r);
        if (err == ERR_OK) err = request_encode(&r, true, bytes + 4, REQUEST_BYTES_MAX, &n);
        if (err != ERR_OK) {
            traffic_surprise(t, "signing", &t->users[user]);
            return err;
        }
        put_be32(bytes, (uint32_t)n);
        if (fwrite(bytes, 1, 4 + n, out) != 4 + n) return ERR_IO;
    }
    return ERR_OK;
}

int traffic_sign(struct traffic *t, const struct arg *args)
{
    uint64_t operations = 0;
    uint64_t units = 0;
    const char *mix = args_text(args, "mix");
    bool swaps = strcmp(mix, "swaps") == 0;
    if (args_u64(&operations, args, "operations", 1000000) != ERR_OK ||
        args_u64(&units, args, "deposit", INT64_MAX) != ERR_OK)
        return 2;
    if ((!swaps && strcmp(mix, "payments") != 0) || t->n_users < 2) {
        fprintf(stderr, "hawser traffic: --mix %s: payments or swaps, of at least two users\n", mix);
        return 2;
    }
    FILE *out = fopen(args_text(args, "sign"), "wb");
    enum err err = out == NULL ? ERR_IO : traffic_join(t, units);
    for (size_t i = 0; i < t->n_users && err == ERR_OK; i++) {
        for (uint16_t c = 0; c < TRAFFIC_CHAINS && err == ERR_OK; c++)
            err = wallet_account_find(t->users[i].w, c, &t->users[i].account[c]);
    }
    if (err == ERR_OK) err = sign_all(t, swaps, operations, units, out);
    if (out != NULL && fclose(out) != 0 && err == ERR_OK) err = ERR_IO;
    if (err != ERR_OK)
        fprintf(stderr, "hawser traffic: --sign %s: %s\n", args_text(args, "sign"), err_text(err));
    return err != ERR_OK;
}

/* ---- send ---- */

struct sent {
    uint64_t accepted, resent, first_ms, last_ms, longest_ms, first_batch, last_batch;
};

static uint64_t wall_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static enum err send_one(struct wallet *w, const uint8_t *bytes, size_t n, struct sent *sent)
{
    uint64_t start = wall_ms();
    enum err err = wallet_post(w, bytes, n);
    for (int i = 0; i < RESENDS && (err == ERR_UNAVAILABLE || err == ERR_TIMEOUT); i++) {
        traffic_pause(TRAFFIC_WAIT_MS);
        err = wallet_post(w, bytes, n); /* the same bytes: accepted once */
        sent->resent++;
    }
    if (err != ERR_OK) return err;
    uint64_t end = wall_ms();
    if (sent->accepted == 0) {
        sent->first_ms = end;
        sent->first_batch = w->batch;
    }
    sent->last_ms = end;
    sent->last_batch = w->batch;
    if (end - start > sent->longest_ms) sent->longest_ms = end - start;
    sent->accepted++;
    return ERR_OK;
}

static void send_report(const struct sent *s, uint64_t refused, const char *path)
{
    json_t *o = json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "accepted", (json_int_t)s->accepted,
                          "refused", (json_int_t)refused, "resent", (json_int_t)s->resent,
                          "first_ms", (json_int_t)s->first_ms, "last_ms", (json_int_t)s->last_ms,
                          "longest_ms", (json_int_t)s->longest_ms, "first_batch",
                          (json_int_t)s->first_batch, "last_batch", (json_int_t)s->last_batch);
    if (path[0] == '\0') {
        json_dumpf(o, stdout, JSON_INDENT(2));
        putchar('\n');
    } else if (json_dump_file(o, path, JSON_INDENT(2)) != 0) {
        fprintf(stderr, "hawser traffic: %s cannot be written\n", path);
    }
    json_decref(o);
}

int traffic_send(struct traffic *t, const struct arg *args)
{
    static uint8_t bytes[REQUEST_BYTES_MAX];
    uint8_t head[4];
    const char *path = args_text(args, "send");
    struct wallet *w = t->users[0].w; /* for its connection only */
    struct sent sent = {0};
    uint64_t refused = 0;
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        fprintf(stderr, "hawser traffic: --send %s: cannot be read\n", path);
        return 2;
    }
    enum err err = ERR_OK;
    while (err == ERR_OK && fread(head, 1, sizeof head, in) == sizeof head) {
        uint32_t n = get_be32(head);
        if (n > sizeof bytes || fread(bytes, 1, n, in) != n) {
            err = ERR_CORRUPT;
            break;
        }
        err = send_one(w, bytes, n, &sent);
        if (err == ERR_REJECTED) {
            fprintf(stderr, "hawser traffic: refused: %s\n", w->error);
            refused++;
            err = ERR_OK;
        }
    }
    (void)fclose(in);
    send_report(&sent, refused, args_text(args, "out"));
    if (err != ERR_OK)
        fprintf(stderr, "hawser traffic: --send %s: %s %s\n", path, err_text(err), w->error);
    return err != ERR_OK || refused > 0;
}
