/* One message, into and out of a socket. */
#pragma once

#include <srt/srt.h>
#include <stdbool.h>

#include "bench.h"

/* Both return the length or -1, and then srt_getlasterror says why. */
int send_message(int socket, const char *message, int len);
int receive_message(int socket, char message[static SRT_LIVE_MAX_PLSIZE]);

/* Whether there is more to receive. */
bool has_more(int socket);
