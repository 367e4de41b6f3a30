#include <stdlib.h>

#include "message.h"
#include "pace.h"
#include "socket.h"
#include "stamp.h"

struct receiver {
    const struct setup *setup;
    const int *sockets;
    int count;
    struct lookup lookup;
    struct tally *tallies;
    /* Whether the stream has ended. */
    bool *ended;
    int epoll;
};

static int open_receiver(struct receiver *receiver);
static void close_receiver(struct receiver *receiver);
static int serve_events(struct receiver *receiver);
static int sweep(struct receiver *receiver);
static int serve(struct receiver *receiver, int stream);
static bool receive_one(const struct setup *setup, int socket, struct tally *tally);

int bench_receive(const struct setup *setup, const int *sockets, int count, struct tally *tallies,
                  const atomic_bool *stop)
{
    struct receiver receiver = {setup, sockets, count, .tallies = tallies};
    if (open_receiver(&receiver) == -1)
        return -1;
    while (!atomic_load_explicit(stop, memory_order_relaxed)) {
        int served = serve_events(&receiver);
        /* While there is something each time, asking the sockets is cheaper than waiting for events. */
        while (setup->rest_us > 0 && served > 0 && !atomic_load_explicit(stop, memory_order_relaxed)) {
            sleep_us(setup->rest_us);
            served = sweep(&receiver);
        }
    }
    close_receiver(&receiver);
    return 0;
}

static int open_receiver(struct receiver *receiver)
{
    receiver->ended = calloc((size_t)receiver->count + 1, sizeof *receiver->ended);
    if (receiver->ended == NULL ||
        lookup_init(&receiver->lookup, receiver->sockets, receiver->count) == -1)
        return -1;
    receiver->epoll = watch(receiver->sockets, receiver->count, SRT_EPOLL_IN | SRT_EPOLL_ERR);
    return receiver->epoll;
}

static void close_receiver(struct receiver *receiver)
{
    srt_epoll_release(receiver->epoll);
    lookup_free(&receiver->lookup);
    free(receiver->ended);
}

static int serve_events(struct receiver *receiver)
{
    SRT_EPOLL_EVENT events[EVENTS];
    int ready = wait_for(receiver->epoll, events, EVENTS);
    int served = 0;
    for (int i = 0; i < ready; i++)
        served += serve(receiver, lookup_get(&receiver->lookup, events[i].fd));
    return served;
}

static int sweep(struct receiver *receiver)
{
    int served = 0;
    for (int i = 0; i < receiver->count; i++)
        if (!receiver->ended[i] && has_more(receiver->sockets[i]))
            served += serve(receiver, i);
    return served;
}

/* Returns how many messages there were. */
static int serve(struct receiver *receiver, int stream)
{
    const struct setup *setup = receiver->setup;
    int socket = receiver->sockets[stream];
    int received = 0;
    do {
        if (!receive_one(setup, socket, &receiver->tallies[stream])) {
            if (srt_getlasterror(NULL) != SRT_EASYNCRCV) {
                srt_epoll_remove_usock(receiver->epoll, socket);
                receiver->ended[stream] = true;
            }
            break;
        }
        received++;
    } while (setup->drain && has_more(socket));
    return received;
}

static bool receive_one(const struct setup *setup, int socket, struct tally *tally)
{
    if (setup->file) {
        char chunk[CHUNK];
        int len = srt_recv(socket, chunk, sizeof chunk);
        if (len > 0)
            tally_bytes(tally, (size_t)len);
        return len > 0;
    }
    char message[SRT_LIVE_MAX_PLSIZE];
    int len = receive_message(socket, message);
    if (len > 0)
        tally_message(tally, message, (size_t)len);
    return len > 0;
}
