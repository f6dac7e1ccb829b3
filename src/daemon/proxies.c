/* SPDX-License-Identifier: MIT */
#include "proxies.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TEXT_BYTES = INET6_ADDRSTRLEN + 4 };

/* ---- Addresses ------------------------------------------------------------------------------------------------- */

static const unsigned char mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

enum { MAPPED_BITS = 8 * sizeof mapped, ALL_BITS = 128 };

static struct in6_addr map(const struct in_addr *v4)
{
    struct in6_addr address = IN6ADDR_ANY_INIT;

    memcpy(address.s6_addr, mapped, sizeof mapped);
    memcpy(address.s6_addr + sizeof mapped, v4, sizeof *v4);
    return address;
}

static bool read_address(const char *text, struct in6_addr *ret_address)
{
    struct in_addr v4;

    if (inet_pton(AF_INET, text, &v4) != 1)
        return inet_pton(AF_INET6, text, ret_address) == 1;
    *ret_address = map(&v4);
    return true;
}

static bool is_in(const struct in6_addr *address, const struct network *network)
{
    unsigned whole = network->bits / 8, rest = network->bits % 8;
    unsigned difference = rest > 0 ? (unsigned)(address->s6_addr[whole] ^ network->address.s6_addr[whole]) : 0;

    return memcmp(address->s6_addr, network->address.s6_addr, whole) == 0 && difference >> (8 - rest) == 0;
}

static bool trusts(const struct proxies *proxies, const struct in6_addr *address)
{
    for (size_t i = 0; i < proxies->count; i++)
        if (is_in(address, &proxies->networks[i]))
            return true;
    return false;
}

bool proxies_trust(const struct proxies *proxies, const struct sockaddr *address)
{
    if (address->sa_family == AF_UNIX)
        return proxies->local;
    if (address->sa_family == AF_INET6)
        return trusts(proxies, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
    if (address->sa_family != AF_INET)
        return false;
    struct in6_addr as_v6 = map(&((const struct sockaddr_in *)(const void *)address)->sin_addr);
    return trusts(proxies, &as_v6);
}

/* ---- The option ------------------------------------------------------------------------------------------------ */

static bool read_network(const char *text, size_t length, struct network *ret_network)
{
    char copy[TEXT_BYTES];
    struct network network = {.bits = ALL_BITS};

    if (length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    char *slash = strchr(copy, '/');
    if (slash != NULL)
        *slash++ = '\0';
    if (!read_address(copy, &network.address))
        return false;
    if (slash != NULL) {
        unsigned before = strchr(copy, ':') != NULL ? 0 : MAPPED_BITS;
        size_t digits = strspn(slash, "0123456789");
        unsigned long bits = strtoul(slash, NULL, 10);
        if (digits == 0 || digits > 3 || slash[digits] != '\0' || bits > ALL_BITS - before)
            return false;
        network.bits = before + (unsigned)bits;
    }
    *ret_network = network;
    return true;
}

bool proxies_read(const char *list, struct proxies *ret_proxies)
{
    struct proxies proxies = {.count = 0};

    for (const char *at = list; at != NULL;) {
        size_t length = strcspn(at, ",");
        if (length == 4 && memcmp(at, "unix", 4) == 0)
            proxies.local = true;
        else if (proxies.count == PROXIES_MAX || !read_network(at, length, &proxies.networks[proxies.count++]))
            return false;
        at = at[length] == ',' ? at + length + 1 : NULL;
    }
    *ret_proxies = proxies;
    return true;
}

bool proxies_is_list(const char *list)
{
    struct proxies proxies;
    return proxies_read(list, &proxies);
}

/* ---- What proxies say ------------------------------------------------------------------------------------------ */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* An address as proxies write it: in quotes or not, IPv6 in brackets or not, with a port or not. */
static bool read_node(const char *text, size_t length, struct in6_addr *ret_address)
{
    char copy[TEXT_BYTES];

    while (length > 0 && is_blank(text[length - 1]))
        length--;
    while (length > 0 && is_blank(*text)) {
        text++;
        length--;
    }
    if (length >= 2 && *text == '"' && text[length - 1] == '"') {
        text++;
        length -= 2;
    }
    const char *end = length > 0 && *text == '[' ? memchr(text, ']', length) : NULL;
    const char *colon = memchr(text, ':', length);
    if (end != NULL) {
        text++;
        length = (size_t)(end - text);
    } else if (colon != NULL && memchr(colon + 1, ':', length - (size_t)(colon + 1 - text)) == NULL) {
        length = (size_t)(colon - text); /* one colon only: a port's */
    }
    if (length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return read_address(copy, ret_address);
}

/* The value of "for" in an element of Forwarded. Addresses hold no semicolons. */
static bool read_forwarded(const char *text, size_t length, struct in6_addr *ret_address)
{
    const char *end = text + length;

    while (text < end) {
        const char *next = memchr(text, ';', (size_t)(end - text));
        if (next == NULL)
            next = end;
        while (text < next && is_blank(*text))
            text++;
        if (next - text > 4 && strncasecmp(text, "for=", 4) == 0)
            return read_node(text + 4, (size_t)(next - text) - 4, ret_address);
        text = next < end ? next + 1 : end;
    }
    return false;
}

typedef bool node_reader(const char *text, size_t length, struct in6_addr *ret_address);

/* Each proxy adds to the end whom it was asked by; what stands before the first that is not trusted is hearsay. */
static bool read_list(const struct proxies *proxies, const char *list, node_reader *read, struct in6_addr *ret_address)
{
    struct in6_addr address;
    bool some = false;

    for (size_t end = strlen(list); end > 0;) {
        size_t begin = end;
        while (begin > 0 && list[begin - 1] != ',')
            begin--;
        if (!read(list + begin, end - begin, &address))
            break;
        *ret_address = address;
        some = true;
        if (!trusts(proxies, &address))
            break;
        end = begin > 0 ? begin - 1 : 0;
    }
    return some;
}

bool proxies_client(const struct proxies *proxies, const char *forwarded, const char *x_forwarded_for,
                    char out[static INET6_ADDRSTRLEN])
{
    struct in6_addr found, other;

    if (x_forwarded_for != NULL && !read_list(proxies, x_forwarded_for, read_node, &found))
        return false;
    if (forwarded != NULL && !read_list(proxies, forwarded, read_forwarded, &other))
        return false;
    if (forwarded != NULL && x_forwarded_for != NULL && memcmp(&found, &other, sizeof found) != 0)
        return false;
    if (forwarded == NULL && x_forwarded_for == NULL)
        return false;
    if (x_forwarded_for == NULL)
        found = other;
    bool v4 = IN6_IS_ADDR_V4MAPPED(&found);
    return inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? &found.s6_addr[12] : &found.s6_addr[0], out, INET6_ADDRSTRLEN) !=
           NULL;
}
