/* What a message says of itself, in the host's byte order: when it was sent (8 bytes, the monotonic clock in ns), on
 * which stream (4) and as the how manieth of that (4). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "bench.h"

void stamp(char *message, uint32_t stream, uint32_t sequence);
uint32_t stamp_stream(const char *message);

/* Notes a message. One that was there before does not count again. */
void tally_message(struct tally *tally, const char *message, size_t len);
/* Notes a part of a stream of bytes. */
void tally_bytes(struct tally *tally, size_t len);
