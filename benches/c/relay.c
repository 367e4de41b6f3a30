#include "message.h"
#include "pace.h"
#include "socket.h"
#include "stamp.h"

static bool forward_one(int input, const int *outputs, int count, struct tally *tally,
                        struct sent *sent);

int bench_relay(const struct setup *setup, int input, const int *outputs, int count,
                struct tally *tally, const atomic_bool *stop, struct sent *sent)
{
    int epoll = watch(&input, 1, SRT_EPOLL_IN | SRT_EPOLL_ERR);
    if (epoll == -1)
        return -1;
    while (!atomic_load_explicit(stop, memory_order_relaxed)) {
        SRT_EPOLL_EVENT event;
        if (wait_for(epoll, &event, 1) == 0)
            continue;
        bool more;
        do {
            more = forward_one(input, outputs, count, tally, sent);
            /* Before it looks for more, so that there is some. */
            if (more && setup->rest_us > 0 && !has_more(input))
                sleep_us(setup->rest_us);
        } while (more && setup->drain && has_more(input));
        if (!more && srt_getlasterror(NULL) != SRT_EASYNCRCV)
            srt_epoll_remove_usock(epoll, input);
    }
    srt_epoll_release(epoll);
    return 0;
}

static bool forward_one(int input, const int *outputs, int count, struct tally *tally,
                        struct sent *sent)
{
    char message[SRT_LIVE_MAX_PLSIZE];
    int len = receive_message(input, message);
    if (len <= 0)
        return false;
    tally_message(tally, message, (size_t)len);
    for (int i = 0; i < count; i++) {
        /* An output without room goes without: the others do not wait for it. */
        if (send_message(outputs[i], message, len) == -1) {
            sent->failed += 1;
        } else {
            sent->messages += 1;
            sent->bytes += (uint64_t)len;
        }
    }
    return true;
}
