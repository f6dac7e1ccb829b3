/* SPDX-License-Identifier: MIT */
/*
 * The transport on libmicrohttpd, which is included here and nowhere else. It hands each request to the guard and then to
 * the service, and the answer back to the library; what an answer says is none of its business.
 *
 * The library calls back several times for one request, in this order and in one thread:
 *
 *   begin_request   the request line is there: a copy of the target is kept, since parsing changes it
 *   handle, first   the head is there: the guard looks. An answer queued now ends the connection and leaves content
 *                   unread, so refusals are queued now, and answers to requests that bring content
 *   handle, second  all is there: the answer is queued, the connection lives on
 *   end_request     the answer was sent, or never will be
 */
#include "http.h"

#include "gate.h"
#include "guard.h"
#include "memory.h"
#include "room.h"
#include "wire.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct http {
    struct MHD_Daemon *daemon;
    struct service *service;
    struct log *log;
    struct crowd *crowd;
    const struct proxies *proxies;
    struct gate_limits gate_limits;
    struct room room;
    atomic_llong no_room_said_at; /* second of the monotonic clock; 0: never */
};

/* ---- Connections ----------------------------------------------------------------------------------------------- */

enum {
    PASSED_FIELDS = 12,         /* see passed_fields */
    TARGET_STEP = 256,          /* targets' buffers grow by so much */
    REQUEST_ID_BYTES_MAX = 128, /* a UUID has 36, a trace context 55 */
};

/* What is kept for a connection; the parts below the line are for the request that it is at. It is made when the
 * connection begins, because memory taken later is lost if the request dies in parsing: then nobody is told. */
struct connection {
    int fd;
    uint64_t place; /* of its address in the crowd */
    bool trusted;   /* it is a proxy's, which is believed when it says for whom it asks */
    struct gate gate;
    unsigned heads; /* how many the library has seen */
    char *target;
    size_t target_capacity;
    /* --- */
    size_t target_length;
    bool begun;   /* the target is known */
    bool looked;  /* the first callback was here */
    bool counted; /* as a request that has begun */
    bool starved; /* memory was short for a part of the request */
    struct guard guard;
    struct request request;
    const char *version;
    const char *request_id, *prefer, *referer, *user_agent; /* NULL: not sent */
    const char *forwarded, *x_forwarded_for;
    char **joined;         /* values put together from repeated fields, as many as are passed; NULL: none */
    struct timespec begin; /* when the head was there */
    int status;
    uint64_t body_bytes, duration_ns; /* of the answer, and until it was ready */
};

/* The header fields that are read, by the service or here. */
static const struct passed_field {
    const char *name;
    size_t length;
    size_t offset; /* of its member in struct connection */
} passed_fields[PASSED_FIELDS] = {
#define PASSED(name, member) name, sizeof(name) - 1, offsetof(struct connection, member)
    {PASSED("Accept", request.accept)},
    {PASSED("Accept-Encoding", request.accept_encoding)},
    {PASSED("Accept-Language", request.accept_language)},
    {PASSED("Forwarded", forwarded)},
    {PASSED("If-None-Match", request.if_none_match)},
    {PASSED("Origin", request.origin)},
    {PASSED("Prefer", prefer)},
    {PASSED("Referer", referer)},
    {PASSED("Smestat-As-Of", request.as_of)},
    {PASSED("User-Agent", user_agent)},
    {PASSED("X-Forwarded-For", x_forwarded_for)},
    {PASSED("X-Request-Id", request_id)},
#undef PASSED
};

/* The client's address as text, empty if it has none; an IPv4 address that came to an IPv6 socket as the IPv4 address it is. */
static void print_address(struct MHD_Connection *connection, char out[INET6_ADDRSTRLEN])
{
    const socklen_t size = INET6_ADDRSTRLEN;
    const struct sockaddr *address =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;

    *out = '\0';
    if (address->sa_family == AF_INET) {
        (void)inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, out, size);
    } else if (address->sa_family == AF_INET6) {
        const struct in6_addr *v6 = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(v6))
            (void)inet_ntop(AF_INET, &v6->s6_addr[12], out, size);
        else
            (void)inet_ntop(AF_INET6, v6, out, size);
    }
}

