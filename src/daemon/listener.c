/* SPDX-License-Identifier: MIT */
/*
 * Only numeric addresses and "localhost" are taken, so that starting never waits for a name server and never listens on
 * more than one asked for. Sockets are passed in by systemd's protocol (sd_listen_fds(3)): they are the descriptors from
 * 3 on, LISTEN_FDS says how many, LISTEN_PID for whom, LISTEN_FDNAMES what for. It is a few lines, so no library.
 */
#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* What to do about it, by errno; 0 ends the list and stands for every other one. */
static const struct {
    int fault;
    const char *advice;
} advices[] = {
    {EADDRINUSE, "end the other program or choose another --port (0 lets the system choose)"},
    {EACCES, "ports below 1024 need CAP_NET_BIND_SERVICE; choose a higher --port"},
    {EPERM, "this system's rules forbid it; choose another --port or --address"},
    {EADDRNOTAVAIL, "no interface has this address; choose another --address, such as 127.0.0.1 or ::"},
    {EAFNOSUPPORT, "this kind of address is turned off here; choose another --address, such as 127.0.0.1"},
    {EMFILE, "raise the limit on open files"},
    {0, "choose another --address or --port"},
};

static const char *advice(int fault)
{
    size_t i = 0;
    while (advices[i].fault != 0 && advices[i].fault != fault)
        i++;
    return advices[i].advice;
}

/* ---- Addresses ------------------------------------------------------------------------------------------------- */

static bool set_options(int fd, int family)
{
    const int yes = 1, no = 0;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0)
        return false;
    /* "::" means every address, IPv4 too, whatever the system's default is. */
    return family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no) == 0;
}

/* The URL of the address that was really bound, with the port the system chose. */
static bool describe(struct listener *listener)
{
    union {
        struct sockaddr any;
        struct sockaddr_un local;
        struct sockaddr_storage storage;
    } bound = {.any.sa_family = AF_UNSPEC};
    socklen_t length = sizeof bound;
    char host[NI_MAXHOST], port[NI_MAXSERV];
    int written;

    if (getsockname(listener->fd, &bound.any, &length) != 0)
        return false;
    if (bound.any.sa_family == AF_UNIX) {
        size_t path = offsetof(struct sockaddr_un, sun_path);
        written = snprintf(listener->url, sizeof listener->url, "unix:%.*s", length > path ? (int)(length - path) : 0,
                           bound.local.sun_path);
    } else if (getnameinfo(&bound.any, length, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) ==
               0) {
        written = snprintf(listener->url, sizeof listener->url,
                           bound.any.sa_family == AF_INET6 ? "%s://[%s]:%s" : "%s://%s:%s",
                           listener->tls ? "https" : "http", host, port);
    } else {
        return false;
    }
    return written > 0 && (size_t)written < sizeof listener->url;
}

static bool open_internet(const struct place *place, struct listener *listener, char *fault, size_t fault_size)
{
    const struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
        .ai_socktype = SOCK_STREAM,
    };
    struct addrinfo *found = NULL;
    char service[sizeof "65535"];

    /* Not by asking the resolver: a machine whose hosts file lacks the name, or gives it ::1 first, is no rarity. */
    const char *numeric = strcmp(place->address, "localhost") == 0 ? "127.0.0.1" : place->address;
    (void)snprintf(service, sizeof service, "%u", (unsigned)place->port);
    int status = getaddrinfo(numeric, service, &hints, &found);
    if (status != 0) {
        (void)snprintf(fault, fault_size, "'%s' cannot be listened on: %s; give a numeric --address or localhost",
                       place->address, status == EAI_SYSTEM ? strerror(errno) : gai_strerror(status));
        return false;
    }
    listener->fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool done = listener->fd >= 0 && set_options(listener->fd, found->ai_family) &&
                bind(listener->fd, found->ai_addr, found->ai_addrlen) == 0 && listen(listener->fd, SOMAXCONN) == 0 &&
                describe(listener);
    int cause = errno;
    freeaddrinfo(found);
    if (!done)
        (void)snprintf(fault, fault_size, "cannot listen on %s port %u: %s; %s", place->address, (unsigned)place->port,
                       strerror(cause), advice(cause));
    return done;
}

/* ---- Files ----------------------------------------------------------------------------------------------------- */

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    _Static_assert(sizeof address.sun_path == sizeof((struct place *)0)->path, "a place's path is a socket's");
    memcpy(address.sun_path, path, sizeof address.sun_path);
    return address;
}

/* Removes a socket at which nobody listens, such as one that a daemon that was killed left behind, and nothing else.
 * @return 0 or an errno. */
