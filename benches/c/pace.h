/* The clock of the senders. */
#pragma once

#include <stdint.h>
#include <time.h>

/* A tick each millisecond; those that were missed follow at once. */
struct pace {
    struct timespec next;
};

struct pace pace_start(void);
void pace_tick(struct pace *pace);

/* The monotonic clock. */
uint64_t now_ns(void);
void sleep_us(uint32_t time);
