#include "core/rules/rules.h"

static const struct {
    const char *name, *text;
    bool capacity;
} rule_table[RULE_COUNT] = {
#define RULE_ROW_(name, text, capacity) {#name, text, capacity},
    RULE_LIST(RULE_ROW_)
#undef RULE_ROW_
};

const char *rule_error_name(enum rule_error e)
{
    return (unsigned)e < RULE_COUNT ? rule_table[e].name : "RULE_?";
}

const char *rule_error_text(enum rule_error e)
{
    return (unsigned)e < RULE_COUNT ? rule_table[e].text : "unknown rule";
}

bool rule_error_is_capacity(enum rule_error e)
{
    return (unsigned)e < RULE_COUNT && rule_table[e].capacity;
}
