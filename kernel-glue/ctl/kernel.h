/* SPDX-License-Identifier: GPL-2.0 */
/* What nooksctl asks the running kernel: the runtime's debugfs files, modules, its log. */
#ifndef NOOKSCTL_KERNEL_H
#define NOOKSCTL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "json.h"

/*
 * The runtime's file nooks/@path in debugfs (mounting it if it is not).
 * NULL after saying why not on stderr.  NOOKS_DEBUGFS in the environment names
 * another directory than /sys/kernel/debug/nooks.
 */
char *kernel_read(const char *path);
struct json *kernel_json(const char *path);
/* The same without a word when there is no runtime. */
struct json *kernel_try_json(const char *path);

/* The domain @name in a status document, or NULL. */
const struct json *kernel_domain(const struct json *status, const char *name);
/* The only domain's name when @name is NULL; checks that it exists.  NULL after a message. */
const char *kernel_pick_domain(const struct json *status, const char *name);

bool kernel_module_loaded(const char *name);
/* Modules that use @name; -1 if that is not known. */
int kernel_module_users(const char *name);
int kernel_load(const char *file, const char *params);		/* 0 or -errno */
int kernel_unload(const char *name);				/* 0 or -errno */
const char *kernel_release(void);

/* Remember the end of the kernel log; then print what it got since. */
long kernel_log_mark(void);
void kernel_log_print(long mark);

#endif
