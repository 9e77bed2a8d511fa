/* SPDX-License-Identifier: GPL-2.0 */
/* A kernel just large enough for the generator's tests. */
#ifndef FAKE_TYPES_H
#define FAKE_TYPES_H
#include <generated/autoconf.h>

typedef _Bool bool;
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef unsigned long size_t;
typedef long ssize_t;
typedef unsigned int gfp_t;
typedef struct { int counter; } atomic_t;
#define NULL ((void *)0)
#define EIO 5
#define MAX_NAME 64

struct module;
struct device { struct device *parent; void *driver_data; };
typedef struct raw_spinlock { u32 slock; } raw_spinlock_t;
#endif
