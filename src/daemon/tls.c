/* SPDX-License-Identifier: MIT */
#include "tls.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

enum {
    FILE_BYTES_MAX = 65536, /* a chain has three certificates of 2,000 bytes, mostly */
    CHAIN_MAX = 16,
    RECORD_BYTES = 16384, /* as much as a record can have (RFC 8446 section 5.1) */
    AHEAD_BYTES = 2048,   /* received at once: a request with its record's head, so that it is one system call */
    ROUNDS_MAX = 64,      /* records without data that a client may send in a row */
};

/* Only what has forward secrecy and authenticated encryption. The rest of it is up to the system's library, which
 * also says what it considers too weak by now. */
static const char priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:"
                                 "+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:-MAC-ALL:+AEAD:-SIGN-RSA-SHA1:"
                                 "-SIGN-ECDSA-SHA1:%SERVER_PRECEDENCE";

/* What a certificate and its key have become. Sessions go on with those that they began with. */
struct credentials {
    gnutls_certificate_credentials_t both;
    time_t expires;
    unsigned char digest[32]; /* of both files */
    atomic_uint users;        /* the holder and sessions */
};

struct tls {
    gnutls_priority_t priorities;
    gnutls_datum_t ticket_key; /* from which the library makes those that it uses, each for some hours */
    pthread_mutex_t lock;      /* of which credentials are the current ones */
    struct credentials *current;
    atomic_ullong handshakes[HANDSHAKES], renewals[RENEWALS];
};

/* ---- Files ----------------------------------------------------------------------------------------------------- */

static void say(char *fault, size_t size, const char *option, const char *path, const char *why)
{
    (void)snprintf(fault, size, "--%s %s: %s", option, path, why);
}

/* @return its length, or -1 with errno. */
static ssize_t read_file(const char *path, char bytes[static FILE_BYTES_MAX])
{
    size_t length = 0;
    ssize_t got = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return -1;
    while (length < FILE_BYTES_MAX && (got = read(fd, bytes + length, FILE_BYTES_MAX - length)) > 0)
        length += (size_t)got;
    int fault = length == FILE_BYTES_MAX ? EFBIG : errno;
    (void)close(fd);
    errno = fault;
    return got < 0 || length == FILE_BYTES_MAX ? -1 : (ssize_t)length;
}

/* A file's bytes, and what is to be said of it. */
struct source {
    const char *option, *path;
    char bytes[FILE_BYTES_MAX];
    gnutls_datum_t datum;
};

static bool read_source(struct source *source, const char *option, const char *path, char *fault, size_t fault_size)
{
    ssize_t length = read_file(path, source->bytes);

    source->option = option;
    source->path = path;
    if (length < 0) {
        say(fault, fault_size, option, path, strerror(errno));
        return false;
    }
    source->datum = (gnutls_datum_t){.data = (unsigned char *)source->bytes, .size = (unsigned)length};
    return true;
}

static bool digest(const struct source *certificate, const struct source *key, unsigned char out[static 32])
{
    gnutls_hash_hd_t hash;

    if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) != 0)
        return false;
    bool good = gnutls_hash(hash, certificate->datum.data, certificate->datum.size) == 0 &&
                gnutls_hash(hash, key->datum.data, key->datum.size) == 0;
    gnutls_hash_deinit(hash, good ? out : NULL);
    return good;
}

/* What the library says of a fault, or where that would mislead, something better. */
static const char *words_of(int status)
{
    switch (status) {
    case GNUTLS_E_CERTIFICATE_KEY_MISMATCH:
        return "this is not the key of the certificate";
    case GNUTLS_E_DECRYPTION_FAILED:
        return "the key is encrypted, and there is nobody to ask for its password";
    case GNUTLS_E_NO_CERTIFICATE_FOUND:
    case GNUTLS_E_BASE64_UNEXPECTED_HEADER_ERROR:
    case GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE:
        return "there is none in it in PEM form";
    case GNUTLS_E_SHORT_MEMORY_BUFFER:
        return "there are too many certificates in it";
    default:
        return gnutls_strerror(status);
    }
}

