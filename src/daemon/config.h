/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_CONFIG_H
#define SMESTATD_CONFIG_H
/*
 * The daemon's options: one table from which the command line, the environment and --help are read.
 */
#include "log.h"
#include "sandbox.h"

#include <stdint.h>
#include <stdio.h>

/* Every text is borrowed from the command line, the environment or the program, and lives as long as they do. */
struct config {
    const char *address;
    uint64_t port;
    const char *listen;        /* places separated by commas, instead of the two; NULL: them */
    const char *tls_certificate; /* files; NULL, and so … */
    const char *tls_key;         /* … is this: there is no TLS */
    const char *socket_mode;   /* of Unix sockets' files, in octal */
    const char *admin_address; /* where there is an … */
    const char *admin_port;    /* … in digits; NULL: there is none */
    const char *dataset;     /* a file or builtin:NAME; NULL: the first of these */
    bool watch;              /* reload it, and the certificate, when the file changes */
    const char *check;       /* a file or builtin:NAME to check instead of serving; NULL: serve */
    const char *init;        /* a CSV file to draft a document for instead of serving; NULL: serve */
    const char *export_to;   /* a directory to write files to instead of serving; NULL: serve */
    const char *export_lang; /* the language of these files; NULL: what a client gets that asks for none */
    uint64_t threads;        /* 0: see config_threads */
    const char *cors_origin; /* "*", "none", or origins separated by commas */
    uint64_t cache_max_age_s;
    const char *base_url; /* what stands before every link: "" or http(s)://… without a slash at the end */
    enum log_level log_level;
    enum log_format log_format;
    const char *access_log; /* a file, "-" for standard output, or NULL */
    enum access_format access_format;
    uint64_t max_connections;
    uint64_t max_connections_per_address; /* 0: as many as there are */
    const char *trusted_proxies; /* addresses and networks separated by commas; NULL: none */
    uint64_t idle_timeout_s;
    uint64_t head_timeout_s;
    uint64_t answer_timeout_s;
    uint64_t connection_memory_bytes;
    uint64_t reply_cache_bytes;
    uint64_t large_answer_bytes;
    enum sandbox sandbox;
    bool upgrade; /* SIGUSR2 starts the program anew */
    uint64_t drain_grace_s;
    uint64_t drain_timeout_s;
};

enum config_outcome {
    CONFIG_RUN,    /* the options are good */
    CONFIG_HEALTH, /* the options are good, and a daemon that has them is to be asked whether it is healthy */
    CONFIG_SHOWN,  /* --help or --version was asked for and printed: exit 0 */
    CONFIG_BAD,    /* a sentence said what is wrong: exit 2 */
};

/* Reads the environment, then the command line, which wins. --help and --version are printed to `out`, a fault to
 * `err`. `ret_config` is written for CONFIG_RUN and CONFIG_HEALTH only. */
enum config_outcome config_read(int argc, char *const argv[], char *const environment[], FILE *out, FILE *err,
                                struct config *ret_config);

/* Calls `report` with a sentence for each SMESTATD_ variable that is no option: most likely misspelt. */
void config_unknown_variables(char *const environment[], void (*report)(void *context, const char *sentence),
                              void *context);

/* How many threads to run: the option's number or, if that is 0, as many as the CPUs this process may use. `root`
 * stands before /proc and /sys ("" except in tests). */
unsigned config_threads(const struct config *config, const char *root);

#endif
