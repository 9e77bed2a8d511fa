/* SPDX-License-Identifier: GPL-2.0 */
/* Inside victim.ko. */
#ifndef VICTIM_I_H
#define VICTIM_I_H
#include <linux/atomic.h>
#include "victim.h"

struct seq_file;

/* victim_api.c: the device that is registered now; counts registrations */
struct victim_dev *victim_current(void);
extern atomic_t victim_registrations;
extern struct module *victim_owner_module;
extern u64 victim_noted;		/* changed by functions that must not be reached */
int victim_forbidden(void);		/* changes victim_noted */
bool victim_other_changed(void);	/* a victim_other was written; forgets it */

/* victim_main.c: the device is about to be freed */
void victim_check_freed(struct victim_dev *dev);

/* victim_target.c */
struct victim_target {
	char name[48];
	void *addr;
	u64 mask;		/* bits to flip: harmless ones */
	u64 old;
	u8 width;		/* bytes: 1, 2, 4, 8 */
};
int victim_target_init(void);
void victim_target_exit(void);
/* Find it, remember its value; in the thread that will run the attack. */
int victim_target_find(struct victim_target *t, const char *name);
u64 victim_target_value(const struct victim_target *t);
/* True if the bits were changed; puts them back. */
bool victim_target_check(struct victim_target *t);
void victim_target_list(struct seq_file *m);
/* victim_fuzz.c: that many random stores by the driver; a line about them */
void victim_fuzz(unsigned int writes, unsigned int seconds, char *result, size_t n);
/* Random kernel addresses for the fuzzer. */
size_t victim_random(unsigned long *list, size_t n, u64 seed);
/* Whether it lies in memory that an isolated driver owns, says Nooks. */
bool victim_is_drivers(unsigned long addr);
unsigned long victim_lookup(const char *name);
#endif
