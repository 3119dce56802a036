/* `hawser deploy`. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/args.h"
#include "cli/commands.h"
#include "cli/deploy/deploy.h"
#include "common/codec/hex.h"

#define END                                                                                        \
    {                                                                                              \
        NULL, NULL, NULL, NULL, NULL, false                                                        \
    }

static struct arg args_deploy[] = {
    {"config", "FILE", "deploy.yaml (see configs/)", NULL, NULL, false},
    {"json", NULL, "answer as JSON", NULL, NULL, false},
    END};

static void say(const char *line)
{
    fprintf(stderr, "deploy: %s\n", line);
}

int command_deploy(int argc, char **argv)
{
    bool help = false;
    char text[1200] = "";
    char id[67];
    if (args_parse(args_deploy, argc, argv, "deploy",
                   "Deploys what is missing on every chain; safe to run again.", &help) != ERR_OK)
        return 2;
    if (help) return 0;
    struct deploy_config *config = calloc(1, sizeof *config);
    struct deployment *d = calloc(1, sizeof *d);
    enum err err = config == NULL || d == NULL ? ERR_NOMEM : ERR_OK;
    if (err == ERR_OK)
        err = deploy_config_load(config, args_text(args_deploy, "config"), text, sizeof text);
    int usage = err == ERR_CONFIG ? 2 : 1;
    if (err == ERR_OK) err = deploy_run(config, d, say, text, sizeof text);
    if (err == ERR_OK) {
        hex_encode_0x(id, d->id, 32);
        if (args_flag(args_deploy, "json"))
            printf("{\"ok\":true,\"deployment_id\":\"%s\",\"file\":\"%s\"}\n", id, config->out);
        else
            printf("%s\n", id);
    } else {
        fprintf(stderr, "hawser deploy: %s\n", text[0] != '\0' ? text : err_text(err));
    }
    free(config);
    free(d);
    return err == ERR_OK ? 0 : usage;
}
