#include "common/msg/gate.h"

#include <stdlib.h>
#include <string.h>

static enum err request_write(struct bytes_buf *out, const struct gate_request *q)
{
    if (q->n_records < 1 || q->n_records > 2) return ERR_ARG;
    if (q->bytes.len > GATE_REQUEST_MAX) return ERR_TOO_LARGE;
    ERR_TRY(bytes_buf_append_u8(out, q->n_records));
    for (int i = 0; i < q->n_records; i++) {
        ERR_TRY(bytes_buf_append_be16(out, q->chain[i]));
        ERR_TRY(bytes_buf_append_be32(out, q->record[i]));
    }
    ERR_TRY(bytes_buf_append_be32(out, (uint32_t)q->bytes.len));
    return bytes_buf_append(out, q->bytes.data, q->bytes.len);
}

static enum err request_read(struct gate_request *q, struct byte_reader *r)
{
    uint32_t n = 0;
    ERR_TRY(byte_reader_u8(r, &q->n_records));
    if (q->n_records < 1 || q->n_records > 2) return ERR_PARSE;
    for (int i = 0; i < q->n_records; i++) {
        ERR_TRY(byte_reader_be16(r, &q->chain[i]));
        ERR_TRY(byte_reader_be32(r, &q->record[i]));
    }
    ERR_TRY(byte_reader_be32(r, &n));
    if (n > GATE_REQUEST_MAX) return ERR_PARSE;
    return byte_reader_span(r, &q->bytes, n);
}

static enum err part_write(struct bytes_buf *out, const struct gate_part *p)
{
    if (p->n_segments < 1 || p->n_segments > GATE_SEGMENTS_MAX) return ERR_ARG;
    ERR_TRY(bytes_buf_append_be16(out, p->chain));
    ERR_TRY(bytes_buf_append_u8(out, p->blob ? 1 : 0));
    ERR_TRY(bytes_buf_append(out, p->root_after, 32));
    ERR_TRY(bytes_buf_append_u8(out, (uint8_t)p->n_segments));
    for (uint32_t i = 0; i < p->n_segments; i++) {
        const struct gate_segment *s = &p->segments[i];
        if (s->bytes.len > GATE_SEGMENT_MAX) return ERR_TOO_LARGE;
        ERR_TRY(bytes_buf_append_u8(out, s->slice));
        ERR_TRY(bytes_buf_append_be32(out, (uint32_t)s->bytes.len));
        ERR_TRY(bytes_buf_append(out, s->bytes.data, s->bytes.len));
    }
    return ERR_OK;
}

static enum err part_read(struct gate_part *p, struct byte_reader *r)
{
    uint8_t n = 0;
    uint8_t blob = 0;
    ERR_TRY(byte_reader_be16(r, &p->chain));
    ERR_TRY(byte_reader_u8(r, &blob));
    if (blob > 1) return ERR_PARSE;
    p->blob = blob == 1;
    ERR_TRY(byte_reader_copy(r, p->root_after, 32));
    ERR_TRY(byte_reader_u8(r, &n));
    if (n < 1 || n > GATE_SEGMENTS_MAX) return ERR_PARSE;
    p->n_segments = n;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t len = 0;
        ERR_TRY(byte_reader_u8(r, &p->segments[i].slice));
        ERR_TRY(byte_reader_be32(r, &len));
        if (len > GATE_SEGMENT_MAX) return ERR_PARSE;
        ERR_TRY(byte_reader_span(r, &p->segments[i].bytes, len));
    }
    return ERR_OK;
}

enum err gate_ask_write(struct bytes_buf *out, const struct gate_ask *a)
{
    if (a->n_parts > GATE_PARTICIPANTS_MAX) return ERR_ARG;
    ERR_TRY(bytes_buf_append_be64(out, a->k));
    ERR_TRY(bytes_buf_append_be64(out, a->time));
    ERR_TRY(bytes_buf_append(out, a->final_root_before, 32));
    ERR_TRY(bytes_buf_append(out, a->final_root_after, 32));
    ERR_TRY(bytes_buf_append(out, a->statement, 32));
    ERR_TRY(bytes_buf_append_be32(out, a->n_parts));
    for (uint32_t i = 0; i < a->n_parts; i++)
        ERR_TRY(part_write(out, &a->parts[i]));
    if (a->n_requests > GATE_REQUESTS_MAX) return ERR_ARG;
    ERR_TRY(bytes_buf_append_be32(out, a->n_requests));
    for (uint32_t i = 0; i < a->n_requests; i++)
        ERR_TRY(request_write(out, &a->requests[i]));
    return ERR_OK;
}

