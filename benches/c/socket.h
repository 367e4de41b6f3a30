/* libsrt's sockets. */
#pragma once

#include <srt/srt.h>
#include <stdbool.h>

#include "bench.h"

/* How long a wait may take before the order to stop is looked for. */
enum { WAIT_MS = 100 };

/* What an epoll reports at a time; sockets beyond these are reported next. */
enum { EVENTS = 1024 };

/* Which of some sockets, by id. */
struct lookup {
    int *slots;
    unsigned mask;
    const int *sockets;
};

int lookup_init(struct lookup *lookup, const int *sockets, int count);
int lookup_get(const struct lookup *lookup, int socket);
void lookup_free(struct lookup *lookup);

/* An epoll that reports `events` of the sockets for as long as they are there; or -1. */
int watch(const int *sockets, int count, int events);
/* As srt_epoll_uwait, with never more events than there is room for. */
int wait_for(int epoll, SRT_EPOLL_EVENT *events, int room);

/* Says why the last call failed, and returns -1. */
int srt_failed(const char *what);
