#include "common/base/arena.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"

struct arena_chunk {
    struct arena_chunk *next;
    size_t size; /* of data */
    size_t used;
    max_align_t data[];
};

#define ARENA_ALIGN _Alignof(max_align_t)

void arena_init(struct arena *arena, size_t chunk_size, size_t max)
{
    REQUIRE(chunk_size > 0);
    REQUIRE(max > 0);
    *arena = (struct arena){.chunk_size = chunk_size, .max = max};
}

static struct arena_chunk *chunk_new(size_t size)
{
    if (size > SIZE_MAX - sizeof(struct arena_chunk)) return NULL;
    struct arena_chunk *chunk = malloc(sizeof *chunk + size);
    if (chunk == NULL) return NULL;
    chunk->next = NULL;
    chunk->size = size;
    chunk->used = 0;
    return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > arena->max) return NULL;
    size = (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (size == 0) size = ARENA_ALIGN;
    if (size > arena->max - arena->used) return NULL;
    struct arena_chunk *chunk = arena->head;
    if (chunk == NULL || chunk->size - chunk->used < size) {
        chunk = chunk_new(size > arena->chunk_size ? size : arena->chunk_size);
        if (chunk == NULL) return NULL;
        chunk->next = arena->head;
        arena->head = chunk;
    }
    void *out = (uint8_t *)chunk->data + chunk->used;
    chunk->used += size;
    arena->used += size;
    memset(out, 0, size);
    return out;
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) return NULL;
    return arena_alloc(arena, total);
}

char *arena_strndup(struct arena *arena, const char *s, size_t len)
{
    if (len == SIZE_MAX) return NULL;
    char *out = arena_alloc(arena, len + 1);
    if (out != NULL && len > 0) memcpy(out, s, len);
    return out;
}

void arena_reset(struct arena *arena)
{
    while (arena->head != NULL && arena->head->next != NULL) {
        struct arena_chunk *next = arena->head->next;
        free(arena->head);
        arena->head = next;
    }
    if (arena->head != NULL) arena->head->used = 0;
    arena->used = 0;
}

void arena_deinit(struct arena *arena)
{
    arena_reset(arena);
    free(arena->head);
    arena->head = NULL;
}
