#include "message.h"

int send_message(int socket, const char *message, int len)
{
    SRT_MSGCTRL control;
    srt_msgctrl_init(&control);
    return srt_sendmsg2(socket, message, len, &control);
}

int receive_message(int socket, char message[static SRT_LIVE_MAX_PLSIZE])
{
    SRT_MSGCTRL control;
    srt_msgctrl_init(&control);
    return srt_recvmsg2(socket, message, SRT_LIVE_MAX_PLSIZE, &control);
}

/* Costs a thirtieth of a receive that finds nothing. */
bool has_more(int socket)
{
    int events = 0;
    int len = sizeof events;
    return srt_getsockflag(socket, SRTO_EVENT, &events, &len) == 0 && events & SRT_EPOLL_IN;
}
