/* SPDX-License-Identifier: MIT */
#include "gate.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

/* ---- Why ------------------------------------------------------------------------------------------------------- */

#define MALFORMED "malformed-request"

enum reason {
    METHOD,
    TARGET,
    VERSION,
    OLD_VERSION,
    LINE_END,
    LINE_START,
    NAME,
    VALUE,
    LENGTH,
    INCOMPLETE,
    LATE,
    LONG_TARGET,
    LARGE_HEAD,
    UNSEEN,
    REASONS
};

static const struct guard_refusal refusals[] = {
    /* RFC 9110 section 9.1 */
    [METHOD] = {MALFORMED, "The method is not a token with a space after it."},
    /* RFC 9112 section 3 */
    [TARGET] = {MALFORMED, "The request target holds a control character, or has no single space on each side."},
    /* RFC 9112 section 2.3 */
    [VERSION] = {MALFORMED, "The request line does not end in an HTTP version."},
    /* RFC 9110 section 15.6.6 */
    [OLD_VERSION] = {"http-version-not-supported", "Only HTTP/1.0 and HTTP/1.1 are spoken here."},
    /* RFC 9112 section 2.2: others read a bare CR or LF in other ways */
    [LINE_END] = {MALFORMED, "A line does not end in CR LF."},
    /* RFC 9112 sections 5.1 and 5.2 */
    [LINE_START] = {MALFORMED, "A header line is folded, or begins with a colon."},
    [NAME] = {MALFORMED, "A header line has no name with a colon right after it."},
    /* RFC 9110 section 5.5 */
    [VALUE] = {MALFORMED, "The value of a header field holds a control character."},
    /* RFC 9110 section 8.6 */
    [LENGTH] = {MALFORMED, "The Content-Length is not a number."},
    /* RFC 9112 section 8 */
    [INCOMPLETE] = {MALFORMED, "The request ended before its head did."},
    [LATE] = {"request-timeout", "The head of the request took too long to arrive."},
    [LONG_TARGET] = {"target-too-long", NULL},
    [LARGE_HEAD] = {"head-too-large", NULL},
    [UNSEEN] = {MALFORMED, "The end of a request is in doubt."},
};

_Static_assert(sizeof refusals / sizeof refusals[0] == REASONS, "every reason has its sentence");

/* ---- Where ----------------------------------------------------------------------------------------------------- */

/* What comes next. */
enum state {
    AT_BEGINNING,    /* a method, or an empty line before it */
    AT_BLANK_LF,     /* the second half of that */
    IN_METHOD,       /* more of it */
    AT_TARGET,       /* its first byte */
    IN_TARGET,       /* more of it */
    IN_VERSION,      /* the byte at `position` */
    AT_LINE_LF,      /* after a line's CR */
    AT_LINE,         /* a line's first byte */
    IN_NAME,         /* more of it, or its colon */
    IN_VALUE,        /* more of it, or the line's CR */
    IN_LENGTH,       /* the same of a Content-Length, before the digits */
    IN_LENGTH_DIGIT, /* … and after the first */
    AT_END_LF,       /* the last byte of the head */
    SHUT,            /* nothing */
    STATES
};

static const char version[] = "HTTP/1.1\r", usual_end[] = "HTTP/1.1\r\n";

enum { VERSION_MAJOR = sizeof "HTTP/" - 1, VERSION_MINOR = sizeof "HTTP/1." - 1 };

/* What makes a head of what came so far. It need not make sense, but the library must take it for one: the answer has
 * been decided. */
static const char *const endings[STATES] = {
    [AT_BEGINNING] = "GET / HTTP/1.1\r\n\r\n",
    [AT_BLANK_LF] = "\nGET / HTTP/1.1\r\n\r\n",
    [IN_METHOD] = " / HTTP/1.1\r\n\r\n",
    [AT_TARGET] = "/ HTTP/1.1\r\n\r\n",
    [IN_TARGET] = " HTTP/1.1\r\n\r\n",
    [IN_VERSION] = "HTTP/1.1\r\n\r\n", /* from `position` on */
    [AT_LINE_LF] = "\n\r\n",
    [AT_LINE] = "\r\n",
    [IN_NAME] = "-:\r\n\r\n", /* whatever the name was, it is another */
    [IN_VALUE] = "\r\n\r\n",
    [IN_LENGTH] = "0\r\n\r\n",
    [IN_LENGTH_DIGIT] = "\r\n\r\n",
    [AT_END_LF] = "\n",
};

