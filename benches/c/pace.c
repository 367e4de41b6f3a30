#include "pace.h"

#include <errno.h>

enum { TICK_NS = 1000 * 1000, SECOND_NS = 1000 * 1000 * 1000 };

struct pace pace_start(void)
{
    struct pace pace;
    clock_gettime(CLOCK_MONOTONIC, &pace.next);
    return pace;
}

void pace_tick(struct pace *pace)
{
    pace->next.tv_nsec += TICK_NS;
    if (pace->next.tv_nsec >= SECOND_NS) {
        pace->next.tv_nsec -= SECOND_NS;
        pace->next.tv_sec += 1;
    }
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &pace->next, NULL) == EINTR)
        ;
}

uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

void sleep_us(uint32_t time)
{
    struct timespec rest = {time / (1000 * 1000), (long)(time % (1000 * 1000)) * 1000};
    while (nanosleep(&rest, &rest) == -1 && errno == EINTR)
        ;
}
