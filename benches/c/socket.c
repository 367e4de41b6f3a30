#include "socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "pace.h"

/* What a packet counts as in the size of a buffer: libsrt's MSS of 1500 without the headers of IPv4 and UDP. */
enum { BUFFERED = 1472 };

enum { CONNECT_TIMEOUT_MS = 10 * 1000 };

static int open_socket(const struct setup *setup);
static int start_call(const struct setup *setup, const struct sockaddr_in *to,
                      struct sockaddr_in *local);
static int set_int(int socket, SRT_SOCKOPT option, int value);
static int set_bool(int socket, SRT_SOCKOPT option, bool value);
static void set_slack(const struct setup *setup);
static void reset_slack(const struct setup *setup);

int bench_startup(void)
{
    if (srt_startup() == -1)
        return srt_failed("srt_startup");
    /* Only the worst; an empty backlog is an error to libsrt. */
    srt_setloglevel(LOG_CRIT);
    return 0;
}

void bench_cleanup(void)
{
    srt_cleanup();
}

int bench_listen(const struct setup *setup, int backlog, uint16_t *port)
{
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int len = sizeof local;
    int listener = open_socket(setup);
    if (listener == -1)
        return -1;
    set_slack(setup);
    int bound = srt_bind(listener, (struct sockaddr *)&local, len);
    reset_slack(setup);
    if (bound == -1 || srt_getsockname(listener, (struct sockaddr *)&local, &len) == -1 ||
        srt_listen(listener, backlog) == -1)
        return srt_failed("listening");
    *port = ntohs(local.sin_port);
    return listener;
}

int bench_accept(int listener, int *sockets, int count, const atomic_bool *stop, uint64_t *took_us)
{
    int epoll = watch(&listener, 1, SRT_EPOLL_IN | SRT_EPOLL_ERR);
    if (epoll == -1)
        return -1;
    uint64_t first = 0;
    uint64_t last = 0;
    int accepted = 0;
    while (accepted < count && !atomic_load_explicit(stop, memory_order_relaxed)) {
        SRT_EPOLL_EVENT event;
        if (wait_for(epoll, &event, 1) == 0)
            continue;
        int socket = srt_accept(listener, NULL, NULL);
        if (socket == -1)
            continue;
        last = now_ns();
        if (accepted == 0)
            first = last;
        sockets[accepted++] = socket;
    }
    srt_epoll_release(epoll);
    *took_us = (last - first) / 1000;
    return accepted;
}

int bench_call(const struct setup *setup, const struct sockaddr_in *to, int *sockets, int count)
{
    int epoll = srt_epoll_create();
    if (epoll == -1)
        return srt_failed("srt_epoll_create");
    const int watched = SRT_EPOLL_OUT | SRT_EPOLL_ERR;
    struct sockaddr_in local = {.sin_family = AF_INET};
    int called = 0;
    int in_flight = 0;
    int connected = 0;
    while (called < count || in_flight > 0) {
        while (called < count && in_flight < (int)setup->in_flight) {
            int socket = start_call(setup, to, &local);
            if (socket == -1)
                return -1;
            if (srt_epoll_add_usock(epoll, socket, &watched) == -1)
                return srt_failed("srt_epoll_add_usock");
            called++;
            in_flight++;
        }
        SRT_EPOLL_EVENT events[EVENTS];
        int ready = wait_for(epoll, events, EVENTS);
        for (int i = 0; i < ready; i++) {
            int socket = events[i].fd;
            srt_epoll_remove_usock(epoll, socket);
            in_flight--;
            if (!(events[i].events & SRT_EPOLL_ERR) && srt_getsockstate(socket) == SRTS_CONNECTED)
                sockets[connected++] = socket;
            else
                srt_close(socket);
        }
    }
    srt_epoll_release(epoll);
    return connected;
}

void bench_close(const int *sockets, int count)
{
    for (int i = 0; i < count; i++)
        srt_close(sockets[i]);
}

int lookup_init(struct lookup *lookup, const int *sockets, int count)
{
    unsigned size = 2;
    while (size < 2 * (unsigned)count)
        size *= 2;
    lookup->slots = malloc(size * sizeof *lookup->slots);
    if (lookup->slots == NULL) {
        perror("bench: malloc");
        return -1;
    }
    lookup->mask = size - 1;
    lookup->sockets = sockets;
    memset(lookup->slots, -1, size * sizeof *lookup->slots);
    for (int i = 0; i < count; i++) {
        unsigned slot = (unsigned)sockets[i] & lookup->mask;
        while (lookup->slots[slot] != -1)
            slot = (slot + 1) & lookup->mask;
        lookup->slots[slot] = i;
    }
    return 0;
}