static int remove_stale(const struct sockaddr_un *address)
{
    struct stat found;

    if (lstat(address->sun_path, &found) != 0)
        return errno == ENOENT ? 0 : errno;
    if (!S_ISSOCK(found.st_mode))
        return EEXIST;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    int fault = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ? EADDRINUSE : errno;
    (void)close(fd);
    if (fault != ECONNREFUSED) /* EAGAIN: its queue is full, so somebody has it */
        return fault == EAGAIN ? EADDRINUSE : fault;
    return unlink(address->sun_path) == 0 ? 0 : errno;
}

static const char *path_advice(int fault)
{
    return fault == EEXIST       ? "a file that is no socket is there; remove it or choose another path"
           : fault == EADDRINUSE ? "another program listens there; end it or choose another path"
                                 : "choose another path";
}

static bool open_local(const struct place *place, mode_t mode, struct listener *listener, char *fault,
                       size_t fault_size)
{
    const struct sockaddr_un address = address_of(place->path);
    int cause = remove_stale(&address);

    if (cause == 0) {
        listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        /* The file has its mode from birth: with chmod afterwards there would be a moment in which anybody could connect. */
        mode_t before = umask((mode_t)(0777 & ~mode));
        bool bound = listener->fd >= 0 && bind(listener->fd, (const struct sockaddr *)&address, sizeof address) == 0;
        cause = bound ? 0 : errno;
        (void)umask(before);
        if (bound) {
            memcpy(listener->path, address.sun_path, sizeof listener->path);
            if (listen(listener->fd, SOMAXCONN) != 0 || !describe(listener))
                cause = errno;
        }
    }
    if (cause != 0)
        (void)snprintf(fault, fault_size, "cannot listen on %s: %s; %s", place->path, strerror(cause),
                       path_advice(cause));
    return cause == 0;
}

/* ---- One listener ---------------------------------------------------------------------------------------------- */

static void close_listener(const struct listener *listener)
{
    const struct sockaddr_un address = address_of(listener->path);

    if (listener->fd >= 0)
        (void)close(listener->fd);
    /* By now another daemon may have put its own there, or may have this one passed in. */
    if (*listener->path != '\0')
        (void)remove_stale(&address);
}

bool listener_open(const struct place *place, mode_t mode, struct listener *ret_listener, char *fault,
                   size_t fault_size)
{
    struct listener listener = {.fd = -1, .tls = place->tls};
    bool opened = *place->address != '\0' ? open_internet(place, &listener, fault, fault_size)
                                          : open_local(place, mode, &listener, fault, fault_size);

    if (opened)
        *ret_listener = listener;
    else
        close_listener(&listener);
    return opened;
}

/* ---- Passed in ------------------------------------------------------------------------------------------------- */

enum { PASSED_FIRST = 3 };

/* A number of the environment; 0 where there is none. */
static long variable(const char *name)
{
    const char *text = getenv(name);
    return text != NULL ? strtol(text, NULL, 10) : 0;
}

/* Whether the descriptor is a stream socket that listens. */
static bool is_listening(int fd)
{
    int type = 0, listening = 0;
    socklen_t type_size = sizeof type, listening_size = sizeof listening;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size) == 0 && type == SOCK_STREAM &&
           getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &listening_size) == 0 && listening != 0;
}

/* By the names that a service manager may give, or that we give to the daemon that follows this one. */
static const struct {
    const char *name;
    enum listener_role role;
    bool own, tls;
} passed_names[] = {
    {"admin", LISTENER_ADMIN, false, false},
    {"own", LISTENER_PUBLIC, true, false},
    {"own-admin", LISTENER_ADMIN, true, false},
    {"own-tls", LISTENER_PUBLIC, true, true},
    {"tls", LISTENER_PUBLIC, false, true},
    {"passed", LISTENER_PUBLIC, false, false}, /* any other name means the same */
};

enum { PASSED_NAMES = sizeof passed_names / sizeof passed_names[0] };

const char *listener_name(const struct listener *listener)
{
    size_t i = 0;
    while (passed_names[i].role != listener->role || passed_names[i].own == listener->passed ||
           passed_names[i].tls != listener->tls)
        i++;
    return passed_names[i].name;
}

static bool take_one(int fd, const char *name, size_t length, struct listener *listener)
{
    size_t i = 0;

    while (i + 1 < PASSED_NAMES &&
           (strlen(passed_names[i].name) != length || memcmp(passed_names[i].name, name, length) != 0))
        i++;
    *listener = (struct listener){
        .fd = fd, .role = passed_names[i].role, .tls = passed_names[i].tls, .passed = !passed_names[i].own};
    if (!is_listening(fd) || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0 || !describe(listener))
        return false;
    const char *path = strncmp(listener->url, "unix:", 5) == 0 ? listener->url + 5 : "";
    if (passed_names[i].own && strlen(path) < sizeof listener->path)
        memcpy(listener->path, path, strlen(path) + 1);
    return true;
}

