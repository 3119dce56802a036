#include "core/batch/publics.h"

#include <string.h>

static uint32_t *put_u32(uint32_t *p, uint32_t v)
{
    p[0] = v & 0xffff;
    p[1] = v >> 16;
    return p + 2;
}

static uint32_t *put_digest(uint32_t *p, const uint32_t e[8])
{
    memcpy(p, e, 8 * sizeof *p);
    return p + 8;
}

static uint32_t *put_bytes32(uint32_t *p, const uint8_t b[32])
{
    for (int i = 0; i < 16; i++)
        p[i] = (uint32_t)b[2 * i] << 8 | b[2 * i + 1];
    return p + 16;
}

void leaf_publics(uint32_t out[LEAF_PUBLICS], const struct chain_trace *t)
{
    uint32_t dep[8];
    uint32_t *p = out;
    deployment_elements(dep, t->deployment_id);
    *p++ = t->chain;
    p = put_u32(p, t->k);
    p = put_u32(p, t->time);
    *p++ = t->segment;
    *p++ = t->of;
    p = put_digest(p, dep);
    p = put_digest(p, t->root_before.e);
    p = put_digest(p, t->root_after.e);
    p = put_bytes32(p, t->segment_hash);
    p = put_digest(p, t->tuple_digest.e);
    *p = t->n_tuples;
}

void leaf_blob_publics(uint32_t out[LEAF_BLOB_PUBLICS], const struct chain_trace *t)
{
    leaf_publics(out, t);
    uint32_t *p = out + LEAF_PUBLICS;
    p = put_bytes32(p, t->blob.z);
    p = put_bytes32(p, t->blob.a_before);
    p = put_bytes32(p, t->blob.b_before);
    p = put_bytes32(p, t->blob.a_after);
    (void)put_bytes32(p, t->blob.b_after);
}