/* Makes all ready for the connection's next request. */
static void reset(struct http *http, struct connection *connection)
{
    if (connection->counted)
        service_end(http->service);
    for (size_t i = 0; connection->joined != NULL && i < PASSED_FIELDS; i++)
        free(connection->joined[i]);
    free(connection->joined);
    connection->joined = NULL;
    free(connection->target);
    connection->target = NULL;
    connection->target_capacity = connection->target_length = 0;
    connection->begun = connection->looked = connection->counted = connection->starved = false;
    connection->request = (struct request){.method = METHOD_OTHER};
    connection->request_id = connection->prefer = connection->referer = connection->user_agent = NULL;
    connection->forwarded = connection->x_forwarded_for = NULL;
    connection->status = 0;
    connection->body_bytes = 0;
}

static void end_connection(struct http *http, struct connection *connection)
{
    wire_close(connection->fd);
    if (http->crowd != NULL)
        crowd_leave(http->crowd, connection->place);
    reset(http, connection);
    free(connection);
}

static void notice_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                              enum MHD_ConnectionNotificationCode code)
{
    struct http *http = context;
    struct connection *ours = *socket_context;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        room_open(&http->room);
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        int fd = info->connect_fd;
        info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
        const struct sockaddr *client = info->client_addr;
        uint64_t place = http->crowd != NULL ? crowd_place(http->crowd, client) : 0;
        *socket_context = ours = calloc(1, sizeof *ours);
        if (ours != NULL)
            ours->gate.limits = &http->gate_limits;
        if (ours == NULL || !wire_open(fd, &ours->gate)) {
            /* Without a gate nothing is believed. */
            (void)shutdown(fd, SHUT_RDWR);
            if (http->crowd != NULL)
                crowd_leave(http->crowd, place);
            free(ours);
            *socket_context = NULL;
            return;
        }
        ours->fd = fd;
        ours->place = place;
        ours->trusted = proxies_trust(http->proxies, client);
        return;
    }
    if (ours != NULL)
        end_connection(http, ours);
    *socket_context = NULL;
    if (room_close(&http->room))
        memory_give_back();
}

/* ---- Requests -------------------------------------------------------------------------------------------------- */

static bool reserve_target(struct connection *connection, size_t size)
{
    if (size <= connection->target_capacity)
        return true;
    size = (size + TARGET_STEP - 1) / TARGET_STEP * TARGET_STEP;
    char *target = realloc(connection->target, size);
    if (target == NULL)
        return false;
    connection->target = target;
    connection->target_capacity = size;
    return true;
}

/* Takes no memory that is not the connection's: when the request dies in parsing, nobody is told. */
static void *begin_request(void *context, const char *target, struct MHD_Connection *connection)
{
    struct http *http = context;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct connection *ours = info != NULL ? info->socket_context : NULL;

    if (ours == NULL)
        return NULL;
    reset(http, ours);
    ours->heads++;
    size_t length = strlen(target);
    if (reserve_target(ours, length + 1)) {
        memcpy(ours->target, target, length + 1);
        ours->target_length = length;
        for (char *mark = ours->target; (mark = strchr(mark, GATE_QUESTION_MARK)) != NULL;)
            *mark = '?';
    } else {
        ours->starved = true;
    }
    ours->begun = true;
    return ours;
}

static enum method method_of(const char *name)
{
    static const char *const names[] = {[METHOD_GET] = "GET", [METHOD_HEAD] = "HEAD", [METHOD_OPTIONS] = "OPTIONS"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0)
            return (enum method)i;
    return METHOD_OTHER;
}