static bool take_passed(struct listeners *listeners, char *fault, size_t fault_size)
{
    long count = variable("LISTEN_PID") == (long)getpid() ? variable("LISTEN_FDS") : 0;
    const char *given = getenv("LISTEN_FDNAMES"), *names = given ? given : "";

    if (count < 0 || count > LISTENERS_MAX) {
        (void)snprintf(fault, fault_size, "LISTEN_FDS says %ld; at most %d sockets can be passed in", count,
                       LISTENERS_MAX);
        return false;
    }
    for (int fd = PASSED_FIRST; fd < PASSED_FIRST + count; fd++) {
        size_t length = strcspn(names, ":");

        if (!take_one(fd, names, length, &listeners->list[listeners->count++])) {
            (void)snprintf(fault, fault_size, "descriptor %d was passed in, but is no listening stream socket", fd);
            return false;
        }
        names += names[length] == ':' ? length + 1 : length;
    }
    /* They were for this process, not for its children. */
    (void)unsetenv("LISTEN_PID");
    (void)unsetenv("LISTEN_FDS");
    (void)unsetenv("LISTEN_FDNAMES");
    return true;
}

/* ---- All of them ----------------------------------------------------------------------------------------------- */

static bool has_role(const struct listeners *listeners, enum listener_role role)
{
    for (size_t i = 0; i < listeners->count; i++)
        if (listeners->list[i].role == role)
            return true;
    return false;
}

static bool open_place(struct listeners *listeners, const struct place *place, mode_t mode, enum listener_role role,
                       char *fault, size_t fault_size)
{
    struct listener *listener = &listeners->list[listeners->count];

    if (listeners->count == LISTENERS_MAX) {
        (void)snprintf(fault, fault_size, "there are too many places to listen at; at most %d are", LISTENERS_MAX);
        return false;
    }
    if (!listener_open(place, mode, listener, fault, fault_size))
        return false;
    listener->role = role;
    listeners->count++;
    return true;
}

static bool open_public(const struct config *config, struct listeners *listeners, char *fault, size_t fault_size)
{
    mode_t mode = (mode_t)strtoul(config->socket_mode, NULL, 8);
    struct place place = {.port = (uint16_t)config->port, .tls = config->tls_certificate != NULL};

    if (config->listen == NULL) {
        (void)snprintf(place.address, sizeof place.address, "%s", config->address);
        return open_place(listeners, &place, mode, LISTENER_PUBLIC, fault, fault_size);
    }
    for (const char *at = config->listen; *at != '\0';)
        if (!place_read(&at, &place) || !open_place(listeners, &place, mode, LISTENER_PUBLIC, fault, fault_size))
            return false;
    return true;
}

static bool open_admin(const struct config *config, struct listeners *listeners, char *fault, size_t fault_size)
{
    struct place place = {.port = (uint16_t)strtoul(config->admin_port, NULL, 10)};

    (void)snprintf(place.address, sizeof place.address, "%s", config->admin_address);
    return open_place(listeners, &place, 0, LISTENER_ADMIN, fault, fault_size);
}

/* Neither is a certificate to lie there unused, while what it was meant for is sent for all to read. */
static bool is_one_mind(const struct config *config, const struct listeners *listeners, char *fault, size_t fault_size)
{
    bool wants = false, has = config->tls_certificate != NULL;

    for (size_t i = 0; i < listeners->count; i++)
        wants = wants || listeners->list[i].tls;
    if (config->tls_key != NULL && !has)
        (void)snprintf(fault, fault_size, "--tls-key is given without --tls-certificate");
    else if (wants != has)
        (void)snprintf(fault, fault_size, "%s",
                       has ? "--tls-certificate is given, but TLS is spoken nowhere; put tls: before a place of --listen, "
                             "or name a socket that is passed in tls"
                           : "TLS is to be spoken, but there is no --tls-certificate");
    return wants == has && (has || config->tls_key == NULL);
}

bool listeners_open(const struct config *config, struct listeners *ret_listeners, char *fault, size_t fault_size)
{
    struct listeners listeners = {.count = 0};

    if (!take_passed(&listeners, fault, fault_size) ||
        (!has_role(&listeners, LISTENER_PUBLIC) && !open_public(config, &listeners, fault, fault_size)) ||
        (config->admin_port != NULL && !has_role(&listeners, LISTENER_ADMIN) &&
         !open_admin(config, &listeners, fault, fault_size)) ||
        !is_one_mind(config, &listeners, fault, fault_size)) {
        listeners_close(&listeners);
        return false;
    }
    *ret_listeners = listeners;
    return true;
}

void listeners_close(struct listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++)
        close_listener(&listeners->list[i]);
    listeners->count = 0;
}
