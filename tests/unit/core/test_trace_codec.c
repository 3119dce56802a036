/* Traces as bytes: what a prover worker gets is what the executor made. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/batch/chain_trace_codec.h"
#include "core/batch/publics.h"
#include "tests/support/check_main.h"
#include "tests/support/random_batch.h"

static void write_trace(struct bytes_buf *out, const struct chain_trace *t)
{
    bytes_buf_init(out, CHAIN_TRACE_BYTES_MAX);
    ck_assert_ok(chain_trace_write(out, t));
}

START_TEST(traces_round_trip)
{
    struct world *w = world_new(21, true);
    struct sealed_batch s;
    world_warm_up(w);
    for (int i = 0; i < 3; i++) {
        ck_assert(world_seal_random(w, 50, &s));
        for (uint32_t p = 0; p < s.n_segments; p++) {
            struct bytes_buf a, b;
            struct chain_trace *back;
            struct trace_blob *blob = &s.traces[p]->blob;
            blob->on = i > 0; /* any values below r */
            blob->head = 3;
            memset(blob->z, 0x11 * i, 5 * sizeof blob->z);
            write_trace(&a, s.traces[p]);
            ck_assert_ok(chain_trace_read(&back, bytes_buf_span(&a)));
            ck_assert(i == 0 ? !back->blob.on : memcmp(&back->blob, blob, sizeof *blob) == 0);
            write_trace(&b, back);
            ck_assert(span_equal(bytes_buf_span(&a), bytes_buf_span(&b)));
            ck_assert_uint_eq(back->n_signatures, s.traces[p]->n_signatures);
            ck_assert_mem_eq(back->signatures, s.traces[p]->signatures,
                             back->n_signatures * sizeof back->signatures[0]);
            /* It moves a state as the original does. */
            struct chain_state *state = &w->state[back->chain];
            ck_assert_ok(chain_state_revert(state, back));
            ck_assert_ok(chain_state_advance(state, s.traces[p]));
            uint32_t x[LEAF_PUBLICS], y[LEAF_PUBLICS];
            leaf_publics(x, back);
            leaf_publics(y, s.traces[p]);
            ck_assert_mem_eq(x, y, sizeof x);
            chain_trace_free(back);
            bytes_buf_deinit(&a);
            bytes_buf_deinit(&b);
        }
        sealed_batch_deinit(&s);
    }
    world_free(w);
}
END_TEST

/* version 1, deployment id 32, chain 4, slice, large, segment, of. */
START_TEST(numbers_of_segments_are_checked)
{
    enum { SLICE_AT = 37, SEGMENT_AT = 39, OF_AT };
    struct world *w = world_new(23, false);
    struct batch_limits few = batch_limits_standard;
    struct sealed_batch s;
    world_warm_up(w);
    few.records = 6;
    w->limits = &few;
    w->slices_max = 8;
    ck_assert(world_seal_random(w, 60, &s));
    ck_assert_uint_gt(s.n_slices, 3);
    for (uint32_t p = 0; p < s.n_segments; p++) {
        const struct chain_trace *t = s.traces[p];
        struct chain_trace *back;
        struct bytes_buf a;
        write_trace(&a, t);
        ck_assert_uint_eq(a.data[SLICE_AT], t->slice);
        ck_assert_ok(chain_trace_read(&back, bytes_buf_span(&a)));
        ck_assert(back->slice == t->slice && back->segment == t->segment && back->of == t->of);
        chain_trace_free(back);
        const uint8_t wrong[4][2] = {{t->of, t->of}, {0, 0}, {t->segment, 65}, {255, 255}};
        for (int i = 0; i < 4; i++) {
            a.data[SEGMENT_AT] = wrong[i][0];
            a.data[OF_AT] = wrong[i][1];
            ck_assert_err(chain_trace_read(&back, bytes_buf_span(&a)), ERR_PARSE);
        }
        bytes_buf_deinit(&a);
    }
    sealed_batch_deinit(&s);
    world_free(w);
}
END_TEST

START_TEST(values_of_a_blob_are_elements_and_halves_have_none)
{
    struct world *w = world_new(24, false);
    struct sealed_batch s;
    struct bytes_buf a;
    struct chain_trace *back;
    world_warm_up(w);
    ck_assert(world_seal_random(w, 20, &s));
    struct chain_trace *t = s.traces[0];
    for (int i = 0; i < 6; i++) {
        uint8_t values[160];
        memset(values, 0x11, sizeof values);
        memcpy(t->blob.z, values, sizeof values);
        t->blob.on = true;
        write_trace(&a, t);
        uint8_t *at = memmem(a.data, a.len, values, sizeof values);
        ck_assert_ptr_nonnull(at);
        ck_assert_ok(chain_trace_read(&back, bytes_buf_span(&a)));
        chain_trace_free(back);
        if (i < 5) memset(at + 32 * i, 0x74, 32); /* above r */
        if (i == 5) at[-3] = 1;                   /* a head of 2^16 elements */
        ck_assert_err(chain_trace_read(&back, bytes_buf_span(&a)), ERR_PARSE);
        bytes_buf_deinit(&a);
        bytes_buf_init(&a, CHAIN_TRACE_BYTES_MAX);
        ck_assert_ok(chain_trace_write_halves(&a, t));
        ck_assert_ok(chain_trace_read(&back, bytes_buf_span(&a)));
        ck_assert(!back->blob.on);
        chain_trace_free(back);
        bytes_buf_deinit(&a);
    }
    sealed_batch_deinit(&s);
    world_free(w);
}
END_TEST

START_TEST(damaged_traces_are_refused_or_read_without_harm)
{
    struct rng rng;
    struct world *w = world_new(22, true);
    struct sealed_batch s;
    struct bytes_buf a;
    struct chain_trace *back;
    check_seed(&rng);
    world_warm_up(w);
    ck_assert(world_seal_random(w, 20, &s));
    write_trace(&a, s.traces[0]);
    for (int i = 0; i < 300; i++) {
        size_t cut = (size_t)rng_below(&rng, a.len);
        ck_assert(chain_trace_read(&back, span_make(a.data, cut)) != ERR_OK);
    }
    for (int i = 0; i < 300; i++) {
        size_t at = (size_t)rng_below(&rng, i < 150 ? 200 : a.len);
        uint8_t was = a.data[at];
        a.data[at] ^= (uint8_t)(1u << rng_below(&rng, 8));
        if (chain_trace_read(&back, bytes_buf_span(&a)) == ERR_OK) chain_trace_free(back);
        a.data[at] = was;
    }
    ck_assert_ok(bytes_buf_append_u8(&a, 0));
    ck_assert_err(chain_trace_read(&back, bytes_buf_span(&a)), ERR_PARSE);
    a.data[0]++;
    ck_assert_err(chain_trace_read(&back, bytes_buf_span(&a)), ERR_VERSION);
    a.data[0] = 3; /* before blobs */
    ck_assert_err(chain_trace_read(&back, bytes_buf_span(&a)), ERR_VERSION);
    bytes_buf_deinit(&a);
    sealed_batch_deinit(&s);
    world_free(w);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core trace codec");
    TCase *tc = tcase_create("codec");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, traces_round_trip);
    tcase_add_test(tc, numbers_of_segments_are_checked);
    tcase_add_test(tc, values_of_a_blob_are_elements_and_halves_have_none);
    tcase_add_test(tc, damaged_traces_are_refused_or_read_without_harm);
    suite_add_tcase(s, tc);
    return check_main(s);
}