int lookup_get(const struct lookup *lookup, int socket)
{
    unsigned slot = (unsigned)socket & lookup->mask;
    while (lookup->sockets[lookup->slots[slot]] != socket)
        slot = (slot + 1) & lookup->mask;
    return lookup->slots[slot];
}

void lookup_free(struct lookup *lookup)
{
    free(lookup->slots);
}

int watch(const int *sockets, int count, int events)
{
    int epoll = srt_epoll_create();
    if (epoll == -1)
        return srt_failed("srt_epoll_create");
    /* A wait for sockets that are all gone is a wait like any other. */
    srt_epoll_set(epoll, SRT_EPOLL_ENABLE_EMPTY);
    for (int i = 0; i < count; i++)
        if (srt_epoll_add_usock(epoll, sockets[i], &events) == -1)
            return srt_failed("srt_epoll_add_usock");
    return epoll;
}

int wait_for(int epoll, SRT_EPOLL_EVENT *events, int room)
{
    int ready = srt_epoll_uwait(epoll, events, room, WAIT_MS);
    /* Up to 1.5.4 there is one more than room when there are more. */
    return ready > room ? room : ready < 0 ? 0 : ready;
}

int srt_failed(const char *what)
{
    fprintf(stderr, "bench: %s: %s\n", what, srt_getlasterror_str());
    return -1;
}

static int open_socket(const struct setup *setup)
{
    int socket = srt_create_socket();
    if (socket == -1)
        return srt_failed("srt_create_socket");
    int window = (int)setup->window;
    bool failed = setup->file && set_int(socket, SRTO_TRANSTYPE, SRTT_FILE) == -1;
    failed = failed || set_bool(socket, SRTO_SNDSYN, false) == -1;
    failed = failed || set_bool(socket, SRTO_RCVSYN, false) == -1;
    failed = failed || set_int(socket, SRTO_CONNTIMEO, CONNECT_TIMEOUT_MS) == -1;
    if (!setup->file)
        failed = failed || set_int(socket, SRTO_LATENCY, (int)setup->latency_ms) == -1;
    if (window > 0) {
        failed = failed || set_int(socket, SRTO_FC, window) == -1;
        failed = failed || set_int(socket, SRTO_RCVBUF, window * BUFFERED) == -1;
    }
    if (setup->max_mbps > 0) {
        int64_t bytes = setup->max_mbps * INT64_C(125000);
        failed = failed || srt_setsockflag(socket, SRTO_MAXBW, &bytes, sizeof bytes) == -1;
    }
    return failed ? srt_failed("setting an option") : socket;
}

/* The first of those that share a port chooses it. */
static int start_call(const struct setup *setup, const struct sockaddr_in *to,
                      struct sockaddr_in *local)
{
    int len = sizeof *local;
    int socket = open_socket(setup);
    if (socket == -1)
        return -1;
    set_slack(setup);
    bool failed = setup->shared_port &&
                  (srt_bind(socket, (struct sockaddr *)local, len) == -1 ||
                   srt_getsockname(socket, (struct sockaddr *)local, &len) == -1);
    failed = failed || srt_connect(socket, (const struct sockaddr *)to, sizeof *to) == -1;
    reset_slack(setup);
    return failed ? srt_failed("calling") : socket;
}

static int set_int(int socket, SRT_SOCKOPT option, int value)
{
    return srt_setsockflag(socket, option, &value, sizeof value);
}

static int set_bool(int socket, SRT_SOCKOPT option, bool value)
{
    return srt_setsockflag(socket, option, &value, sizeof value);
}

/* Threads inherit the slack of the one that starts them. */
static void set_slack(const struct setup *setup)
{
    if (setup->slack_us > 0)
        prctl(PR_SET_TIMERSLACK, setup->slack_us * 1000UL, 0, 0, 0);
}

static void reset_slack(const struct setup *setup)
{
    if (setup->slack_us > 0)
        prctl(PR_SET_TIMERSLACK, 0, 0, 0, 0);
}
