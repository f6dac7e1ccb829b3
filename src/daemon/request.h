/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_REQUEST_H
#define SMESTATD_REQUEST_H
/*
 * A request as the handlers see it: values, no socket. So a handler is a plain function that tests and fuzzers can call.
 * Every pointer is borrowed for the time of the request; an absent header field is NULL.
 */
#include <stddef.h>

enum method { METHOD_GET, METHOD_HEAD, METHOD_OPTIONS, METHOD_OTHER, METHODS };

struct request {
    enum method method;
    const char *method_name;
    const char *target; /* as it came, still percent-encoded, with its query */
    size_t target_length;
    const char *accept;
    const char *accept_language;
    const char *accept_encoding;
    const char *if_none_match;
    const char
        *as_of; /* Smestat-As-Of: a day that the dataset must have reached, as the client has seen it elsewhere */
    const char *origin;
};

#endif
