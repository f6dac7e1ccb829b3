/* SPDX-License-Identifier: MIT */
/*
 * Answers that were made before. They are kept in each thread's own cache, under a canonical key that equal requests share,
 * however they are written. Taking a request apart to find that key costs more than all the rest of answering, so from the
 * second time on the request's own spelling leads to the answer, too: then neither its path nor its parameters are looked at.
 *
 * An answer is compressed when it is asked for a second time, because a flood of requests that differ would have a
 * processor's time otherwise; at once where it is asked for by everybody, or is too large to be kept as it is.
 */
#include "exchange.h"

#include <string.h>

/* ---- Keys ------------------------------------------------------------------------------------------------------ */

static void begin(struct spelling *spelling, char kind)
{
    spelling->bytes[0] = kind;
    spelling->length = 1;
}

/* Adds a part and its end; NULL is told apart from an empty one. */
static void add(struct spelling *spelling, const char *part, size_t length)
{
    if (spelling->length == 0 || length + 1 > SPELLING_BYTES - spelling->length) {
        spelling->length = 0;
        return;
    }
    if (part)
        memcpy(spelling->bytes + spelling->length, part, length);
    spelling->length += length;
    spelling->bytes[spelling->length++] = part ? '\n' : '\r';
}

static void add_string(struct spelling *spelling, const char *part)
{
    add(spelling, part, part ? strlen(part) : 0);
}

/* Only what an answer may depend on. */
static void spell_request(struct spelling *spelling, const struct config *config, const struct request *request)
{
    begin(spelling, '>');
    add(spelling, request->target, request->target_length);
    add_string(spelling, request->accept);
    add_string(spelling, request->accept_encoding);
    add_string(spelling, request->accept_language);
    if (strcmp(config->cors_origin, "*") != 0)
        add_string(spelling, request->origin);
}

/* The last part is the coding, one character, so that a key can be changed to that of another coding. */
static void spell_key(struct spelling *spelling, const struct exchange *x, const char *link, const char *language,
                      const char *variant)
{
    begin(spelling, '/');
    add_string(spelling, link);
    add_string(spelling, language);
    add_string(spelling, variant);
    add_string(spelling, allowed_origin(x));
    add(spelling, "", 1);
}

static void set_coding(struct spelling *spelling, enum coding coding)
{
    if (spelling->length > 2)
        spelling->bytes[spelling->length - 2] = (char)('0' + coding);
}

/* ---- Looking, keeping ------------------------------------------------------------------------------------------ */

static struct reply *look_up(const struct worker *worker, const struct spelling *spelling)
{
    struct reply *reply = spelling->length > 0 ? cache_get(worker->cache, spelling->bytes, spelling->length) : NULL;

    if (reply)
        reply->asked_again = true;
    return reply;
}

static void keep(struct worker *worker, struct reply *reply)
{
    const struct spelling *key = &worker->canonical;
    struct cache_counts before = cache_count(worker->cache), after;

    if (key->length > 0)
        cache_put(worker->cache, key->bytes, key->length, reply);
    after = cache_count(worker->cache);
    atomic_store_explicit(&worker->kept_bytes, after.bytes, memory_order_relaxed);
    atomic_store_explicit(&worker->kept_replies, after.replies, memory_order_relaxed);
    tally_add(&worker->evictions, after.evictions - before.evictions);
}

bool answer_known(struct worker *worker, const struct config *config, const struct request *request,
                  struct reply **ret_reply)
{
    if (request->method != METHOD_GET && request->method != METHOD_HEAD)
        return false;
    spell_request(&worker->asked, config, request);
    struct reply *reply = look_up(worker, &worker->asked);
    if (!reply)
        return false;
    tally_add(&worker->hits, 1);
    *ret_reply = reply;
    return true;
}

/* What is kept under the key in this coding. From now on the request's own spelling finds it. */
static bool answer_again(struct exchange *x)
{
    const struct spelling *key = &x->worker->canonical, *asked = &x->worker->asked;

    if ((x->reply = look_up(x->worker, key)) == NULL)
        return false;
    tally_add(&x->worker->hits, 1);
    if (asked->length > 0)
        cache_add_spelling(x->worker->cache, key->bytes, key->length, asked->bytes, asked->length);
    return true;
}

/* Those who ask for a whole list, or a document, are many. */
static bool is_often_asked(const char *link)
{
    return !strchr(link, '?');
}

void answer_kept(struct exchange *x, const char *link, const char *language, const char *variant,
                 void (*print)(struct exchange *exchange, void *context), void *context)
{
    struct spelling *key = &x->worker->canonical;
    enum coding coding = coding_choose(x->request->accept_encoding);

    spell_key(key, x, link, language, variant);
    set_coding(key, coding);
    if (answer_again(x))
        return;
    tally_add(&x->worker->misses, 1);
    set_coding(key, CODING_NONE);
    bool known = coding != CODING_NONE && (x->reply = look_up(x->worker, key)) != NULL;
    if (!known) {
        print(x, context);
        if (!x->reply || !x->reply->etag)
            return;
        keep(x->worker, x->reply);
    }
    /* HEAD gets what GET got before it. Who has an ETag already asked before, perhaps another replica, and may have it of
     * the compressed answer. */
    bool worth = (known && x->request->method == METHOD_GET) || is_often_asked(link) || x->request->if_none_match ||
                 !cache_has_room(x->worker->cache, x->reply);
    if (coding == CODING_NONE || !worth)
        return;
    struct reply *plain = x->reply;
    x->reply = reply_encode(plain, coding);
    reply_unref(plain);
    set_coding(key, coding);
    if (x->reply)
        keep(x->worker, x->reply);
}
