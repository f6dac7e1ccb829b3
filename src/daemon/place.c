/* SPDX-License-Identifier: MIT */
#include "place.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const char unix_prefix[] = "unix:", tls_prefix[] = "tls:";

bool place_is_address(const char *text)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;

    if (strcmp(text, "localhost") == 0)
        return true;
    if (*text == '\0' || getaddrinfo(text, NULL, &hints, &found) != 0)
        return false;
    freeaddrinfo(found);
    return true;
}

bool place_is_port(const char *text)
{
    size_t length = strspn(text, "0123456789");

    return length > 0 && length <= 5 && text[length] == '\0' && strtoul(text, NULL, 10) <= UINT16_MAX;
}

/* A path that the kernel takes whole: a longer one would be cut, and then be another. */
static bool read_path(const char *text, size_t length, struct place *place)
{
    if (length == 0 || length >= sizeof place->path || *text != '/')
        return false;
    memcpy(place->path, text, length);
    place->path[length] = '\0';
    return true;
}

static bool read_address(const char *text, size_t length, struct place *place)
{
    char port[6];
    const char *colon = memrchr(text, ':', length);
    size_t address = colon != NULL ? (size_t)(colon - text) : 0, digits = length - address - 1;
    bool bracketed = address >= 2 && text[0] == '[' && text[address - 1] == ']';

    if (colon == NULL || digits >= sizeof port || address >= sizeof place->address)
        return false;
    memcpy(port, colon + 1, digits);
    port[digits] = '\0';
    memcpy(place->address, text + bracketed, address - 2 * bracketed);
    place->address[address - 2 * bracketed] = '\0';
    /* IPv6 addresses, and only they, have brackets: their own colons would be taken for the port's. */
    if (bracketed != (strchr(place->address, ':') != NULL) || !place_is_port(port) || !place_is_address(place->address))
        return false;
    place->port = (uint16_t)strtoul(port, NULL, 10);
    return true;
}

bool place_read(const char **at, struct place *ret_place)
{
    size_t length = strcspn(*at, ",");
    struct place place = {.tls = strncmp(*at, tls_prefix, sizeof tls_prefix - 1) == 0};
    bool is_path = strncmp(*at, unix_prefix, sizeof unix_prefix - 1) == 0;
    size_t prefix = place.tls ? sizeof tls_prefix - 1 : is_path ? sizeof unix_prefix - 1 : 0;

    if (!(is_path ? read_path : read_address)(*at + prefix, length - prefix, &place))
        return false;
    *at += length + ((*at)[length] == ',');
    *ret_place = place;
    return true;
}

bool place_is_list(const char *text)
{
    struct place place;
    size_t count = 0;

    do {
        if (!place_read(&text, &place) || ++count > PLACES_MAX)
            return false;
    } while (*text != '\0' || text[-1] == ',');
    return true;
}
