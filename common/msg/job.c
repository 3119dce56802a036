#include "common/msg/job.h"

#include <string.h>

enum err job_envelope_write(struct bytes_buf *out, const struct job_envelope *e)
{
    ERR_TRY(bytes_buf_append(out, e->session, sizeof e->session));
    ERR_TRY(bytes_buf_append_be64(out, e->answers));
    return bytes_buf_append(out, e->body.data, e->body.len);
}

enum err job_envelope_read(struct job_envelope *out, struct span body)
{
    struct byte_reader r = byte_reader_make(body);
    ERR_TRY(byte_reader_copy(&r, out->session, sizeof out->session));
    ERR_TRY(byte_reader_be64(&r, &out->answers));
    return byte_reader_span(&r, &out->body, body.len - JOB_ENVELOPE_BYTES);
}

static enum err id_write(struct bytes_buf *out, const struct job_id *id)
{
    ERR_TRY(bytes_buf_append_be64(out, id->from));
    ERR_TRY(bytes_buf_append_be64(out, id->to));
    ERR_TRY(bytes_buf_append_u8(out, id->layer));
    ERR_TRY(bytes_buf_append_be16(out, id->index));
    return bytes_buf_append(out, id->content, sizeof id->content);
}

static enum err id_read(struct job_id *id, struct byte_reader *r)
{
    struct span content;
    ERR_TRY(byte_reader_be64(r, &id->from));
    ERR_TRY(byte_reader_be64(r, &id->to));
    ERR_TRY(byte_reader_u8(r, &id->layer));
    ERR_TRY(byte_reader_be16(r, &id->index));
    ERR_TRY(byte_reader_span(r, &content, sizeof id->content));
    memcpy(id->content, content.data, sizeof id->content);
    return id->from <= id->to ? ERR_OK : ERR_PARSE;
}

enum err job_write(struct bytes_buf *out, const struct job *j)
{
    if (j->n_inputs > JOB_INPUTS_MAX) return ERR_ARG;
    ERR_TRY(id_write(out, &j->id));
    ERR_TRY(bytes_buf_append_u8(out, j->n_inputs));
    for (int i = 0; i < j->n_inputs; i++) {
        ERR_TRY(bytes_buf_append_be32(out, (uint32_t)j->inputs[i].len));
        ERR_TRY(bytes_buf_append(out, j->inputs[i].data, j->inputs[i].len));
    }
    return ERR_OK;
}

enum err job_read(struct job *j, struct span body)
{
    struct byte_reader r = byte_reader_make(body);
    memset(j, 0, sizeof *j);
    ERR_TRY(id_read(&j->id, &r));
    ERR_TRY(byte_reader_u8(&r, &j->n_inputs));
    if (j->n_inputs < 1 || j->n_inputs > JOB_INPUTS_MAX) return ERR_PARSE;
    for (int i = 0; i < j->n_inputs; i++) {
        uint32_t n = 0;
        ERR_TRY(byte_reader_be32(&r, &n));
        ERR_TRY(byte_reader_span(&r, &j->inputs[i], n));
    }
    return byte_reader_end(&r);
}

enum err job_result_write(struct bytes_buf *out, const struct job_result *j)
{
    ERR_TRY(id_write(out, &j->id));
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
    ERR_TRY(id_read(&j->id, &r));
    ERR_TRY(byte_reader_u8(&r, &j->ok));
    ERR_TRY(byte_reader_be64(&r, &j->prove_ms));
    ERR_TRY(byte_reader_be32(&r, &n));
    ERR_TRY(byte_reader_span(&r, &j->proof, n));
    if (j->ok > 1) return ERR_PARSE;
    return byte_reader_end(&r);
}
