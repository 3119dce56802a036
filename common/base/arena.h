#ifndef COMMON_BASE_ARENA_H
#define COMMON_BASE_ARENA_H
/* Memory for one request or one batch, freed all at once.
 *
 * Threads:   one thread per arena.
 * Lifetime:  what it hands out lives until arena_reset or arena_deinit.
 * Limits:    the sum of everything handed out stays below the max given at init. */

#include <stddef.h>

#include "common/base/err.h"

struct arena_chunk;

struct arena {
    struct arena_chunk *head;
    size_t chunk_size;
    size_t used;
    size_t max;
};

/* chunk_size: bytes asked from malloc at a time (> 0); max: ceiling in bytes. Allocates nothing. */
void arena_init(struct arena *arena, size_t chunk_size, size_t max);
/* Zeroed memory aligned for any type; NULL past max or without memory. size 0 gives a valid
 * pointer. */
void *arena_alloc(struct arena *arena, size_t size) MUST_CHECK;
/* count * size, NULL on overflow too. */
void *arena_alloc_array(struct arena *arena, size_t count, size_t size) MUST_CHECK;
/* Copy with a zero byte after it. NULL as above. */
char *arena_strndup(struct arena *arena, const char *s, size_t len) MUST_CHECK;
/* Forgets everything, keeps one chunk. */
void arena_reset(struct arena *arena);
void arena_deinit(struct arena *arena);

#endif
