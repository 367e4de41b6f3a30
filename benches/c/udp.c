#define _GNU_SOURCE

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pace.h"
#include "stamp.h"

/* Datagrams taken or given at a time. */
enum { BATCH = 64 };

/* What the system lets everybody have is not enough for bursts. It gives what it can of this. */
enum { KERNEL_BUFFER = 8 * 1024 * 1024 };

/* How long a wait may take before the order to stop is looked for. */
enum { WAIT_US = 100 * 1000 };

struct batch {
    struct mmsghdr headers[BATCH];
    struct iovec parts[BATCH];
    char messages[BATCH][MESSAGE];
};

static int open_socket(void);
static void batch_init(struct batch *batch);
static void give(int socket, struct batch *batch, unsigned len, struct sent *sent);
static int failed(const char *what);

int bench_udp_listen(uint16_t *port)
{
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof local;
    int fd = open_socket();
    if (fd == -1)
        return -1;
    if (bind(fd, (struct sockaddr *)&local, len) == -1 ||
        getsockname(fd, (struct sockaddr *)&local, &len) == -1)
        return failed("bind");
    *port = ntohs(local.sin_port);
    return fd;
}

int bench_udp_call(const struct sockaddr_in *to)
{
    int fd = open_socket();
    if (fd != -1 && connect(fd, (const struct sockaddr *)to, sizeof *to) == -1)
        return failed("connect");
    return fd;
}

void bench_udp_close(int socket)
{
    close(socket);
}

int bench_udp_receive(int socket, struct tally *tallies, int count, const atomic_bool *stop)
{
    static struct batch batch;
    batch_init(&batch);
    while (!atomic_load_explicit(stop, memory_order_relaxed)) {
        int received = recvmmsg(socket, batch.headers, BATCH, MSG_WAITFORONE, NULL);
        for (int i = 0; i < received; i++) {
            uint32_t stream = stamp_stream(batch.messages[i]);
            if (stream < (uint32_t)count)
                tally_message(&tallies[stream], batch.messages[i], batch.headers[i].msg_len);
        }
    }
    return 0;
}

int bench_udp_send(int socket, int count, const struct load *load, const atomic_bool *stop,
                   struct sent *sent)
{
    static struct batch batch;
    batch_init(&batch);
    struct pace pace = pace_start();
    uint64_t next = 0;
    for (uint64_t tick = 1; next < load->messages; tick++) {
        pace_tick(&pace);
        if (atomic_load_explicit(stop, memory_order_relaxed))
            break;
        uint64_t due = (uint64_t)((double)tick * load->messages_per_tick);
        unsigned len = 0;
        for (; next < due && next < load->messages; next++) {
            uint64_t stream = next % (uint64_t)count;
            stamp(batch.messages[len++], (uint32_t)stream, (uint32_t)(next / (uint64_t)count));
            if (len == BATCH) {
                give(socket, &batch, len, sent);
                len = 0;
            }
        }
        give(socket, &batch, len, sent);
    }
    return 0;
}

static int open_socket(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    int buffer = KERNEL_BUFFER;
    struct timeval wait = {.tv_usec = WAIT_US};
    if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == -1 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer) == -1 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer) == -1)
        return failed("socket");
    return fd;
}

static void batch_init(struct batch *batch)
{
    memset(batch, 0, sizeof *batch);
    for (int i = 0; i < BATCH; i++) {
        batch->parts[i] = (struct iovec){batch->messages[i], MESSAGE};
        batch->headers[i].msg_hdr.msg_iov = &batch->parts[i];
        batch->headers[i].msg_hdr.msg_iovlen = 1;
    }
}

/* Gives the first `len` messages to the system. What it does not take is lost, as UDP is. */
static void give(int socket, struct batch *batch, unsigned len, struct sent *sent)
{
    unsigned next = 0;
    while (next < len) {
        int given = sendmmsg(socket, &batch->headers[next], len - next, 0);
        if (given <= 0) {
            sent->failed += 1;
            given = 1;
        } else {
            sent->messages += (uint64_t)given;
            sent->bytes += (uint64_t)given * MESSAGE;
        }
        next += (unsigned)given;
    }
}

static int failed(const char *what)
{
    fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
    return -1;
}
