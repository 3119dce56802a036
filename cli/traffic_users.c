/* Users of a traffic client: wallets, deposits, the requests they make. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/traffic.h"
#include "core/op/amount.h"

enum { WAIT_STEPS = 600 };

void traffic_surprise(struct traffic *t, const char *what, const struct user *u)
{
    t->unexpected++;
    (void)snprintf(t->surprise, sizeof t->surprise, "%s: %.500s", what, u->w->error);
    fprintf(stderr, "traffic: %s\n", t->surprise);
}

void traffic_pause(unsigned ms)
{
    struct timespec ts = {ms / 1000, (long)(ms % 1000) * 1000000};
    (void)nanosleep(&ts, NULL);
}

/* ---- joining ---- */

static enum err pools_find(struct traffic *t)
{
    struct wallet *w = t->users[0].w;
    for (int step = 0; step < WAIT_STEPS; step++) {
        json_t *o = NULL;
        if (wallet_get(w, "/pools", &o) == ERR_OK) {
            size_t i = 0;
            json_t *p = NULL;
            unsigned found = 0;
            json_array_foreach(json_object_get(o, "pools"), i, p)
            {
                json_int_t chain = json_integer_value(json_object_get(p, "chain"));
                json_int_t other = json_integer_value(json_object_get(p, "other_chain"));
                if (chain >= TRAFFIC_CHAINS || other == chain) continue;
                t->pool[chain] = (uint32_t)json_integer_value(json_object_get(p, "id"));
                t->token[chain] = (uint32_t)json_integer_value(json_object_get(p, "token"));
                found |= 1u << chain;
            }
            json_decref(o);
            if (found == 3) return ERR_OK;
        }
        traffic_pause(TRAFFIC_WAIT_MS);
    }
    fprintf(stderr, "traffic: no pool across the first two chains appeared\n");
    return ERR_TIMEOUT;
}

static enum err user_deposit(struct traffic *t, struct user *u, uint16_t chain, uint64_t units)
{
    struct wallet_deposit d = {.chain = chain,
                               .token = t->token[chain],
                               .account = ACCOUNT_NEW,
                               .slot = 2,
                               .with_key = true};
    d.amount = amount_from_u64(units);
    enum err err = wallet_deposit(u->w, &d);
    if (err != ERR_OK) {
        traffic_surprise(t, "deposit", u);
        return err;
    }
    t->deposits++;
    return ERR_OK;
}

static enum err user_wait(struct traffic *t, struct user *u, uint16_t chain)
{
    for (int step = 0; step < WAIT_STEPS; step++) {
        if (wallet_account_find(u->w, chain, &u->account[chain]) == ERR_OK &&
            u->account[chain].n_balances > 0)
            return ERR_OK;
        traffic_pause(TRAFFIC_WAIT_MS);
    }
    traffic_surprise(t, "account never appeared", u);
    return ERR_TIMEOUT;
}

enum err traffic_open(struct traffic *t, const struct arg *args)
{
    uint64_t n = 0;
    uint64_t first = 0;
    struct wallet_config config;
    char text[1100];
    ERR_TRY(args_u64(&n, args, "users", TRAFFIC_USERS_MAX));
    ERR_TRY(args_u64(&first, args, "first-user", 10000));
    enum err err = wallet_config_load(&config, args_text(args, "config"), text, sizeof text);
    const char *keys = args_text(args, "keys");
    for (uint64_t i = 0; i < n && err == ERR_OK; i++) {
        (void)snprintf(config.key_file, sizeof config.key_file, "%.400s/user-%llu.key", keys,
                       (unsigned long long)(first + i));
        (void)snprintf(config.dir, sizeof config.dir, "%.400s/user-%llu", keys,
                       (unsigned long long)(first + i));
        err = wallet_open(&t->users[i].w, &config, text, sizeof text);
        if (err == ERR_OK) t->n_users++;
    }
    if (err != ERR_OK) fprintf(stderr, "hawser traffic: %s\n", text);
    return err;
}

enum err traffic_join(struct traffic *t, uint64_t units)
{
    ERR_TRY(pools_find(t));
    for (size_t i = 0; i < t->n_users; i++) {
        for (uint16_t c = 0; c < TRAFFIC_CHAINS; c++) {
            struct user *u = &t->users[i];
            if (wallet_account_find(u->w, c, &u->account[c]) == ERR_OK) continue;
            ERR_TRY(user_deposit(t, u, c, units));
        }
    }
    for (size_t i = 0; i < t->n_users; i++) {
        for (uint16_t c = 0; c < TRAFFIC_CHAINS; c++)
            ERR_TRY(user_wait(t, &t->users[i], c));
    }
    return ERR_OK;
}

void traffic_close(struct traffic *t)
{
    for (size_t i = 0; i < t->n_users; i++)
        wallet_close(t->users[i].w);
    t->n_users = 0;
}

/* ---- requests ---- */

enum err traffic_swap(const struct traffic *t, const struct user *u, uint16_t chain,
                      uint32_t lifetime_s, struct request *r)
{
    uint16_t other = (uint16_t)(1 - chain);
    *r = (struct request){.kind = REQUEST_SWAP, .chain = chain};
    struct swap_order *s = &r->u.swap;
    s->chain = chain;
    s->pool_in = t->pool[chain];
    s->token_in = t->token[chain];
    s->token_out = t->token[other];
    (void)wallet_balance_of(&u->account[chain], s->token_in, &s->slot_in);
    s->to_chain = other;
    s->to_account = u->account[other].id;
    s->to_owner = u->account[other].owner;
    s->minimum = amount_from_u64(1);
    s->auth.deadline = (uint32_t)time(NULL) + lifetime_s;
    return wallet_slot_for(&u->account[other], s->token_out, &s->to_slot);
}

enum err traffic_transfer(const struct traffic *t, const struct user *u, const struct user *to,
                          uint16_t chain, uint32_t lifetime_s, struct request *r)
{
    *r = (struct request){.kind = REQUEST_TRANSFER, .chain = chain};
    struct op_transfer *x = &r->u.transfer;
    x->token = t->token[chain];
    (void)wallet_balance_of(&u->account[chain], x->token, &x->slot_from);
    x->to = to->account[chain].id;
    x->to_owner = to->account[chain].owner;
    x->auth.deadline = (uint32_t)time(NULL) + lifetime_s;
    return wallet_slot_for(&to->account[chain], x->token, &x->slot_to);
}
