#include <stdlib.h>

#include "message.h"
#include "pace.h"
#include "socket.h"
#include "stamp.h"

/* A stream that is filled as fast as it takes. */
struct flow {
    uint64_t left;
    uint32_t sequence;
};

static int flood_one(const struct setup *setup, int socket, uint32_t stream, struct flow *flow,
                     struct sent *sent);
static void wait_until_acknowledged(const int *sockets, int count, const atomic_bool *stop);

int bench_send(const int *sockets, int count, const struct load *load, const atomic_bool *stop,
               struct sent *sent)
{
    char message[MESSAGE] = {0};
    struct pace pace = pace_start();
    uint64_t next = 0;
    for (uint64_t tick = 1; next < load->messages; tick++) {
        pace_tick(&pace);
        if (atomic_load_explicit(stop, memory_order_relaxed))
            break;
        uint64_t due = (uint64_t)((double)tick * load->messages_per_tick);
        for (; next < due && next < load->messages; next++) {
            uint64_t stream = next % (uint64_t)count;
            stamp(message, (uint32_t)stream, (uint32_t)(next / (uint64_t)count));
            if (send_message(sockets[stream], message, MESSAGE) != -1) {
                sent->messages += 1;
                sent->bytes += sizeof message;
            } else if (srt_getlasterror(NULL) == SRT_EASYNCSND) {
                /* With the next tick. */
                break;
            } else {
                sent->failed += 1;
            }
        }
    }
    return 0;
}

int bench_flood(const struct setup *setup, const int *sockets, int count, uint64_t bytes,
                const atomic_bool *stop, struct sent *sent)
{
    struct lookup lookup;
    struct flow *flows = calloc((size_t)count, sizeof *flows);
    if (flows == NULL || lookup_init(&lookup, sockets, count) == -1)
        return -1;
    int epoll = watch(sockets, count, SRT_EPOLL_OUT | SRT_EPOLL_ERR);
    if (epoll == -1)
        return -1;
    for (int i = 0; i < count; i++)
        flows[i].left = bytes / (uint64_t)count;
    int flowing = count;
    while (flowing > 0 && !atomic_load_explicit(stop, memory_order_relaxed)) {
        SRT_EPOLL_EVENT events[EVENTS];
        int ready = wait_for(epoll, events, EVENTS);
        for (int i = 0; i < ready; i++) {
            int socket = events[i].fd;
            int stream = lookup_get(&lookup, socket);
            struct flow *flow = &flows[stream];
            int went;
            do {
                went = flood_one(setup, socket, (uint32_t)stream, flow, sent);
            } while (went != -1 && flow->left > 0 && setup->drain);
            bool dead = went == -1 && srt_getlasterror(NULL) != SRT_EASYNCSND;
            if (dead || flow->left == 0) {
                srt_epoll_remove_usock(epoll, socket);
                flowing--;
            }
        }
    }
    srt_epoll_release(epoll);
    lookup_free(&lookup);
    free(flows);
    wait_until_acknowledged(sockets, count, stop);
    return 0;
}

static int flood_one(const struct setup *setup, int socket, uint32_t stream, struct flow *flow,
                     struct sent *sent)
{
    int went;
    if (setup->file) {
        static const char chunk[CHUNK];
        went = srt_send(socket, chunk, flow->left < CHUNK ? (int)flow->left : CHUNK);
    } else {
        char message[MESSAGE] = {0};
        stamp(message, stream, flow->sequence);
        went = send_message(socket, message, MESSAGE);
    }
    if (went == -1)
        return -1;
    flow->left -= flow->left < (uint64_t)went ? flow->left : (uint64_t)went;
    flow->sequence += 1;
    sent->messages += 1;
    sent->bytes += (uint64_t)went;
    return went;
}

static void wait_until_acknowledged(const int *sockets, int count, const atomic_bool *stop)
{
    for (int i = 0; i < count; i++) {
        size_t blocks = 0;
        while (!atomic_load_explicit(stop, memory_order_relaxed) &&
               srt_getsndbuffer(sockets[i], &blocks, NULL) != -1 && blocks > 0)
            sleep_us(1000);
    }
}
