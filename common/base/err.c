#include "common/base/err.h"

#include <stddef.h>

struct err_entry {
    const char *name;
    const char *text;
    bool is_retryable;
};

static const struct err_entry entries[] = {
#define ERR_ENTRY_(name, text, retry) {#name, text, retry},
    ERR_LIST(ERR_ENTRY_)
#undef ERR_ENTRY_
};

const char *err_name(enum err err)
{
    return (size_t)err < ARRAY_LEN(entries) ? entries[err].name : "ERR_?";
}

const char *err_text(enum err err)
{
    return (size_t)err < ARRAY_LEN(entries) ? entries[err].text : "unknown error";
}

bool err_is_retryable(enum err err)
{
    return (size_t)err < ARRAY_LEN(entries) && entries[err].is_retryable;
}
