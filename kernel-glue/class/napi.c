// SPDX-License-Identifier: GPL-2.0
/*
 * NAPI, by twins.
 *
 * The kernel polls a twin of the driver's napi_struct; scribbling on the
 * driver's own has no effect.  The tracked object remembers whether the driver
 * has disabled it, so that taking it away from a dead driver neither waits for
 * ever nor takes away what is on a CPU's poll list.
 */
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/netdevice.h>
#include "nooks_net.gen.h"

/* NAPI_AUX_PREPARED: napi_schedule_prep() said yes, __napi_schedule() is to follow */
enum { NAPI_AUX_DISABLED, NAPI_AUX_PREPARED };

enum { ENABLED, DISABLED, DISABLING };

/* In the frame of a poll: it has said that it is complete. */
#define COMPLETED scratch[3]

/* The frame of the poll of @napi that this thread is in, if it is not complete. */
static struct nooks_frame *poll_frame(struct nooks_frame *f, const struct napi_struct *napi)
{
	struct nooks_frame *p;

	for (p = f; p; p = p->outer) {
		/* an interrupt handler may have interrupted a poll: it is not in it */
		if (p != f && in_hardirq())
			return NULL;
		if (p->thunk->stub == &nooks_stub_napi_poll &&
		    p->original[0] == (unsigned long)napi)
			return p->COMPLETED ? NULL : p;
	}
	return NULL;
}

bool nooks_napi_polling(struct nooks_frame *f, const struct napi_struct *napi)
{
	return poll_frame(f, napi);
}

static struct nooks_object *object_of(struct nooks_frame *f, const struct napi_struct *twin)
{
	return nooks_object_find(f->domain, &nooks_type_napi_struct,
				 (unsigned long)nooks_twin_driver(twin));
}

void nooks_napi_add(struct nooks_frame *f, struct net_device *dev, struct napi_struct *napi,
		    int (*poll)(struct napi_struct *, int), int weight)
{
	struct napi_struct *twin;
	struct nooks_object *o;

	if (nooks_object_find(f->domain, &nooks_type_napi_struct, (unsigned long)napi)) {
		nooks_refuse(f, 2, "this napi_struct is in use");
		return;
	}
	twin = nooks_twin_new(f, 2, napi, &nooks_type_napi_struct, GFP_KERNEL);
	if (!twin) {
		if (!f->failed)
			nooks_refuse(f, 2, "no memory");
		return;
	}
	o = object_of(f, twin);
	o->aux[NAPI_AUX_DISABLED] = DISABLED;
	netif_napi_add_weight(dev, twin, poll, weight);
	/* what inline code of drivers reads; checked to be the driver's own memory */
	napi->dev = dev;
	napi->weight = weight;
	napi->poll = poll;
	napi->skb = NULL;
	napi->napi_id = twin->napi_id;
}

/* Off every list of the kernel, whatever state it is in. */
static void napi_gone(struct nooks_object *o)
{
	struct napi_struct *n = o->twin;
	unsigned long end = jiffies + 2 * HZ;

	if (!n->dev)
		return;
	if (o->aux[NAPI_AUX_DISABLED] != DISABLED) {
		/*
		 * Scheduled by a driver that died before it said so to the
		 * kernel, it stays so: no poll is coming then.
		 */
		while (test_bit(NAPI_STATE_SCHED, &n->state) && !o->aux[NAPI_AUX_PREPARED] &&
		       time_before(jiffies, end))
			msleep(1);
		if (test_bit(NAPI_STATE_SCHED, &n->state) && list_empty_careful(&n->poll_list))
			hrtimer_cancel(&n->timer);
		else
			napi_disable(n);
	}
	netif_napi_del(n);
}

void nooks_napi_release(struct nooks_domain *d, struct nooks_object *o)
{
	napi_gone(o);
}

