/* SPDX-License-Identifier: GPL-2.0 */
/* Inside attack.ko: the tables of attacks. */
#ifndef ATTACK_H
#define ATTACK_H
#include "victim.h"

struct attack {
	const char *name;
	int (*run)(struct victim_dev *dev, const struct victim_job *job);
};

/* An attack that has come to its end; anything but 0 and what onfault says. */
#define ATTACK_DONE	0
#define ATTACK_UNKNOWN	(-ENOSYS)

extern const struct attack attack_stores[], attack_args[], attack_contexts[];
int attack_lend(struct victim_dev *dev, u8 *buf, size_t n, const struct victim_job *job);
extern struct victim_other *attack_other;

#endif
