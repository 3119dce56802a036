/* config_load_text: whatever is accepted respects the table; whatever is refused says where. */
#include <string.h>

#include "common/base/require.h"
#include "common/config/config.h"
#include "tests/support/fuzz.h"

struct item {
    char name[8];
    uint64_t wait;
};

struct conf {
    uint64_t port;
    bool flag;
    uint8_t key[4];
    struct item items[3];
    size_t item_count;
    char urls[2][8];
    size_t url_count;
};

static const struct config_field item_fields[] = {
    CONFIG_STRING(struct item, name, NULL, "name"),
    CONFIG_DURATION(struct item, wait, "1s", 1, 5000, "wait"), CONFIG_END};
static const struct config_field fields[] = {
    CONFIG_U64(struct conf, port, "80", 1, 65535, "port"),
    CONFIG_BOOL(struct conf, flag, "false", "flag"),
    CONFIG_HEX(struct conf, key, "0x00000000", "key"),
    CONFIG_SECTION_LIST(struct conf, items, item_count, 1, item_fields, "items"),
    CONFIG_STRING_LIST(struct conf, urls, url_count, 0, "urls"),
    CONFIG_END};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct conf conf;
    struct config_error error;
    memset(&conf, 0, sizeof conf);
    memset(&error, 0, sizeof error);
    if (config_load_text(&conf, fields, "f", (const char *)data, size, &error) != ERR_OK) {
        REQUIRE(strncmp(error.text, "f:", 2) == 0);
        return 0;
    }
    fuzz_accept();
    REQUIRE(conf.port >= 1 && conf.port <= 65535);
    REQUIRE(conf.item_count >= 1 && conf.item_count <= 3);
    REQUIRE(conf.url_count <= 2);
    for (size_t i = 0; i < conf.item_count; i++) {
        REQUIRE(memchr(conf.items[i].name, 0, sizeof conf.items[i].name) != NULL);
        REQUIRE(conf.items[i].wait >= 1 && conf.items[i].wait <= 5000);
    }
    return 0;
}
