#include "common/msg/job.h"

#include <string.h>

enum err job_write(struct bytes_buf *out, const struct job *j)
{
    ERR_TRY(bytes_buf_append_be64(out, j->k));
    ERR_TRY(bytes_buf_append_be32(out, j->part));
    ERR_TRY(bytes_buf_append_u8(out, j->kind));
    ERR_TRY(bytes_buf_append_u8(out, j->n_traces));
    for (int i = 0; i < j->n_traces && i < 2; i++) {
        ERR_TRY(bytes_buf_append_be32(out, (uint32_t)j->traces[i].len));
        ERR_TRY(bytes_buf_append(out, j->traces[i].data, j->traces[i].len));
    }
    return ERR_OK;
}

enum err job_read(struct job *j, struct span body)
{
    struct byte_reader r = byte_reader_make(body);
    memset(j, 0, sizeof *j);
    ERR_TRY(byte_reader_be64(&r, &j->k));
    ERR_TRY(byte_reader_be32(&r, &j->part));
    ERR_TRY(byte_reader_u8(&r, &j->kind));
    ERR_TRY(byte_reader_u8(&r, &j->n_traces));
    if (j->kind != JOB_LEAF && j->kind != JOB_PAIRING) return ERR_PARSE;
    if (j->n_traces < 1 || j->n_traces > (j->kind == JOB_LEAF ? 1 : 2)) return ERR_PARSE;
    for (int i = 0; i < j->n_traces; i++) {
        uint32_t n = 0;
        ERR_TRY(byte_reader_be32(&r, &n));
        ERR_TRY(byte_reader_span(&r, &j->traces[i], n));
    }
    return byte_reader_end(&r);
}

enum err job_result_write(struct bytes_buf *out, const struct job_result *j)
{
    ERR_TRY(bytes_buf_append_be64(out, j->k));
    ERR_TRY(bytes_buf_append_be32(out, j->part));
    ERR_TRY(bytes_buf_append_u8(out, j->ok));
    ERR_TRY(bytes_buf_append_be64(out, j->prove_ms));
    ERR_TRY(bytes_buf_append_be32(out, (uint32_t)j->proof.len));
    return bytes_buf_append(out, j->proof.data, j->proof.len);
}

enum err job_result_read(struct job_result *j, struct span body)
{
    struct byte_reader r = byte_reader_make(body);
    uint32_t n = 0;
    memset(j, 0, sizeof *j);
    ERR_TRY(byte_reader_be64(&r, &j->k));
    ERR_TRY(byte_reader_be32(&r, &j->part));
    ERR_TRY(byte_reader_u8(&r, &j->ok));
    ERR_TRY(byte_reader_be64(&r, &j->prove_ms));
    ERR_TRY(byte_reader_be32(&r, &n));
    ERR_TRY(byte_reader_span(&r, &j->proof, n));
    if (j->ok > 1) return ERR_PARSE;
    return byte_reader_end(&r);
}
