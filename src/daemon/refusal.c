/* SPDX-License-Identifier: MIT */
#include "refusal.h"

#include "problem.h"
#include "text.h"
#include "tls.h"
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

bool refusal_make(const struct config *config, struct refusal *ret_refusal)
{
    const struct problem *problem = problem_find("too-many-connections");
    struct text body = {.bytes = NULL}, text = {.bytes = NULL};
    char length[32];

    /* None of this needs to be escaped: the words are ours, and a base URL has no quotes. */
    text_put(&body, "{\"type\":\"");
    text_put(&body, config->base_url);
    text_put(&body, "/problems/");
    text_put(&body, problem->slug);
    text_put(&body, "\",\"title\":\"");
    text_put(&body, problem->title.en);
    text_put(&body, "\",\"status\":503,\"detail\":\"");
    text_put(&body, problem->meaning.en);
    text_put(&body, "\",\"instance\":\"/\"}\n");
    text_put(&text, "Server: smestatd\r\nContent-Type: application/problem+json\r\n"
                    "Content-Language: en\r\nVary: Accept-Language\r\nCache-Control: "
                    "no-store\r\nX-Content-Type-Options: nosniff\r\n");
    if (strcmp(config->cors_origin, "*") == 0)
        text_put(&text, "Access-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: Retry-After\r\n");
    (void)snprintf(length, sizeof length, "%zu", body.length);
    text_put(&text, "Retry-After: 1\r\nConnection: close\r\nContent-Length: ");
    text_put(&text, length);
    text_put(&text, "\r\n\r\n");
    if (!body.failed)
        text_add(&text, body.bytes, body.length);
    bool done = !body.failed && !text.failed;
    text_finish(&body);
    if (done)
        *ret_refusal = (struct refusal){.bytes = text.bytes, .length = text.length};
    else
        text_finish(&text);
    return done;
}

void refusal_finish(struct refusal *refusal)
{
    free(refusal->bytes);
    refusal->bytes = NULL;
}

static void send_answer(const struct refusal *refusal, int fd)
{
    char begin[128];
    struct tm parts;
    time_t now = time(NULL);
    size_t length =
        strftime(begin, sizeof begin, "HTTP/1.1 503 Service Unavailable\r\nDate: %a, %d %b %Y %H:%M:%S GMT\r\n",
                 gmtime_r(&now, &parts));
    struct iovec pieces[] = {
        {.iov_base = begin, .iov_len = length},
        {.iov_base = refusal->bytes, .iov_len = refusal->length},
    };
    const struct msghdr message = {.msg_iov = pieces, .msg_iovlen = sizeof pieces / sizeof pieces[0]};

    /* A new connection has room for it. */
    (void)sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void refusal_send(const struct refusal *refusal, int fd, bool tls, bool lingers)
{
    if (tls)
        tls_refuse(fd);
    else
        send_answer(refusal, fd);
    if (lingers)
        wire_linger(fd);
    else
        (void)close(fd);
}
