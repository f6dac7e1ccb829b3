/* SPDX-License-Identifier: MIT */
/*
 * The least that a server can do: one epoll loop that looks for the end of each request's head, parses nothing of it, and
 * sends fixed bytes. `loop REPLY` serves the file REPLY, an answer as it came (`curl -i`), on a port of the system's choice,
 * prints the port, and serves until it is killed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REPLY_MAX = 1 << 24, DESCRIPTORS = 1 << 15 };

static const char end_of_head[] = "\r\n\r\n";
static unsigned char matched[DESCRIPTORS]; /* bytes of end_of_head that a connection has sent last */
static char *reply;
static size_t reply_length;

static void die(const char *what)
{
    fprintf(stderr, "loop: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void read_reply(const char *path)
{
    FILE *file = fopen(path, "r");

    reply = malloc(REPLY_MAX);
    if (!file || !reply)
        die(path);
    reply_length = fread(reply, 1, REPLY_MAX, file);
    fclose(file);
}

static int listen_on_loopback(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, SOMAXCONN) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        die("listen");
    printf("%u\n", (unsigned)ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void greet(int epoll, int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC), one = 1;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    if (fd < 0 || fd >= DESCRIPTORS || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        die("accept");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    matched[fd] = 0;
}

/* Sends an answer for each head that has come to its end. Sockets block, so an answer is sent whole. */
static void answer(int fd)
{
    static char bytes[16 * 1024];
    ssize_t got = recv(fd, bytes, sizeof bytes, 0);

    if (got <= 0) {
        close(fd);
        return;
    }
    for (ssize_t i = 0; i < got; i++) {
        matched[fd] = bytes[i] == end_of_head[matched[fd]] ? matched[fd] + 1 : bytes[i] == '\r';
        if (matched[fd] < sizeof end_of_head - 1)
            continue;
        matched[fd] = 0;
        if (send(fd, reply, reply_length, MSG_NOSIGNAL) != (ssize_t)reply_length) {
            close(fd);
            return;
        }
    }
}

int main(int argc, char **argv)
{
    struct epoll_event event = {.events = EPOLLIN}, events[64];
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    if (argc != 2)
        return 2;
    read_reply(argv[1]);
    int listener = event.data.fd = listen_on_loopback();
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0)
        die("epoll");
    for (;;) {
        int count = epoll_wait(epoll, events, 64, -1);

        if (count < 0 && errno != EINTR)
            die("epoll_wait");
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == listener)
                greet(epoll, listener);
            else
                answer(events[i].data.fd);
        }
    }
}