/* RFC 9110 section 5.3: fields of the same name are one list. */
static void join_field(struct connection *connection, size_t field, const char **member, const char *value)
{
    static const char comma[] = ", ";
    size_t before = strlen(*member), after = strlen(value);
    char *joined = malloc(before + sizeof comma - 1 + after + 1);

    if (connection->joined == NULL)
        connection->joined = calloc(PASSED_FIELDS, sizeof *connection->joined);
    if (joined == NULL || connection->joined == NULL) {
        free(joined);
        connection->starved = true;
        return;
    }
    memcpy(joined, *member, before);
    memcpy(joined + before, comma, sizeof comma - 1);
    memcpy(joined + before + sizeof comma - 1, value, after + 1);
    free(connection->joined[field]);
    *member = connection->joined[field] = joined;
}

static void pass_field(struct connection *connection, const char *name, size_t length, const char *value)
{
    for (size_t i = 0; i < PASSED_FIELDS; i++) {
        if (length != passed_fields[i].length || strncasecmp(name, passed_fields[i].name, length) != 0)
            continue;
        const char **member = (const char **)(void *)((char *)connection + passed_fields[i].offset);
        if (*member == NULL)
            *member = value;
        else
            join_field(connection, i, member, value);
        return;
    }
}

static enum MHD_Result take_field(void *context, enum MHD_ValueKind kind, const char *name, size_t name_length,
                                  const char *value, size_t value_length)
{
    struct connection *connection = context;

    (void)kind;
    if (value == NULL) {
        value = "";
        value_length = 0;
    }
    guard_field(&connection->guard, name, name_length, value, value_length);
    pass_field(connection, name, name_length, value);
    return MHD_YES;
}

static const char server_timing[] = "server-timing";

/* A name that a client or a proxy gave the request, to find it again in the logs of all of them. */
static bool is_request_id(const char *text)
{
    static const char characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~+/=:@";
    size_t length = strspn(text, characters);

    return length > 0 && length <= REQUEST_ID_BYTES_MAX && text[length] == '\0';
}

/* Whether server-timing is among the preferences (RFC 7240 section 2), which are separated by commas. */
static bool prefers_timing(const char *prefer)
{
    static const char blanks[] = " \t";

    for (;;) {
        prefer += strspn(prefer, blanks);
        size_t length = strcspn(prefer, ", \t;");
        if (length == sizeof server_timing - 1 && strncasecmp(prefer, server_timing, length) == 0)
            return true;
        prefer += strcspn(prefer, ",");
        if (*prefer++ == '\0')
            return false;
    }
}

/* What is not understood is as if it were not sent: it must not come back, nor into the log. */
static void judge_own_fields(struct connection *connection)
{
    if (connection->request_id != NULL && !is_request_id(connection->request_id))
        connection->request_id = NULL;
    if (connection->prefer != NULL && !prefers_timing(connection->prefer))
        connection->prefer = NULL;
}

static uint64_t since(const struct timespec *begin)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)((now.tv_sec - begin->tv_sec) * INT64_C(1000000000) + now.tv_nsec - begin->tv_nsec);
}

/* Of a target that is a whole URI, the service gets the path; where that is empty, a slash is put in its place, behind
 * the target so that the log still has that as it came. */
static void cut_target(struct connection *connection)
{
    size_t path = connection->guard.path, length = connection->target_length - path;

    if (connection->guard.path_empty) {
        size_t behind = connection->target_length + 1;
        if (!reserve_target(connection, behind + 1 + length + 1)) {
            connection->starved = true;
            return;
        }
        connection->target[behind] = '/';
        memcpy(connection->target + behind + 1, connection->target + path, length + 1);
        path = behind;
        length++;
    }
    connection->request.target = connection->target + path;
    connection->request.target_length = length;
}

/* ---- Answers --------------------------------------------------------------------------------------------------- */

static void free_body(void *body)
{
    body_unref(body);
}

static void free_response(void *response)
{
    MHD_destroy_response(response);
}

/* What only this answer says, beside its reply. */
static bool add_own_fields(struct MHD_Response *response, const struct connection *ours, bool close)
{
    char timing[48];
    bool good = !close || MHD_add_response_header(response, "Connection", "close") == MHD_YES;

    if (good && ours != NULL && ours->request_id != NULL)
        good = MHD_add_response_header(response, "X-Request-Id", ours->request_id) == MHD_YES;
    if (good && ours != NULL && ours->prefer != NULL) {
        (void)snprintf(timing, sizeof timing, "app;dur=%ju.%03ju", (uintmax_t)(ours->duration_ns / 1000000),
                       (uintmax_t)(ours->duration_ns / 1000 % 1000));
        good = MHD_add_response_header(response, "Preference-Applied", server_timing) == MHD_YES &&
               MHD_add_response_header(response, "Server-Timing", timing) == MHD_YES;
    }
    return good;
}

