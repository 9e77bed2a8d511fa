// SPDX-License-Identifier: GPL-2.0
/*
 * The `none` backend: crossings, tracking and checks, but no write rights.
 *
 * Drivers run on stacks and behind gates of their own, every argument is
 * checked and every trap handled as elsewhere; a wild store goes through.  For
 * finding out what a backend costs, and whether one is at fault.
 */
#include <linux/mm.h>
#include <nooks/backend.h>
#include <nooks/domain.h>
#include <nooks/entry.h>

static const char *none_usable(void)
{
	return nooks_idt_usable();
}

static int none_create(struct nooks_domain *d)
{
	d->cr3 = 0;
	return 0;
}

static void none_destroy(struct nooks_domain *d)
{
}

static int none_own(struct nooks_domain *d, unsigned long addr, size_t n)
{
	return 0;
}

static void none_disown(struct nooks_domain *d, unsigned long addr, size_t n)
{
}

/* Of the real tables nothing is the driver's; its regions tell what should be. */
static bool none_owned(struct nooks_domain *d, unsigned long addr, size_t n)
{
	return false;
}

static bool none_sync(struct nooks_domain *d, unsigned long addr)
{
	return false;
}

static void none_resync(struct nooks_domain *d)
{
}

static int none_text(struct nooks_domain *d, unsigned long addr, size_t n, bool on)
{
	return 0;
}

/* One run: everything.  The audit then says what it is: not protected. */
static int none_walk(struct nooks_domain *d,
		     int (*fn)(void *arg, unsigned long addr, size_t n), void *arg)
{
	return fn(arg, PAGE_OFFSET, -PAGE_OFFSET);
}

const struct nooks_backend nooks_backend_none = {
	.name = "none",
	.usable = none_usable,
	.create = none_create,
	.destroy = none_destroy,
	.own = none_own,
	.disown = none_disown,
	.owned = none_owned,
	.sync = none_sync,
	.resync = none_resync,
	.text = none_text,
	.walk = none_walk,
};
