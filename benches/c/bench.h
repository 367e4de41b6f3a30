/*
 * The measured programs in C: what their Rust half calls, which is benches/compare/role/c.rs.
 *
 * - stamp.c    what a message says of itself, and what a receiver notes of it
 * - pace.c     the clock of the senders
 * - message.c  one message, into and out of a socket
 * - socket.c   libsrt's sockets: made, called, accepted, closed
 * - receive.c  takes what comes
 * - send.c     sends at a rate, or as fast as it goes
 * - relay.c    takes from one and sends to many
 * - udp.c      the same without SRT
 *
 * Functions that can fail return -1 and have said why on standard error.
 */
#pragma once

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* What fits into one packet, in bytes. */
enum { MESSAGE = 1316 };

/* What is read or written at a time when a stream has no messages, in bytes. */
enum { CHUNK = 64 * 1024 };

/* How sockets are made and served. */
struct setup {
    uint32_t latency_ms;
    /* Flow window and receive buffer in packets; 0 is libsrt's own choice. */
    uint32_t window;
    /* Limit of what is sent, in Mbit/s; 0 is libsrt's own choice. */
    uint32_t max_mbps;
    /* Timer slack of the threads that libsrt starts for a port; 0 is the system's choice. */
    uint32_t slack_us;
    /* How many calls may be under way. */
    uint32_t in_flight;
    /* How long events may gather after each batch of them. */
    uint32_t rest_us;
    /* A stream of bytes instead of live messages. */
    bool file;
    /* All callers of one UDP port. */
    bool shared_port;
    /* Take all that a socket has, not one message an event. */
    bool drain;
};

/* What was received on one stream. */
struct tally {
    /* By how much each message was late, and a bit for each sequence number; both for `capacity` of them. */
    uint32_t *late_us;
    uint64_t *seen;
    uint32_t capacity;
    uint32_t samples;
    /* How old a message is when it is in time. */
    uint64_t delay_ns;
    uint64_t received;
    uint64_t bytes;
    uint64_t first_ns;
    uint64_t last_ns;
};

/* What was sent on all streams together. */
struct sent {
    uint64_t messages;
    uint64_t bytes;
    /* Messages that were due on a stream that is no more. */
    uint64_t failed;
};

/* Messages at a rate. */
struct load {
    /* Of all streams together. */
    double messages_per_tick;
    uint64_t messages;
};

int bench_startup(void);
void bench_cleanup(void);
int bench_listen(const struct setup *setup, int backlog, uint16_t *port);
/* Returns how many have connected when it ends, which is at `count` or when told to stop. */
int bench_accept(int listener, int *sockets, int count, const atomic_bool *stop, uint64_t *took_us);
/* Returns how many are connected in the end, which come first in `sockets`. */
int bench_call(const struct setup *setup, const struct sockaddr_in *to, int *sockets, int count);
void bench_close(const int *sockets, int count);

int bench_receive(const struct setup *setup, const int *sockets, int count, struct tally *tallies,
                  const atomic_bool *stop);
int bench_send(const int *sockets, int count, const struct load *load, const atomic_bool *stop,
               struct sent *sent);
/* Returns when the peers have everything. */
int bench_flood(const struct setup *setup, const int *sockets, int count, uint64_t bytes,
                const atomic_bool *stop, struct sent *sent);
int bench_relay(const struct setup *setup, int input, const int *outputs, int count,
                struct tally *tally, const atomic_bool *stop, struct sent *sent);

int bench_udp_listen(uint16_t *port);
int bench_udp_call(const struct sockaddr_in *to);
void bench_udp_close(int socket);
int bench_udp_receive(int socket, struct tally *tallies, int count, const atomic_bool *stop);
int bench_udp_send(int socket, int count, const struct load *load, const atomic_bool *stop,
                   struct sent *sent);
