/* SPDX-License-Identifier: MIT */
/*
 * The least that libmicrohttpd can be made to do: one epoll thread, one shared response with the header fields and the body
 * of a real answer. `bare REPLY` serves the file REPLY, which is an answer as it came (`curl -i`), on a port of the system's
 * choice, prints the port, and serves until it is stopped.
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static struct MHD_Response *response;
static unsigned status;

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *content, size_t *content_length, void **request)
{
    (void)context;
    (void)url;
    (void)method;
    (void)version;
    (void)content;
    (void)content_length;
    if (!*request) { /* a reply in the very first callback would end the connection */
        *request = response;
        return MHD_YES;
    }
    return MHD_queue_response(connection, status, response);
}

static char *read_all(const char *path, size_t *ret_length)
{
    FILE *file = fopen(path, "r");
    char *bytes = malloc(1 << 24);

    if (!file || !bytes)
        exit(1);
    *ret_length = fread(bytes, 1, 1 << 24, file);
    fclose(file);
    return bytes;
}

int main(int argc, char **argv)
{
    size_t length;

    if (argc != 2)
        return 2;
    char *reply = read_all(argv[1], &length), *body = memmem(reply, length, "\r\n\r\n", 4);
    if (!body)
        return 1;
    *body = '\0';
    body += 4;
    status = (unsigned)atoi(reply + 9);
    response = MHD_create_response_from_buffer(length - (size_t)(body - reply), body, MHD_RESPMEM_PERSISTENT);
    char *rest = strchr(reply, '\n'), *line;
    rest = rest ? rest + 1 : NULL;
    while ((line = strsep(&rest, "\n")) != NULL) {
        char *value = strstr(line, ": ");

        line[strcspn(line, "\r")] = '\0';
        if (!value || strncasecmp(line, "Date:", 5) == 0 || strncasecmp(line, "Content-Length:", 15) == 0 ||
            strncasecmp(line, "Connection:", 11) == 0)
            continue;
        *value = '\0';
        if (MHD_add_response_header(response, line, value + 2) != MHD_YES)
            return 1;
    }
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, handle, NULL, MHD_OPTION_SOCK_ADDR,
                         (struct sockaddr *)&address, MHD_OPTION_CONNECTION_LIMIT, 20000U, MHD_OPTION_END);
    if (!daemon)
        return 1;
    printf("%u\n", (unsigned)MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);

    sigset_t stop;
    int got;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigprocmask(SIG_BLOCK, &stop, NULL);
    sigwait(&stop, &got);
    MHD_stop_daemon(daemon);
    MHD_destroy_response(response);
    free(reply);
    return 0;
}
