#include "common/msg/job_batch.h"

#include <string.h>

static enum err words_write(struct bytes_buf *out, const uint32_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ERR_TRY(bytes_buf_append_be32(out, p[i]));
    return ERR_OK;
}

static enum err words_read(struct byte_reader *r, uint32_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ERR_TRY(byte_reader_be32(r, &p[i]));
    return ERR_OK;
}

static enum err bytes_read(struct byte_reader *r, uint8_t *p, size_t n)
{
    struct span s;
    ERR_TRY(byte_reader_span(r, &s, n));
    memcpy(p, s.data, n);
    return ERR_OK;
}

static enum err count_read(struct byte_reader *r, uint32_t *out, uint32_t max)
{
    uint8_t n = 0;
    ERR_TRY(byte_reader_u8(r, &n));
    *out = n;
    return n <= max ? ERR_OK : ERR_PARSE;
}

static uint32_t publics_of(bool blob)
{
    return blob ? JOB_BATCH_BLOB_PUBLICS : JOB_BATCH_LEAF_PUBLICS;
}

static enum err segment_write(struct bytes_buf *out, const struct job_batch *b, uint32_t i)
{
    ERR_TRY(bytes_buf_append_u8(out, b->blob[i]));
    return words_write(out, b->segments[i], publics_of(b->blob[i]));
}

static enum err segment_read(struct byte_reader *r, struct job_batch *b, uint32_t i)
{
    uint8_t blob = 0;
    ERR_TRY(byte_reader_u8(r, &blob));
    if (blob > 1) return ERR_PARSE;
    b->blob[i] = blob == 1;
    return words_read(r, b->segments[i], publics_of(b->blob[i]));
}

enum err job_batch_write(struct bytes_buf *out, const struct job_batch *b)
{
    if (b->n_chains > JOB_BATCH_CHAINS_MAX || b->n_segments > JOB_BATCH_SEGMENTS_MAX ||
        b->n_pairings > JOB_BATCH_PAIRINGS_MAX)
        return ERR_ARG;
    ERR_TRY(bytes_buf_append(out, b->deployment_id, 32));
    ERR_TRY(bytes_buf_append(out, b->programs_digest, 32));
    ERR_TRY(bytes_buf_append(out, b->digest_before, 32));
    ERR_TRY(words_write(out, b->dep, 8));
    ERR_TRY(words_write(out, &b->k, 1));
    ERR_TRY(words_write(out, &b->time, 1));
    ERR_TRY(bytes_buf_append_u8(out, (uint8_t)b->n_chains));
    for (uint32_t i = 0; i < b->n_chains; i++) {
        const struct job_batch_chain *c = &b->chains[i];
        ERR_TRY(bytes_buf_append_be16(out, c->index));
        ERR_TRY(bytes_buf_append_be64(out, c->chain_id));
        ERR_TRY(bytes_buf_append(out, c->contract, 20));
        ERR_TRY(words_write(out, &c->finality, 1));
        ERR_TRY(words_write(out, c->root_before, 8));
        ERR_TRY(words_write(out, c->root_after, 8));
    }
    ERR_TRY(bytes_buf_append_u8(out, (uint8_t)b->n_segments));
    for (uint32_t i = 0; i < b->n_segments; i++)
        ERR_TRY(segment_write(out, b, i));
    ERR_TRY(bytes_buf_append_u8(out, (uint8_t)b->n_pairings));
    for (uint32_t i = 0; i < b->n_pairings; i++) {
        const struct job_batch_pairing *p = &b->pairings[i];
        if (p->n_sides > JOB_BATCH_CHAINS_MAX) return ERR_ARG;
        ERR_TRY(bytes_buf_append_u8(out, (uint8_t)p->n_sides));
        for (uint32_t j = 0; j < p->n_sides; j++) {
            ERR_TRY(bytes_buf_append_be16(out, p->sides[j].chain));
            ERR_TRY(words_write(out, &p->sides[j].count, 1));
            ERR_TRY(words_write(out, p->sides[j].digest, 8));
        }
    }
    return ERR_OK;
}

static enum err chain_read(struct byte_reader *r, struct job_batch_chain *c)
{
    ERR_TRY(byte_reader_be16(r, &c->index));
    ERR_TRY(byte_reader_be64(r, &c->chain_id));
    ERR_TRY(bytes_read(r, c->contract, 20));
    ERR_TRY(words_read(r, &c->finality, 1));
    ERR_TRY(words_read(r, c->root_before, 8));
    return words_read(r, c->root_after, 8);
}

static enum err pairing_read(struct byte_reader *r, struct job_batch_pairing *p)
{
    ERR_TRY(count_read(r, &p->n_sides, JOB_BATCH_CHAINS_MAX));
    for (uint32_t j = 0; j < p->n_sides; j++) {
        ERR_TRY(byte_reader_be16(r, &p->sides[j].chain));
        ERR_TRY(words_read(r, &p->sides[j].count, 1));
        ERR_TRY(words_read(r, p->sides[j].digest, 8));
    }
    return ERR_OK;
}

enum err job_batch_read(struct job_batch *b, struct span body)
{
    struct byte_reader r = byte_reader_make(body);
    memset(b, 0, sizeof *b);
    ERR_TRY(bytes_read(&r, b->deployment_id, 32));
    ERR_TRY(bytes_read(&r, b->programs_digest, 32));
    ERR_TRY(bytes_read(&r, b->digest_before, 32));
    ERR_TRY(words_read(&r, b->dep, 8));
    ERR_TRY(words_read(&r, &b->k, 1));
    ERR_TRY(words_read(&r, &b->time, 1));
    ERR_TRY(count_read(&r, &b->n_chains, JOB_BATCH_CHAINS_MAX));
    for (uint32_t i = 0; i < b->n_chains; i++)
        ERR_TRY(chain_read(&r, &b->chains[i]));
    ERR_TRY(count_read(&r, &b->n_segments, JOB_BATCH_SEGMENTS_MAX));
    for (uint32_t i = 0; i < b->n_segments; i++)
        ERR_TRY(segment_read(&r, b, i));
    ERR_TRY(count_read(&r, &b->n_pairings, JOB_BATCH_PAIRINGS_MAX));
    for (uint32_t i = 0; i < b->n_pairings; i++)
        ERR_TRY(pairing_read(&r, &b->pairings[i]));
    return byte_reader_end(&r);
}