void nooks_napi_del(struct nooks_frame *f, struct napi_struct *napi)
{
	struct nooks_object *o = nooks_object_find(f->domain, &nooks_type_napi_struct,
						   (unsigned long)napi);

	/* As the kernel has it: what was never added may be deleted. */
	if (!o)
		return;
	if (o->aux[NAPI_AUX_DISABLED] != DISABLED) {
		nooks_refuse(f, 1, "deleted while enabled");
		return;
	}
	o = nooks_object_take(f->domain, &nooks_type_napi_struct, (unsigned long)napi);
	if (!o)
		return;
	napi_gone(o);
	nooks_object_free(o);
}

struct search {
	struct net_device *dev;
	unsigned long key;
};

static int is_of(void *arg, struct nooks_object *o)
{
	struct search *s = arg;

	if (!o->twin || ((struct napi_struct *)o->twin)->dev != s->dev)
		return 0;
	s->key = o->key;
	return 1;
}

/* @dev is about to be freed, and with it, for the kernel, its napi_structs. */
void nooks_napis_drop(struct nooks_domain *d, struct net_device *dev)
{
	struct search s = { .dev = dev };
	struct nooks_object *o;

	while (nooks_object_each(d, &nooks_type_napi_struct, is_of, &s)) {
		o = nooks_object_take(d, &nooks_type_napi_struct, s.key);
		if (!o)
			break;
		napi_gone(o);
		nooks_object_free(o);
	}
}

void nooks_napi_enable(struct nooks_frame *f, struct napi_struct *napi)
{
	struct nooks_object *o = object_of(f, napi);

	if (!o || cmpxchg(&o->aux[NAPI_AUX_DISABLED], DISABLED, ENABLED) != DISABLED)
		nooks_refuse(f, 1, "enabled twice");
	else
		napi_enable(napi);
}

void nooks_napi_disable(struct nooks_frame *f, struct napi_struct *napi)
{
	struct nooks_object *o = object_of(f, napi);

	if (!o || cmpxchg(&o->aux[NAPI_AUX_DISABLED], ENABLED, DISABLING) != ENABLED) {
		nooks_refuse(f, 1, "disabled twice: it would wait for ever");
		return;
	}
	napi_disable(napi);
	WRITE_ONCE(o->aux[NAPI_AUX_DISABLED], DISABLED);
}

bool nooks_napi_schedule_prep(struct nooks_frame *f, struct napi_struct *napi)
{
	struct nooks_object *o = object_of(f, napi);

	if (!o || !napi_schedule_prep(napi))
		return false;
	WRITE_ONCE(o->aux[NAPI_AUX_PREPARED], 1);
	return true;
}

/*
 * Deferred to the next crossing, where interrupts may be on.  Once for each
 * successful napi_schedule_prep(), or a CPU's list gets it twice.
 */
void nooks_napi_schedule(struct nooks_frame *f, struct napi_struct *napi)
{
	struct nooks_object *o = object_of(f, napi);

	if (o && xchg(&o->aux[NAPI_AUX_PREPARED], 0))
		__napi_schedule(napi);
	else
		nooks_refuse(f, 1, "scheduled without napi_schedule_prep()");
}

/* Only its own poll knows on which CPU's list it is. */
bool nooks_napi_complete_done(struct nooks_frame *f, struct napi_struct *napi, int work_done)
{
	struct nooks_frame *poll = poll_frame(f, napi);

	if (!poll)
		return nooks_refuse(f, 1, "completed outside its poll, or twice");
	poll->COMPLETED = 1;
	return napi_complete_done(napi, work_done);
}

/*
 * In the place of nooks_enter(): a poll that is complete and asks for more would
 * be put on a list that it may be on already.
 */
int nooks_napi_poll(struct nooks_frame *f)
{
	int budget = f->original[1], err = nooks_enter(f);

	if (!err && f->COMPLETED && budget && (int)f->ret >= budget) {
		nooks_refuse(f, 0, "the whole budget used after napi_complete_done()");
		return -EFAULT;
	}
	return err;
}

/* A dead driver's poll is complete: without that napi_disable() never returns. */
void nooks_napi_fault(struct nooks_frame *f)
{
	f->ret = 0;
	if (!f->COMPLETED)
		napi_complete_done((struct napi_struct *)f->original[0], 0);
}
