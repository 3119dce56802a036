#ifndef COMMON_BASE_ERR_H
#define COMMON_BASE_ERR_H
/* The one result type of everything that can fail in the world.
 *
 * Threads:   constants only.
 * Use:       functions return enum err, marked MUST_CHECK; outputs are written only on ERR_OK.
 *            What cannot happen is REQUIRE (common/base/require.h), not an error. */

#include <stdbool.h>

#define MUST_CHECK   __attribute__((warn_unused_result))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* name, text for people, whether trying the same again later can help */
#define ERR_LIST(X)                                                                                \
    X(ERR_OK, "ok", false)                                                                         \
    X(ERR_ARG, "bad argument", false)                                                              \
    X(ERR_RANGE, "value out of range", false)                                                      \
    X(ERR_OVERFLOW, "arithmetic overflow", false)                                                  \
    X(ERR_DIV_ZERO, "division by zero", false)                                                     \
    X(ERR_NOMEM, "out of memory", true)                                                            \
    X(ERR_IO, "input/output failed", true)                                                         \
    X(ERR_PARSE, "malformed input", false)                                                         \
    X(ERR_CONFIG, "bad configuration", false)                                                      \
    X(ERR_TIMEOUT, "timed out", true)                                                              \
    X(ERR_NET, "network failure", true)                                                            \
    X(ERR_UNAVAILABLE, "not available now", true)                                                  \
    X(ERR_BUSY, "busy", true)                                                                      \
    X(ERR_NOT_FOUND, "not found", false)                                                           \
    X(ERR_EXISTS, "exists already", false)                                                         \
    X(ERR_FULL, "a named limit is reached", true)                                                  \
    X(ERR_TOO_LARGE, "larger than its limit", false)                                               \
    X(ERR_PROTOCOL, "the peer broke the protocol", false)                                          \
    X(ERR_VERSION, "version not supported", false)                                                 \
    X(ERR_RPC, "the RPC server answered with an error", false)                                     \
    X(ERR_HTTP, "HTTP status is not a success", true)                                              \
    X(ERR_CHAIN, "the chain refused or contradicts itself", false)                                 \
    X(ERR_REORG, "the chain was reorganised", true)                                                \
    X(ERR_PROOF, "proof refused", false)                                                           \
    X(ERR_AUDIT, "audit refused", false)                                                           \
    X(ERR_DB, "database failure", true)                                                            \
    X(ERR_CONFLICT, "lost to a concurrent change", true)                                           \
    X(ERR_EPOCH, "another leader holds the epoch", false)                                          \
    X(ERR_CORRUPT, "stored data is damaged", false)                                                \
    X(ERR_CANCELLED, "cancelled", false)                                                           \
    X(ERR_CLOSED, "closed", false)                                                                 \
    X(ERR_BAD_STATE, "not allowed in this state", false)                                           \
    X(ERR_AUTH, "not authorised", false)                                                           \
    X(ERR_SIGNATURE, "bad signature", false)                                                       \
    X(ERR_MISMATCH, "two values that must agree differ", false)                                    \
    X(ERR_EXPIRED, "past its deadline", false)                                                     \
    X(ERR_REJECTED, "rejected by a rule", false)                                                   \
    X(ERR_BALANCE, "not enough funds", false)                                                      \
    X(ERR_UNSUPPORTED, "not supported", false)                                                     \
    X(ERR_INTERNAL, "internal error", false)

enum err {
#define ERR_ENUM_(name, text, retry) name,
    ERR_LIST(ERR_ENUM_)
#undef ERR_ENUM_
};

/* "ERR_TIMEOUT"; "ERR_?" for a value outside the list. Static storage. */
const char *err_name(enum err err);
/* "timed out"; "unknown error" for a value outside the list. Static storage. */
const char *err_text(enum err err);
/* Whether the same call can succeed later without anything else changing. */
bool err_is_retryable(enum err err);

/* Returns from the enclosing function with the error, if any. */
#define ERR_TRY(expr)                                                                              \
    do {                                                                                           \
        enum err err_try_ = (expr);                                                                \
        if (err_try_ != ERR_OK) return err_try_;                                                   \
    } while (0)

#endif