/* ---- Fields that matter ---------------------------------------------------------------------------------------- */

enum known { KNOWN_NONE, KNOWN_LENGTH, KNOWN_CODING, KNOWN_HIDDEN };

static const struct {
    const char *name;
    size_t length;
    enum known known;
} known_fields[] = {
    {"content-length", sizeof "content-length" - 1, KNOWN_LENGTH},
    {"transfer-encoding", sizeof "transfer-encoding" - 1, KNOWN_CODING},
    {"cookie", sizeof "cookie" - 1, KNOWN_HIDDEN},
    {"expect", sizeof "expect" - 1, KNOWN_HIDDEN},
};

static enum known find_field(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof known_fields / sizeof known_fields[0]; i++)
        if (length == known_fields[i].length && memcmp(name, known_fields[i].name, length) == 0)
            return known_fields[i].known;
    return KNOWN_NONE;
}

/* ---- Spans ----------------------------------------------------------------------------------------------------- */

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* How many bytes from the start are at least `least`, which is at most 0x80. Eight at a time: a byte below it borrows
 * from the high bit in the subtraction, unless it has that bit itself. The lowest such bit is exact: a borrow only
 * reaches the bytes behind it. */
static size_t span_from(unsigned char least, const char *bytes, size_t length)
{
    size_t at = 0;
    uint64_t word;

    for (; at + sizeof word <= length; at += sizeof word) {
        memcpy(&word, bytes + at, sizeof word);
        word = le64toh(word);
        uint64_t low = (word - EACH(least)) & ~word & EACH(0x80);
        if (low != 0)
            return at + (size_t)__builtin_ctzll(low) / 8;
    }
    while (at < length && (unsigned char)bytes[at] >= least)
        at++;
    return at;
}

/* ---- The machine ----------------------------------------------------------------------------------------------- */

static void end_head(struct gate *gate)
{
    gate->heads++;
    gate->length = gate->fields = 0;
    /* Content is never read here, and the answer ends the connection. */
    gate->state = gate->content ? SHUT : AT_BEGINNING;
}

static void refuse(struct gate *gate, enum reason reason)
{
    gate->refusal = &refusals[reason];
    gate->ending = endings[gate->state];
    if (gate->state == IN_VERSION)
        gate->ending += gate->position;
    gate->refused_head = ++gate->heads;
    gate->state = SHUT;
}

/* Keeps what there is of a name, for a comparison when its colon comes. */
static void keep_name(struct gate *gate, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length && gate->position < sizeof gate->name; i++)
        gate->name[gate->position++] = (char)(bytes[i] >= 'A' && bytes[i] <= 'Z' ? bytes[i] - 'A' + 'a' : bytes[i]);
}

/* How many bytes from the start a name may consist of. */
static size_t span_name(const char *bytes, size_t length)
{
    size_t at = 0;

    while (at < length && bytes[at] != ':' && (unsigned char)bytes[at] > ' ')
        at++;
    return at;
}

/* Of the names that matter the shortest has six letters, and each begins with one of three. */
static bool may_matter(const char *name, size_t length)
{
    return length >= 6 && strchr("CcEeTt", name[0]) != NULL;
}

/* A whole line that neither matters nor is wrong, as most are. @return its length; 0: it is to be looked at by bytes. */
static size_t pass_line(struct gate *gate, const char *bytes, size_t length)
{
    size_t name = span_name(bytes, length), end = name + 1;

    if (name == 0 || end >= length || bytes[name] != ':' || may_matter(bytes, name) ||
        gate->fields == gate->limits->fields)
        return 0;
    end += span_from(' ', bytes + end, length - end);
    if (length - end < 2 || bytes[end] != '\r' || bytes[end + 1] != '\n')
        return 0;
    gate->fields++;
    return end + 2;
}

