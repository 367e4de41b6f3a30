#include "message.h"
#include "pace.h"
#include "socket.h"
#include "stamp.h"

struct receiver {
    const struct setup *setup;
    struct lookup lookup;
    struct tally *tallies;
    int epoll;
};

static void serve(const struct receiver *receiver, int socket);
static bool receive_one(const struct setup *setup, int socket, struct tally *tally);

int bench_receive(const struct setup *setup, const int *sockets, int count, struct tally *tallies,
                  const atomic_bool *stop)
{
    struct receiver receiver = {.setup = setup, .tallies = tallies};
    if (lookup_init(&receiver.lookup, sockets, count) == -1)
        return -1;
    receiver.epoll = watch(sockets, count, SRT_EPOLL_IN | SRT_EPOLL_ERR);
    if (receiver.epoll == -1)
        return -1;
    while (!atomic_load_explicit(stop, memory_order_relaxed)) {
        SRT_EPOLL_EVENT events[EVENTS];
        int ready = wait_for(receiver.epoll, events, EVENTS);
        for (int i = 0; i < ready; i++)
            serve(&receiver, events[i].fd);
        if (ready > 0 && setup->rest_us > 0)
            sleep_us(setup->rest_us);
    }
    srt_epoll_release(receiver.epoll);
    lookup_free(&receiver.lookup);
    return 0;
}

static void serve(const struct receiver *receiver, int socket)
{
    struct tally *tally = &receiver->tallies[lookup_get(&receiver->lookup, socket)];
    do {
        if (!receive_one(receiver->setup, socket, tally)) {
            if (srt_getlasterror(NULL) != SRT_EASYNCRCV)
                srt_epoll_remove_usock(receiver->epoll, socket);
            return;
        }
    } while (receiver->setup->drain && has_more(socket));
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