static struct credentials *make_credentials(const struct source *certificate, const struct source *key, char *fault,
                                            size_t fault_size)
{
    gnutls_x509_crt_t chain[CHAIN_MAX] = {NULL};
    gnutls_x509_privkey_t private_key = NULL;
    unsigned count = CHAIN_MAX;
    struct credentials *made = calloc(1, sizeof *made);
    const struct source *at = certificate;
    int status = made == NULL ? GNUTLS_E_MEMORY_ERROR : gnutls_certificate_allocate_credentials(&made->both);
    bool has_chain = false;

    if (status == 0) {
        status = gnutls_x509_crt_list_import(chain, &count, &certificate->datum, GNUTLS_X509_FMT_PEM,
                                             GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED | GNUTLS_X509_CRT_LIST_SORT);
        has_chain = status > 0;
        status = status > 0 ? 0 : status == 0 ? GNUTLS_E_NO_CERTIFICATE_FOUND : status;
    }
    if (status == 0) {
        at = key;
        status = gnutls_x509_privkey_init(&private_key);
    }
    if (status == 0)
        status = gnutls_x509_privkey_import2(private_key, &key->datum, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (status == 0)
        status = gnutls_certificate_set_x509_key(made->both, chain, (int)count, private_key);
    if (status >= 0) {
        made->expires = gnutls_x509_crt_get_expiration_time(chain[0]);
        status = digest(certificate, key, made->digest) ? 0 : GNUTLS_E_MEMORY_ERROR;
        atomic_store(&made->users, 1);
    }
    for (unsigned i = 0; has_chain && i < count; i++)
        gnutls_x509_crt_deinit(chain[i]);
    gnutls_x509_privkey_deinit(private_key);
    if (status == 0)
        return made;
    say(fault, fault_size, at->option, at->path, words_of(status));
    if (made != NULL && made->both != NULL)
        gnutls_certificate_free_credentials(made->both);
    free(made);
    return NULL;
}

struct credentials *credentials_read(const char *certificate, const char *key, char *fault, size_t fault_size)
{
    struct {
        struct source certificate, key;
    } *files = malloc(sizeof *files);
    struct credentials *made = NULL;

    if (files == NULL) {
        say(fault, fault_size, "tls-certificate", certificate, strerror(ENOMEM));
        return NULL;
    }
    if (read_source(&files->certificate, "tls-certificate", certificate, fault, fault_size) &&
        read_source(&files->key, "tls-key", key, fault, fault_size))
        made = make_credentials(&files->certificate, &files->key, fault, fault_size);
    explicit_bzero(files, sizeof *files);
    free(files);
    return made;
}

void credentials_unref(struct credentials *credentials)
{
    if (credentials == NULL || atomic_fetch_sub(&credentials->users, 1) > 1)
        return;
    gnutls_certificate_free_credentials(credentials->both);
    free(credentials);
}

/* ---- A certificate and its key --------------------------------------------------------------------------------- */

struct tls *tls_new(struct credentials *credentials)
{
    struct tls *tls = calloc(1, sizeof *tls);

    if (tls == NULL) {
        credentials_unref(credentials);
        return NULL;
    }
    *tls = (struct tls){.current = credentials, .lock = PTHREAD_MUTEX_INITIALIZER};
    if (gnutls_priority_init(&tls->priorities, priorities, NULL) == 0 &&
        gnutls_session_ticket_key_generate(&tls->ticket_key) == 0)
        return tls;
    tls_free(tls);
    return NULL;
}

void tls_free(struct tls *tls)
{
    if (tls == NULL)
        return;
    credentials_unref(tls->current);
    if (tls->ticket_key.data != NULL)
        gnutls_memset(tls->ticket_key.data, 0, tls->ticket_key.size);
    gnutls_free(tls->ticket_key.data);
    gnutls_priority_deinit(tls->priorities);
    (void)pthread_mutex_destroy(&tls->lock);
    free(tls);
}

static struct credentials *join_credentials(struct tls *tls)
{
    (void)pthread_mutex_lock(&tls->lock);
    struct credentials *current = tls->current;
    (void)atomic_fetch_add(&current->users, 1);
    (void)pthread_mutex_unlock(&tls->lock);
    return current;
}

enum renewal tls_renew(struct tls *tls, struct credentials *credentials)
{
    struct credentials *old = credentials;
    enum renewal outcome = credentials == NULL ? RENEWAL_FAILED : RENEWAL_UNCHANGED;

    if (credentials != NULL && memcmp(credentials->digest, tls->current->digest, sizeof credentials->digest) != 0) {
        (void)pthread_mutex_lock(&tls->lock);
        old = tls->current;
        tls->current = credentials;
        (void)pthread_mutex_unlock(&tls->lock);
        outcome = RENEWAL_OK;
    }
    credentials_unref(old);
    (void)atomic_fetch_add(&tls->renewals[outcome], 1);
    return outcome;
}

time_t tls_expires(struct tls *tls)
{
    (void)pthread_mutex_lock(&tls->lock);
    time_t expires = tls->current->expires;
    (void)pthread_mutex_unlock(&tls->lock);
    return expires;
}

void tls_count(struct tls *tls, struct tls_counts *ret_counts)
{
    for (size_t i = 0; i < HANDSHAKES; i++)
        ret_counts->handshakes[i] = atomic_load_explicit(&tls->handshakes[i], memory_order_relaxed);
    for (size_t i = 0; i < RENEWALS; i++)
        ret_counts->renewals[i] = atomic_load_explicit(&tls->renewals[i], memory_order_relaxed);
    ret_counts->expires = tls_expires(tls);
}

/* ---- Bytes between the TLS library and the socket -------------------------------------------------------------- */

struct tls_session {
    gnutls_session_t gnutls;
    struct tls *tls;
    struct credentials *credentials;
    int fd;
    bool ready;   /* the handshake is over */
    bool broken;  /* … or failed, or what came after it was no TLS */
    bool ended;   /* the client sends no more */
    bool emptied; /* nothing is left to be received now */
    unsigned taken, held;
    unsigned char ahead[AHEAD_BYTES]; /* received; from `taken` to `held` it was not asked for yet */
};

static ssize_t pull(gnutls_transport_ptr_t context, void *bytes, size_t size)
{
    struct tls_session *session = context;

    if (session->taken == session->held) {
        ssize_t got = -1;

        errno = EAGAIN;
        if (!session->emptied && !session->ended)
            got = recvfrom(session->fd, session->ahead, sizeof session->ahead, MSG_DONTWAIT, NULL, NULL);
        session->emptied = got < (ssize_t)sizeof session->ahead;
        if (got < 0)
            return -1;
        if (got == 0) {
            /* The library would take this for the end of everything, and answer no more. */
            session->ended = true;
            errno = EAGAIN;
            return -1;
        }
        session->taken = 0;
        session->held = (unsigned)got;
    }
    size_t some = session->held - session->taken;
    some = some < size ? some : size;
    memcpy(bytes, session->ahead + session->taken, some);
    session->taken += (unsigned)some;
    return (ssize_t)some;
}

/* Not by the function of the C library, which leads here; see intercept.c. */
static ssize_t push(gnutls_transport_ptr_t context, const giovec_t *pieces, int count)
{
    const struct tls_session *session = context;
    const struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)pieces, .msg_iovlen = (size_t)count};

    return syscall(SYS_sendmsg, session->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* ---- Sessions -------------------------------------------------------------------------------------------------- */

struct tls_session *tls_session_new(struct tls *tls, int fd)
{
    static unsigned char names[][8] = {"http/1.1", "http/1.0"};
    static const gnutls_datum_t protocols[] = {{names[0], sizeof names[0]}, {names[1], sizeof names[1]}};
    struct tls_session *session = calloc(1, sizeof *session);

    if (session == NULL)
        return NULL;
    session->tls = tls;
    session->fd = fd;
    session->credentials = join_credentials(tls);
    /* A client that knows other protocols only is told so. */
    if (gnutls_init(&session->gnutls, GNUTLS_SERVER | GNUTLS_NONBLOCK) != 0 ||
        gnutls_priority_set(session->gnutls, tls->priorities) != 0 ||
        gnutls_credentials_set(session->gnutls, GNUTLS_CRD_CERTIFICATE, session->credentials->both) != 0 ||
        gnutls_session_ticket_enable_server(session->gnutls, &tls->ticket_key) != 0 ||
        gnutls_alpn_set_protocols(session->gnutls, protocols, 2, GNUTLS_ALPN_MANDATORY) != 0) {
        session->ready = true; /* nobody was kept waiting */
        tls_session_free(session);
        return NULL;
    }
    gnutls_transport_set_ptr(session->gnutls, session);
    gnutls_transport_set_pull_function(session->gnutls, pull);
    gnutls_transport_set_vec_push_function(session->gnutls, push);
    return session;
}

static void count(struct tls *tls, enum handshake handshake)
{
    (void)atomic_fetch_add_explicit(&tls->handshakes[handshake], 1, memory_order_relaxed);
}

void tls_session_free(struct tls_session *session)
{
    if (session == NULL)
        return;
    if (!session->ready)
        count(session->tls, HANDSHAKE_FAILED);
    if (session->gnutls != NULL)
        gnutls_deinit(session->gnutls);
    credentials_unref(session->credentials);
    free(session);
}

bool tls_session_is_ready(const struct tls_session *session)
{
    return session->ready;
}

/* Whether to ask again after what the library said: not when there is nothing to be received, nor for ever. */
static bool may_go_on(struct tls_session *session, ssize_t status, unsigned round)
{
    bool again = status == GNUTLS_E_AGAIN || status == GNUTLS_E_INTERRUPTED;

    if (again && session->emptied && session->taken == session->held)
        return false;
    session->broken = session->broken || round > ROUNDS_MAX || (!again && gnutls_error_is_fatal((int)status) != 0) ||
                      status == GNUTLS_E_REHANDSHAKE;
    return !session->broken;
}

static void shake_hands(struct tls_session *session)
{
    unsigned round = 0;
    int status;

    while ((status = gnutls_handshake(session->gnutls)) != 0 && may_go_on(session, status, ++round))
        continue;
    session->ready = status == 0;
    if (session->ready)
        count(session->tls, gnutls_session_is_resumed(session->gnutls) != 0 ? HANDSHAKE_RESUMED : HANDSHAKE_FULL);
    else if (session->broken)
        (void)gnutls_alert_send_appropriate(session->gnutls, status);
}

ssize_t tls_receive(struct tls_session *session, void *bytes, size_t size)
{
    size_t filled = 0;
    unsigned round = 0;
    ssize_t got = -1;

    session->emptied = false;
    if (!session->ready && !session->broken)
        shake_hands(session);
    while (session->ready && !session->broken && filled < size) {
        got = gnutls_record_recv(session->gnutls, (char *)bytes + filled, size - filled);
        if (got == 0)
            session->ended = true;
        if (got == 0 || (got < 0 && !may_go_on(session, got, ++round)))
            break;
        filled += got > 0 ? (size_t)got : 0;
    }
    if (filled > 0) {
        /* The end came with it, and makes no event of its own. */
        if (session->ended || session->broken)
            (void)shutdown(session->fd, SHUT_RD);
        return (ssize_t)filled;
    }
    if (session->ended && !session->broken)
        return 0;
    errno = session->broken ? ECONNRESET : EAGAIN;
    return -1;
}

/* The pieces from `from` on, at most a record's worth, in one: as they are where one piece has it all. */
static const unsigned char *gather(const struct iovec *pieces, size_t count, size_t from, size_t *ret_length)
{
    static _Thread_local unsigned char record[RECORD_BYTES];
    size_t length = 0;

    for (size_t i = 0; i < count && length < sizeof record; i++) {
        const unsigned char *bytes = pieces[i].iov_base;
        if (from >= pieces[i].iov_len) {
            from -= pieces[i].iov_len;
            continue;
        }
        size_t some = pieces[i].iov_len - from, room = sizeof record - length;
        some = some < room ? some : room;
        if (length == 0 && (some == room || i + 1 == count)) {
            *ret_length = some;
            return bytes + from;
        }
        memcpy(record + length, bytes + from, some);
        length += some;
        from = 0;
    }
    *ret_length = length;
    return record;
}

ssize_t tls_send(struct tls_session *session, const struct iovec *pieces, size_t count)
{
    size_t total = 0, sent = 0, length;

    for (size_t i = 0; i < count; i++)
        total += pieces[i].iov_len;
    while (session->ready && !session->broken && sent < total) {
        const unsigned char *bytes = gather(pieces, count, sent, &length);
        ssize_t took;
        /* Where the last record of the call before is not all sent yet, this sends the rest of it. */
        while ((took = gnutls_record_send(session->gnutls, bytes, length)) == GNUTLS_E_INTERRUPTED)
            continue;
        if (took == GNUTLS_E_AGAIN)
            break;
        session->broken = took <= 0 || (size_t)took > total - sent;
        sent += session->broken ? 0 : (size_t)took;
    }
    if (sent > 0)
        return (ssize_t)sent;
    errno = session->ready && !session->broken ? EAGAIN : EPIPE;
    return -1;
}

void tls_end(struct tls_session *session)
{
    if (session->ready && !session->broken)
        (void)gnutls_bye(session->gnutls, GNUTLS_SHUT_WR);
}

/* ---- Without a session ----------------------------------------------------------------------------------------- */

void tls_refuse(int fd)
{
    /* A record with a fatal alert, internal_error (RFC 8446 section 6.2): "unrelated to the peer". */
    static const unsigned char alert[] = {21, 3, 3, 0, 2, 2, 80};

    (void)sendto(fd, alert, sizeof alert, MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0);
}

ssize_t tls_ask(int fd, const void *question, size_t question_size, void *answer, size_t answer_size)
{
    gnutls_certificate_credentials_t nobody = NULL;
    gnutls_session_t gnutls = NULL;
    size_t length = 0;
    ssize_t got = 1;
    int status = gnutls_certificate_allocate_credentials(&nobody);

    if (status == 0)
        status = gnutls_init(&gnutls, GNUTLS_CLIENT);
    if (status == 0) /* 1.3 would have more to say before the answer */
        status = gnutls_priority_set_direct(gnutls, "NORMAL:-VERS-ALL:+VERS-TLS1.2", NULL);
    if (status == 0)
        status = gnutls_credentials_set(gnutls, GNUTLS_CRD_CERTIFICATE, nobody);
    if (status == 0) {
        gnutls_transport_set_int(gnutls, fd);
        status = gnutls_handshake(gnutls);
    }
    if (status == 0 && gnutls_record_send(gnutls, question, question_size) == (ssize_t)question_size)
        while (length < answer_size &&
               (got = gnutls_record_recv(gnutls, (char *)answer + length, answer_size - length)) > 0)
            length += (size_t)got;
    if (gnutls != NULL)
        gnutls_deinit(gnutls);
    if (nobody != NULL)
        gnutls_certificate_free_credentials(nobody);
    return length > 0 ? (ssize_t)length : -1;
}