/* The bytes of a name, up to its colon, the end of what came, or what is no part of one. @return how many. */
static size_t pass_name(struct gate *gate, char *bytes, size_t length)
{
    size_t at = span_name(bytes, length);

    if (gate->position == 0 && at < length && !may_matter(bytes, at)) {
        gate->known = KNOWN_NONE;
    } else {
        keep_name(gate, bytes, at);
        gate->known = (uint8_t)find_field(gate->name, gate->position);
        /* Where the name goes on in what is still to come it was another; then it is renamed without need. */
        if (gate->known == KNOWN_HIDDEN && at > 0)
            bytes[at - 1] = '-';
    }
    if (at == length)
        return at;
    if (bytes[at] != ':') {
        refuse(gate, NAME);
        return at;
    }
    gate->content = gate->content || gate->known == KNOWN_CODING;
    gate->state = gate->known == KNOWN_LENGTH ? IN_LENGTH : IN_VALUE;
    gate->digits = 0;
    return at + 1;
}

static void pass_length(struct gate *gate, char byte)
{
    enum { DIGITS_MAX = 18 }; /* short enough for everybody's 64 bits */

    if (byte >= '0' && byte <= '9' && gate->digits < DIGITS_MAX) {
        gate->digits++;
        gate->content = gate->content || byte != '0';
        gate->state = IN_LENGTH_DIGIT;
    } else if (byte == '\r' && gate->digits > 0) {
        gate->state = AT_LINE_LF;
    } else if ((byte != ' ' && byte != '\t') || gate->digits > 0) {
        /* White space behind it is allowed, but the library chokes on it; nobody sends it. */
        refuse(gate, LENGTH);
    }
}

static void pass_version(struct gate *gate, char byte)
{
    bool digit = byte >= '0' && byte <= '9';

    /* Any HTTP/1 is to be understood as the highest of it that is (RFC 9110 section 2.5). */
    if (byte == version[gate->position] || (gate->position == VERSION_MINOR && digit))
        gate->state = version[++gate->position] == '\0' ? AT_LINE_LF : IN_VERSION;
    else
        refuse(gate, gate->position == VERSION_MAJOR && digit ? OLD_VERSION : VERSION);
}

/* The bytes of a target, up to the space behind it. @return how many. */
static size_t pass_target(struct gate *gate, char *bytes, size_t length)
{
    size_t at = span_from('!', bytes, length);
    char *mark = bytes;

    while ((mark = memchr(mark, '?', (size_t)(bytes + at - mark))) != NULL)
        *mark = GATE_QUESTION_MARK;
    if (at > 0)
        gate->state = IN_TARGET;
    if (at == length)
        return at;
    if (bytes[at] != ' ' || gate->state == AT_TARGET) {
        refuse(gate, TARGET);
        return at;
    }
    gate->state = IN_VERSION;
    gate->position = 0;
    return at + 1;
}

/* One byte where one decides. */
static void pass_byte(struct gate *gate, char byte)
{
    switch ((enum state)gate->state) {
    case AT_BEGINNING:
        if (byte == '\r')
            gate->state = AT_BLANK_LF;
        else if ((unsigned char)byte > ' ' && byte != 0x7f)
            gate->state = IN_METHOD;
        else
            refuse(gate, METHOD);
        break;
    case AT_BLANK_LF: /* RFC 9112 section 2.2 */
        if (byte == '\n')
            gate->state = AT_BEGINNING;
        else
            refuse(gate, LINE_END);
        break;
    case AT_LINE_LF:
        if (byte == '\n')
            gate->state = AT_LINE;
        else
            refuse(gate, LINE_END);
        break;
    case AT_LINE:
        if (byte == '\r') {
            gate->state = AT_END_LF;
        } else if ((unsigned char)byte <= ' ' || byte == ':') {
            refuse(gate, byte == '\n' ? LINE_END : LINE_START);
        } else if (gate->fields++ == gate->limits->fields) {
            refuse(gate, LARGE_HEAD);
        } else {
            gate->state = IN_NAME;
            gate->position = 0;
        }
        break;
    case AT_END_LF:
        if (byte == '\n')
            end_head(gate);
        else
            refuse(gate, LINE_END);
        break;
    case IN_LENGTH:
    case IN_LENGTH_DIGIT:
        pass_length(gate, byte);
        break;
    default:
        assert(!"a state of spans");
    }
}