/* The library's form of a reply. It borrows the bytes and holds them as long as it is being sent somewhere. */
static struct MHD_Response *make_response(const struct reply *reply)
{
    struct body *body = reply->body;
    struct MHD_Response *response;

    if (body != NULL) {
        /* The library only reads them, though its parameter doesn't say so. */
        void *bytes = (void *)(uintptr_t)body->bytes;
        response =
            MHD_create_response_from_buffer_with_free_callback_cls(body->length, bytes, free_body, body_ref(body));
        if (response == NULL)
            body_unref(body);
    } else {
        response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    }
    if (response == NULL)
        return NULL;

    bool good = MHD_add_response_header(response, "Server", "smestatd") == MHD_YES;
    for (size_t i = 0; good && i < reply->header_count; i++)
        good = MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value) == MHD_YES;
    if (good)
        return response;
    MHD_destroy_response(response);
    return NULL;
}

/* The response that is kept with a reply that is asked for again: for one that is not, what the library allocates is
 * better freed at once, while it is still in the processor's cache. A reply is one thread's while it serves, so there is
 * no race to make it. */
static struct MHD_Response *kept_response(struct reply *reply)
{
    if (reply->transport == NULL) {
        reply->transport = make_response(reply);
        reply->transport_free = free_response;
    }
    return reply->transport;
}

/* A response for this answer alone, where it says more than the reply does. */
static struct MHD_Response *own_response(const struct answer *answer, const struct connection *ours)
{
    struct MHD_Response *response = make_response(answer->reply);

    if (response == NULL || add_own_fields(response, ours, answer->close))
        return response;
    MHD_destroy_response(response);
    return NULL;
}

/* The client hears it; the log does once a minute. */
static void say_no_room(struct http *http)
{
    enum { SAY_AFTER_S = 60 };
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    long long said_at = atomic_load_explicit(&http->no_room_said_at, memory_order_relaxed);
    if ((said_at == 0 || now.tv_sec - said_at >= SAY_AFTER_S) &&
        atomic_compare_exchange_strong(&http->no_room_said_at, &said_at, (long long)now.tv_sec))
        log_write(http->log, LEVEL_WARNING,
                  "large answers are refused: those that clients have not taken hold --large-answer-bytes; raise it, "
                  "or put a proxy in front that takes them at once");
}

/* Gives the answer to the library and its reply back. A failure ends the connection: memory is too short even to say
 * so. The body goes along with 304 and HEAD too, because the library leaves it out but counts it in the fields. */
static enum MHD_Result queue(struct http *http, struct MHD_Connection *connection, struct connection *ours,
                             const struct request *request, const struct answer *answer)
{
    struct reply *reply = answer->reply;
    bool sends_body = request->method != METHOD_HEAD && answer->status != MHD_HTTP_NOT_MODIFIED;
    uint64_t body_bytes = sends_body && reply->body != NULL ? reply->body->length : 0;
    enum MHD_Result result = MHD_NO;

    if (ours != NULL) {
        ours->status = answer->status;
        ours->body_bytes = body_bytes;
        ours->duration_ns = since(&ours->begin);
    }
    if (answer->no_room)
        say_no_room(http);
    service_count(http->service, request, answer, body_bytes, ours != NULL ? ours->duration_ns : 0);
    bool own =
        answer->close || !reply->asked_again || (ours != NULL && (ours->request_id != NULL || ours->prefer != NULL));
    struct MHD_Response *response = own ? own_response(answer, ours) : kept_response(reply);
    if (response != NULL)
        result = MHD_queue_response(connection, (unsigned)answer->status, response);
    if (own && response != NULL)
        MHD_destroy_response(response);
    reply_unref(reply);
    return result;
}

