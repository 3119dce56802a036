/* A client of the store for tests on a cluster: record i of the journal holds the number i.
 *
 *   store_writer write URI SECONDS FILE   writes for so long, many at once, then waits for the rest;
 *                                         FILE grows by a line "milliseconds last_number" as they are
 *                                         acknowledged. Prints how many, how many per second, and the
 *                                         longest time without one
 *   store_writer check URI N              the first N are there, in order, once, nothing between */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "orchestrator/store.h"

enum { BODY = 160, AT_ONCE = 64, END_WAIT_MS = 120000 };

struct writer {
    struct loop loop;
    struct store *store;
    struct loop_timer timer;
    FILE *out;
    uint64_t read, sent, acked, begun_with;
    uint64_t start_ms, last_ms, gap_ms, run_ms, logged;
    bool in_order, is_late;
};

static uint64_t now(const struct writer *w)
{
    return uv_hrtime() / 1000000 - w->start_ms;
}

static enum err read_record(void *ctx, const struct journal_record *record)
{
    struct writer *w = ctx;
    w->read++;
    if (record->body.len != BODY || get_be64(record->body.data) != w->read) w->in_order = false;
    return ERR_OK;
}

static void fill(struct writer *w);

static void on_written(void *ctx)
{
    struct writer *w = ctx;
    uint64_t t = now(w);
    w->acked++;
    if (t - w->last_ms > w->gap_ms) w->gap_ms = t - w->last_ms;
    w->last_ms = t;
    if (t != w->logged) {
        fprintf(w->out, "%llu %llu\n", (unsigned long long)t, (unsigned long long)w->acked);
        (void)fflush(w->out);
        w->logged = t;
    }
    fill(w);
}

static void fill(struct writer *w)
{
    while (w->sent - w->acked < AT_ONCE && now(w) < w->run_ms) {
        uint8_t body[BODY] = {0};
        put_be64(body, w->sent + 1);
        if (store_journal(w->store, 1, (struct span){body, BODY}, on_written, w) != ERR_OK) return;
        w->sent++;
    }
}

static void on_tick(void *ctx)
{
    struct writer *w = ctx;
    bool is_over = now(w) >= w->run_ms && store_is_idle(w->store);
    w->is_late = now(w) > w->run_ms + END_WAIT_MS;
    if (is_over || w->is_late) loop_timer_close(&w->timer, NULL, NULL);
}

static int store_at(struct writer *w, const char *uri)
{
    char text[300];
    struct store_reader reader = {.journal = read_record, .ctx = w};
    w->in_order = true;
    if (loop_init(&w->loop) != ERR_OK) return 1;
    enum err err = store_open(&w->store, &w->loop, uri, &reader, text, sizeof text);
    if (err != ERR_OK) fprintf(stderr, "store_writer: %s\n", text);
    return err == ERR_OK ? 0 : 1;
}

static int write_for(struct writer *w, const char *uri, unsigned seconds, const char *path)
{
    w->out = fopen(path, "w");
    if (w->out == NULL || store_at(w, uri) != 0) return 1;
    w->sent = w->acked = w->begun_with = w->read;
    w->start_ms = uv_hrtime() / 1000000;
    w->run_ms = (uint64_t)seconds * 1000;
    loop_timer_open(&w->timer, &w->loop, on_tick, w);
    loop_timer_start(&w->timer, 50, 50);
    fill(w);
    loop_run(&w->loop);
    if (w->is_late) {
        fprintf(stderr, "store_writer: %llu never acknowledged\n", (unsigned long long)(w->sent - w->acked));
        return 1;
    }
    store_close(w->store);
    (void)fclose(w->out);
    printf("%llu acknowledged, %llu per second, longest gap %llu ms\n", (unsigned long long)w->acked,
           (unsigned long long)((w->acked - w->begun_with) / seconds), (unsigned long long)w->gap_ms);
    return loop_deinit(&w->loop) == ERR_OK ? 0 : 1;
}

static int check(struct writer *w, const char *uri, uint64_t wanted)
{
    if (store_at(w, uri) != 0) return 1;
    store_close(w->store);
    bool good = w->in_order && w->read >= wanted;
    printf("%llu records, %llu acknowledged, %s\n", (unsigned long long)w->read, (unsigned long long)wanted,
           good ? "all there, each once" : "LOST OR OUT OF ORDER");
    return good && loop_deinit(&w->loop) == ERR_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    static struct writer w;
    if (argc == 5 && strcmp(argv[1], "write") == 0)
        return write_for(&w, argv[2], (unsigned)strtoul(argv[3], NULL, 10), argv[4]);
    if (argc == 4 && strcmp(argv[1], "check") == 0) return check(&w, argv[2], strtoull(argv[3], NULL, 10));
    fprintf(stderr, "usage: store_writer write URI SECONDS FILE | check URI N\n");
    return 2;
}
