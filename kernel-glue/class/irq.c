// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts: only those of the domain's devices, with a count of how often the
 * driver disabled them, and silence as soon as the driver is dead.
 */
#include <linux/interrupt.h>
#include <linux/list.h>
#include <linux/rwsem.h>
#include "nooks_core.gen.h"

enum { IRQ_AUX_DEV, IRQ_AUX_DEPTH, IRQ_AUX_SILENCED };

static LIST_HEAD(owners);
static DECLARE_RWSEM(owners_lock);

void nooks_irq_owner_register(struct nooks_irq_owner *o)
{
	down_write(&owners_lock);
	list_add(&o->link, &owners);
	up_write(&owners_lock);
}
EXPORT_SYMBOL_GPL(nooks_irq_owner_register);

void nooks_irq_owner_unregister(struct nooks_irq_owner *o)
{
	down_write(&owners_lock);
	list_del(&o->link);
	up_write(&owners_lock);
}
EXPORT_SYMBOL_GPL(nooks_irq_owner_unregister);

static bool irq_owned(struct nooks_domain *d, unsigned int irq)
{
	struct nooks_irq_owner *o;
	bool owned = false;

	down_read(&owners_lock);
	list_for_each_entry(o, &owners, link)
		owned |= o->owns(d, irq);
	up_read(&owners_lock);
	return owned;
}

#define IRQ_FLAGS (IRQF_TRIGGER_MASK | IRQF_SHARED | IRQF_PROBE_SHARED | IRQF_ONESHOT | \
		   IRQF_NO_SUSPEND | IRQF_NO_AUTOEN | IRQF_COND_SUSPEND | IRQF_NO_THREAD | \
		   IRQF_NOBALANCING)

int nooks_request_threaded_irq(struct nooks_frame *f, unsigned int irq, irq_handler_t handler,
			       irq_handler_t thread_fn, unsigned long flags, const char *name,
			       void *dev)
{
	int err;

	if (!irq_owned(f->domain, irq)) {
		nooks_refuse(f, 1, "interrupt %u belongs to no device of the driver", irq);
		return -EINVAL;
	}
	if (flags & ~IRQ_FLAGS) {
		nooks_refuse(f, 4, "interrupt flags %#lx are not for drivers", flags & ~IRQ_FLAGS);
		return -EINVAL;
	}
	if (!nooks_irq_watch(irq, dev))
		return -ENOMEM;
	err = request_threaded_irq(irq, handler, thread_fn, flags, name, dev);
	if (err)
		nooks_irq_unwatch(irq, dev);
	return err;
}

static atomic_long_t *aux(struct nooks_object *o, int i)
{
	return (atomic_long_t *)&o->aux[i];
}

/* The line may be shared: leave it as enabled as it was found. */
static const void *irq_free(struct nooks_object *o)
{
	nooks_irq_unwatch(o->key, (void *)o->aux[IRQ_AUX_DEV]);
	while (atomic_long_dec_if_positive(aux(o, IRQ_AUX_DEPTH)) >= 0)
		enable_irq(o->key);
	return free_irq(o->key, (void *)o->aux[IRQ_AUX_DEV]);
}

const void *nooks_free_irq(struct nooks_frame *f, unsigned int irq, void *dev)
{
	struct nooks_object *o = nooks_object_find(f->domain, &nooks_type_irq, irq);
	const void *name;

	if (!o || (void *)o->aux[IRQ_AUX_DEV] != dev) {
		nooks_refuse(f, o ? 2 : 1, "interrupt %u was not requested with this cookie", irq);
		return NULL;
	}
	o = nooks_object_take(f->domain, &nooks_type_irq, irq);
	if (!o)
		return NULL;
	name = irq_free(o);
	nooks_object_free(o);
	return name;
}

void nooks_irq_release(struct nooks_domain *d, struct nooks_object *o)
{
	irq_free(o);
}

static struct nooks_object *count(struct nooks_frame *f, unsigned int irq)
{
	struct nooks_object *o = nooks_object_find(f->domain, &nooks_type_irq, irq);

	if (o)
		atomic_long_inc(aux(o, IRQ_AUX_DEPTH));
	return o;
}

void nooks_disable_irq(struct nooks_frame *f, unsigned int irq)
{
	if (count(f, irq))
		disable_irq(irq);
}

void nooks_disable_irq_nosync(struct nooks_frame *f, unsigned int irq)
{
	if (count(f, irq))
		disable_irq_nosync(irq);
}

bool nooks_disable_hardirq(struct nooks_frame *f, unsigned int irq)
{
	/* It waits for the handler, in a loop. */
	if (in_hardirq())
		return nooks_refuse(f, 1, "disable_hardirq() in an interrupt handler");
	return count(f, irq) ? disable_hardirq(irq) : false;
}

void nooks_enable_irq(struct nooks_frame *f, unsigned int irq)
{
	struct nooks_object *o = nooks_object_find(f->domain, &nooks_type_irq, irq);

	if (o && atomic_long_dec_if_positive(aux(o, IRQ_AUX_DEPTH)) >= 0)
		enable_irq(irq);
	else
		nooks_refuse(f, 1, "interrupt %u enabled more often than disabled", irq);
}

void nooks_synchronize_irq(struct nooks_frame *f, unsigned int irq)
{
	if (irq_owned(f->domain, irq))
		synchronize_irq(irq);
	else
		nooks_refuse(f, 1, "interrupt %u belongs to no device of the driver", irq);
}

/*
 * The handler of a dead driver.  Its device may go on asking: the line is shut
 * once, until the interrupt is freed, so that it cannot storm the CPU that has
 * to do the recovery.
 */
void nooks_irq_fault(struct nooks_frame *f)
{
	unsigned int irq = f->original[0];
	struct nooks_object *o = nooks_object_find(f->domain, &nooks_type_irq, irq);

	f->ret = IRQ_NONE;
	if (!o || atomic_long_xchg(aux(o, IRQ_AUX_SILENCED), 1))
		return;
	atomic_long_inc(aux(o, IRQ_AUX_DEPTH));
	disable_irq_nosync(irq);
}
