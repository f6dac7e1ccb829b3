/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_RELOAD_H
#define SMESTATD_RELOAD_H
/*
 * Reloading: a thread of its own reads the dataset again when it is asked to, or when its file has changed, and puts
 * it in the old one's place if there is nothing wrong with it. So it does with the certificate of TLS. It never answers a
 * request, and nobody waits for it.
 */
#include "config.h"
#include "notify.h"
#include "service.h"
#include "tls.h"
#include "watch.h"

struct reloader;

/* Watches the files that a dataset was read from beside its document, too. `watch` may be NULL. @return whether any is
 * new to it. */
bool reload_watch_files(struct watch *watch, const struct sme_dataset *dataset);
/* Says until when the certificate is good, and whether that has passed. */
void reload_say_certificate(struct tls *tls, const struct config *config, struct log *log);
/* Starts the thread. Takes the watch over, also when it fails; NULL: reload only when asked. `tls` may be NULL. What is
 * borrowed must outlive it. @return 0 or an errno. */
int reloader_start(const struct config *config, struct service *service, struct tls *tls, struct watch *watch,
                   struct log *log, const struct notifier *notifier, struct reloader **ret_reloader);
/* Asks for a reload, and has the service manager told of its end. What is asked while one is under way becomes one more. */
void reloader_ask(struct reloader *reloader);
/* From now on nothing is reloaded. A file that is just being read is left to itself: that may take for ever, such as
 * from a disk that is far away and not there; the thread then ends when it is done, without touching anything. */
void reloader_stop(struct reloader *reloader);

#endif
