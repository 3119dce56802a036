#ifndef AUDIT_LEDGER_INTERNAL_H
#define AUDIT_LEDGER_INTERNAL_H
/* Shared by ledger.c (state) and operations.c (rules). */
#include <uthash.h>

#include "audit/ledger.h"

struct identity_entry {
    uint32_t account;
    struct identity identity;
    UT_hash_handle hh;
};
struct change {
    struct change *next;
    bool is_identity;
    uint32_t account;
    uint8_t slot;
    uint32_t cell[8];         /* before */
    struct identity identity; /* before */
};

bool refuse(struct ledger *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool no_memory(struct ledger *l); /* refuses, but it is not the operation's fault */
void ledger_cell_read(const struct ledger *l, uint32_t account, uint8_t slot, uint32_t out[8]);
bool cell_write(struct ledger *l, uint32_t account, uint8_t slot, const uint32_t value[8]);
bool cell_empty(const uint32_t c[8]);
units units_of(const uint32_t cell[8]);
void units_cell(uint32_t out[8], uint32_t first, units v);
bool credit(struct ledger *l, uint32_t account, uint8_t slot, uint32_t token, units amount);
bool debit(struct ledger *l, uint32_t account, uint8_t slot, uint32_t token, units amount);
bool is_user(const struct ledger *l, uint32_t account, struct identity *out);
bool is_pool(const struct ledger *l, uint32_t account, struct identity *out);
bool identity_set(struct ledger *l, uint32_t account, const struct identity *i);
bool account_make(struct ledger *l, const struct identity *i, uint32_t *id);
#endif
