#include "stamp.h"

#include <string.h>

#include "pace.h"

struct head {
    uint64_t sent_ns;
    uint32_t stream;
    uint32_t sequence;
};

static void tally_time(struct tally *tally, uint64_t now, size_t len);

void stamp(char *message, uint32_t stream, uint32_t sequence)
{
    struct head head = {now_ns(), stream, sequence};
    memcpy(message, &head, sizeof head);
}

uint32_t stamp_stream(const char *message)
{
    struct head head;
    memcpy(&head, message, sizeof head);
    return head.stream;
}

void tally_message(struct tally *tally, const char *message, size_t len)
{
    struct head head;
    if (len < sizeof head)
        return;
    memcpy(&head, message, sizeof head);
    uint64_t now = now_ns();
    if (head.sequence < tally->capacity) {
        uint64_t bit = UINT64_C(1) << head.sequence % 64;
        if (tally->seen[head.sequence / 64] & bit)
            return;
        tally->seen[head.sequence / 64] |= bit;
    }
    if (tally->samples < tally->capacity) {
        uint64_t due = head.sent_ns + tally->delay_ns;
        uint64_t late_us = now > due ? (now - due) / 1000 : 0;
        tally->late_us[tally->samples++] = late_us < UINT32_MAX ? (uint32_t)late_us : UINT32_MAX;
    }
    tally->received += 1;
    tally_time(tally, now, len);
}

void tally_bytes(struct tally *tally, size_t len)
{
    tally_time(tally, now_ns(), len);
}

static void tally_time(struct tally *tally, uint64_t now, size_t len)
{
    if (tally->bytes == 0)
        tally->first_ns = now;
    tally->last_ns = now;
    tally->bytes += len;
}