static enum MHD_Result refuse(struct http *http, struct MHD_Connection *connection, struct connection *ours,
                              const struct request *request, const char *slug, const char *detail)
{
    struct answer answer;
    service_refuse(http->service, request, slug, detail, &answer);
    answer.close = true;
    return queue(http, connection, ours, request, &answer);
}

static enum MHD_Result starve(struct http *http, struct MHD_Connection *connection, struct connection *ours,
                              const struct request *request)
{
    return refuse(http, connection, ours, request, "out-of-memory", "There is no memory for this request now.");
}

/* Why the request must not be believed; NULL: it may be. */
static const struct guard_refusal *refusal_of(struct connection *connection)
{
#if MHD_VERSION < 0x01000000
    const struct guard_refusal *refusal = gate_refusal(&connection->gate, connection->heads);

    if (refusal != NULL)
        return refusal;
#endif
    return guard_end(&connection->guard);
}

/* The first callback: believe the request or refuse it. */
static enum MHD_Result look(struct http *http, struct MHD_Connection *connection, struct connection *ours,
                            const char *method, const char *version)
{
    struct request *request = &ours->request;
    const struct guard_refusal *refusal;

    ours->looked = true;
    (void)clock_gettime(CLOCK_MONOTONIC, &ours->begin);
    wire_answering(ours->fd);
    ours->counted = service_begin(http->service);
    request->method = method_of(method);
    request->method_name = method;
    ours->version = version;
    request->target = ours->target != NULL ? ours->target : "";
    request->target_length = ours->target_length;
    if (ours->starved)
        return starve(http, connection, ours, request);

    guard_begin(&ours->guard, method, version, ours->target, ours->target_length);
    (void)MHD_get_connection_values_n(connection, MHD_HEADER_KIND, take_field, ours);
    judge_own_fields(ours);
    if ((refusal = refusal_of(ours)) != NULL)
        return refuse(http, connection, ours, request, refusal->slug, refusal->detail);
    cut_target(ours);
    if (ours->starved)
        return starve(http, connection, ours, request);
    if (!ours->guard.content)
        return MHD_YES;

    /* Content is never read here, nor asked for with 100. */
    struct answer answer;
    service_answer(http->service, request, &answer);
    answer.close = true;
    return queue(http, connection, ours, request, &answer);
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *content, size_t *content_length, void **request_context)
{
    struct http *http = context;
    struct connection *ours = *request_context;
    struct answer answer;

    (void)content;
    if (ours == NULL || !ours->begun) {
        const struct request request = {
            .method = method_of(method),
            .method_name = method,
            .target = url,
            .target_length = strlen(url),
        };
        return starve(http, connection, NULL, &request);
    }
    if (!ours->looked)
        return look(http, connection, ours, method, version);
    if (*content_length > 0) /* the guard saw none announced */
        return MHD_NO;
    service_answer(http->service, &ours->request, &answer);
    return queue(http, connection, ours, &ours->request, &answer);
}

static void end_request(void *context, struct MHD_Connection *connection, void **request_context,
                        enum MHD_RequestTerminationCode code)
{
    struct http *http = context;
    struct connection *ours = *request_context;

    if (ours == NULL || !ours->begun)
        return;
    char client[INET6_ADDRSTRLEN];
    bool is_logged = log_has_access(http->log) && ours->status != 0;
    if (is_logged && !(ours->trusted && proxies_client(http->proxies, ours->forwarded, ours->x_forwarded_for, client)))
        print_address(connection, client);
    if (is_logged)
        log_access(http->log, &(struct access){
                                  .address = client,
                                  .method = ours->request.method_name,
                                  .target = ours->target != NULL ? ours->target : "",
                                  .target_length = ours->target_length,
                                  .version = ours->version,
                                  .referer = ours->referer,
                                  .user_agent = ours->user_agent,
                                  .request_id = ours->request_id,
                                  .status = ours->status,
                                  .body_bytes = code == MHD_REQUEST_TERMINATED_COMPLETED_OK ? ours->body_bytes : 0,
                                  .duration_ns = since(&ours->begin),
                              });
    wire_answered(ours->fd, &ours->gate);
    reset(http, ours);
    *request_context = NULL;
}