static enum err requests_read(struct gate_ask *a, struct byte_reader *r)
{
    uint32_t n = 0;
    ERR_TRY(byte_reader_be32(r, &n));
    if (n > GATE_REQUESTS_MAX) return ERR_PARSE;
    if (n == 0) return ERR_OK;
    a->requests = calloc(n, sizeof *a->requests);
    if (a->requests == NULL) return ERR_NOMEM;
    a->n_requests = n;
    for (uint32_t i = 0; i < n; i++)
        ERR_TRY(request_read(&a->requests[i], r));
    return ERR_OK;
}

static enum err ask_read(struct gate_ask *a, struct byte_reader *r)
{
    ERR_TRY(byte_reader_be64(r, &a->k));
    ERR_TRY(byte_reader_be64(r, &a->time));
    ERR_TRY(byte_reader_copy(r, a->final_root_before, 32));
    ERR_TRY(byte_reader_copy(r, a->final_root_after, 32));
    ERR_TRY(byte_reader_copy(r, a->statement, 32));
    ERR_TRY(byte_reader_be32(r, &a->n_parts));
    if (a->n_parts > GATE_PARTICIPANTS_MAX) return ERR_PARSE;
    for (uint32_t i = 0; i < a->n_parts; i++)
        ERR_TRY(part_read(&a->parts[i], r));
    ERR_TRY(requests_read(a, r));
    return byte_reader_end(r);
}

enum err gate_ask_read(struct gate_ask *a, struct span body)
{
    struct byte_reader r = byte_reader_make(body);
    memset(a, 0, sizeof *a);
    enum err err = ask_read(a, &r);
    if (err != ERR_OK) gate_ask_deinit(a);
    return err;
}

void gate_ask_deinit(struct gate_ask *a)
{
    free(a->requests);
    a->requests = NULL;
    a->n_requests = 0;
}

enum err gate_answer_write(struct bytes_buf *out, const struct gate_answer *a)
{
    size_t n = strnlen(a->text, GATE_TEXT_MAX - 1);
    ERR_TRY(bytes_buf_append_u8(out, a->verdict));
    ERR_TRY(bytes_buf_append_be64(out, a->k));
    ERR_TRY(bytes_buf_append_be16(out, a->chain));
    ERR_TRY(bytes_buf_append_be32(out, a->record));
    ERR_TRY(bytes_buf_append(out, a->statement, 32));
    ERR_TRY(bytes_buf_append_be16(out, (uint16_t)n));
    return bytes_buf_append(out, a->text, n);
}

enum err gate_answer_read(struct gate_answer *a, struct span body)
{
    struct byte_reader r = byte_reader_make(body);
    uint16_t n = 0;
    memset(a, 0, sizeof *a);
    ERR_TRY(byte_reader_u8(&r, &a->verdict));
    ERR_TRY(byte_reader_be64(&r, &a->k));
    ERR_TRY(byte_reader_be16(&r, &a->chain));
    ERR_TRY(byte_reader_be32(&r, &a->record));
    ERR_TRY(byte_reader_copy(&r, a->statement, 32));
    ERR_TRY(byte_reader_be16(&r, &n));
    if (a->verdict < GATE_APPROVED || a->verdict > GATE_EXPECTS) return ERR_PARSE;
    if (n >= GATE_TEXT_MAX) return ERR_PARSE;
    ERR_TRY(byte_reader_copy(&r, a->text, n));
    for (uint16_t i = 0; i < n; i++) {
        if ((unsigned char)a->text[i] < 0x20) a->text[i] = ' ';
    }
    return byte_reader_end(&r);
}