/* As many bytes as belong together, or the one that decides. @return how many pass. */
static size_t pass_some(struct gate *gate, char *bytes, size_t length)
{
    size_t at;

    switch ((enum state)gate->state) {
    case IN_METHOD:
        at = span_from('!', bytes, length);
        if (at == length)
            return at;
        if (bytes[at] != ' ') {
            refuse(gate, METHOD);
            return at;
        }
        gate->state = AT_TARGET;
        return at + 1;
    case AT_TARGET:
    case IN_TARGET:
        return pass_target(gate, bytes, length);
    case IN_NAME:
        return pass_name(gate, bytes, length);
    case IN_VALUE:
        at = span_from(' ', bytes, length);
        if (at == length || bytes[at] == '\t')
            return at == length ? at : at + 1;
        if (bytes[at] != '\r') {
            refuse(gate, bytes[at] == '\n' ? LINE_END : VALUE);
            return at;
        }
        /* The line's end is looked at in one go where it is there. */
        gate->state = at + 1 < length && bytes[at + 1] == '\n' ? AT_LINE : AT_LINE_LF;
        return at + (gate->state == AT_LINE ? 2 : 1);
    case IN_VERSION:
        if (gate->position == 0 && length >= sizeof usual_end - 1 &&
            memcmp(bytes, usual_end, sizeof usual_end - 1) == 0) {
            gate->state = AT_LINE;
            return sizeof usual_end - 1;
        }
        pass_version(gate, bytes[0]);
        return gate->refusal == NULL;
    case AT_LINE:
        if ((at = pass_line(gate, bytes, length)) > 0)
            return at;
        /* fall through */
    default: {
        enum state before = gate->state;

        pass_byte(gate, bytes[0]);
        if (gate->refusal != NULL)
            return 0;
        /* A name's first byte is read again as one of its bytes. */
        return before == AT_LINE && gate->state == IN_NAME ? 0 : 1;
    }
    }
}

/* Puts as much of the ending as there is room for. @return how much. */
static size_t put_ending(struct gate *gate, char *bytes, size_t size)
{
    size_t left = strlen(gate->ending), put = left < size ? left : size;

    memcpy(bytes, gate->ending, put);
    gate->ending = put < left ? gate->ending + put : NULL;
    return put;
}

static bool in_request_line(const struct gate *gate)
{
    return gate->state < AT_LINE_LF || (gate->state == AT_LINE_LF && gate->fields == 0);
}

size_t gate_pass(struct gate *gate, char *bytes, size_t length, size_t size)
{
    size_t at = 0;

    if (gate->ending != NULL)
        return put_ending(gate, bytes, size);
    while (at < length && gate->state != SHUT) {
        /* No head grows past the limit; its last byte within it may still end it. */
        size_t room = gate->limits->head_bytes - gate->length, left = length - at;
        if (room == 0) {
            refuse(gate, in_request_line(gate) ? LONG_TARGET : LARGE_HEAD);
            break;
        }
        size_t passed = pass_some(gate, bytes + at, left < room ? left : room);
        at += passed;
        if (gate->state != AT_BEGINNING)
            gate->length += (unsigned)passed;
    }
    if (gate->ending == NULL)
        return at;
    return at + put_ending(gate, bytes + at, size - at);
}

size_t gate_end(struct gate *gate, bool late, char *bytes, size_t size)
{
    /* Who goes after an empty line has nothing to hear. */
    bool begun = late ? gate->length > 0 : gate->state != AT_BEGINNING;
    if (gate->ending == NULL && begun && gate->state != SHUT)
        refuse(gate, late ? LATE : INCOMPLETE);
    return gate->ending != NULL ? put_ending(gate, bytes, size) : 0;
}

bool gate_is_within_head(const struct gate *gate)
{
    return gate->length > 0 && gate->state != SHUT;
}

bool gate_is_shut(const struct gate *gate)
{
    return gate->state == SHUT;
}

const struct guard_refusal *gate_refusal(const struct gate *gate, unsigned head)
{
    if (head > gate->heads)
        return &refusals[UNSEEN];
    return gate->refusal != NULL && head == gate->refused_head ? gate->refusal : NULL;
}