/* ---- The library around them ----------------------------------------------------------------------------------- */

/* Percent-encoding is the service's: decoded here, "%26" and "&" would look the same to it. */
static size_t leave_encoded(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

/* Most of what the library says is about clients that went away. */
__attribute__((format(printf, 2, 0))) static void log_library(void *context, const char *format, va_list arguments)
{
    log_vwrite(context, LEVEL_DEBUG, format, arguments);
}

/* The library has lost its footing, such as when epoll_ctl failed. What follows would be undefined; a restart is not. */
_Noreturn static void panic(void *context, const char *file, unsigned line, const char *reason)
{
    log_write(context, LEVEL_ERROR, "the HTTP library gave up at %s:%u: %s", file, line, reason != NULL ? reason : "");
    abort();
}

static unsigned to_unsigned(uint64_t number)
{
    return number > UINT_MAX ? UINT_MAX : (unsigned)number;
}

int http_start(const struct config *config, const struct http_limits *limits, struct service *service, struct log *log,
               struct http **ret_http)
{
    struct http *http = malloc(sizeof *http);

    if (http == NULL)
        return ENOMEM;
    *http = (struct http){.service = service,
                          .log = log,
                          .room = {.limit = limits->connections},
                          .crowd = limits->crowd,
                          .proxies = limits->proxies};
    /* The library begins with half of a connection's memory for what it receives, so that a whole head fits into that,
     * and has a record of each field in the other half, beside the head of the answer. */
    http->gate_limits = (struct gate_limits){
        .head_bytes = to_unsigned(config->connection_memory_bytes) / 2 - 512,
        .fields = to_unsigned(config->connection_memory_bytes) / 256,
    };
    MHD_set_panic_func(panic, log);

    /* The library shares its own limit out among the threads and drops what is over a share, so it gets one that no share
     * can reach. A pool of one would only be a detour. */
    unsigned threads = limits->threads < http->room.limit ? limits->threads : http->room.limit;
    const struct MHD_OptionItem pool[] = {
        {threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, (intptr_t)threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    errno = 0;
    /* clang-format off: one option a line */
    http->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        handle, http, MHD_OPTION_EXTERNAL_LOGGER, log_library, log, /* first, so that it hears of the others */
        /* Strict mode checks Host, and says so twice in one answer; the guard checks more, and once. */
        MHD_OPTION_STRICT_FOR_CLIENT, 0, MHD_OPTION_ARRAY, pool, MHD_OPTION_CONNECTION_LIMIT, UINT_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, to_unsigned(config->idle_timeout_s), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)config->connection_memory_bytes, MHD_OPTION_NOTIFY_CONNECTION, notice_connection, http,
        MHD_OPTION_URI_LOG_CALLBACK, begin_request, http, MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, end_request, http, MHD_OPTION_END);
    /* clang-format on */
    if (http->daemon == NULL) {
        int fault = errno != 0 ? errno : EINVAL;
        free(http);
        return fault;
    }
    *ret_http = http;
    return 0;
}

bool http_has_room(struct http *http)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return room_is_left(&http->room, now.tv_sec);
}

bool http_add(struct http *http, int fd, const struct sockaddr *address, socklen_t length, struct tls *tls)
{
    if (!wire_has(fd)) {
        (void)close(fd);
        return false;
    }
    wire_expect(fd, tls);
    /* Before, because it may end before this thread goes on. */
    room_add(&http->room);
    if (MHD_add_connection(http->daemon, fd, address, length) == MHD_YES)
        return true;
    room_take_back(&http->room);
    return false;
}

unsigned http_connections(const struct http *http)
{
    return room_count(&http->room);
}

bool http_has_clients(const struct http *http)
{
    return room_is_used(&http->room);
}

void http_stop(struct http *http)
{
    if (http != NULL)
        MHD_stop_daemon(http->daemon);
}

void http_free(struct http *http)
{
    free(http);
}
