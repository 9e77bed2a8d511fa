// SPDX-License-Identifier: GPL-2.0
/*
 * Failures: closing the domain at once, and recording what happened while it
 * can still be seen.
 *
 * The first failure of a live domain closes it and gets a report; whatever goes
 * wrong after that, until it is open again, is counted in the same report.
 * Everything is copied and symbolised at once: the driver may be gone, or
 * restarted, when somebody reads it.
 */
#include <linux/module.h>
#include <linux/kallsyms.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>
#include "internal.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

int nooks_reports_create(struct nooks_domain *d)
{
	d->reports = kvcalloc(NOOKS_REPORTS, sizeof(*d->reports), GFP_KERNEL);
	return d->reports ? 0 : -ENOMEM;
}

void nooks_reports_destroy(struct nooks_domain *d)
{
	kvfree(d->reports);
	d->reports = NULL;
}

/* The report of the failure the domain is in, or was in last; NULL: none. */
struct nooks_report *nooks_report_last(struct nooks_domain *d)
{
	return d->failures ? &d->reports[(d->failures - 1) % NOOKS_REPORTS] : NULL;
}

static void put(char *to, size_t n, const char *from)
{
	if (from)
		strscpy(to, from, n);
}
#define PUT(field, from) put(field, sizeof(field), from)

/* "name+0x12 [module]": the size that %pS adds says nothing to a reader. */
static void symbol(char *to, size_t n, unsigned long addr)
{
	char *slash, *rest;

	snprintf(to, n, "%pS", (void *)addr);
	slash = strchr(to, '/');
	if (!slash)
		return;
	rest = strchr(slash, ' ');
	if (rest)
		memmove(slash, rest, strlen(rest) + 1);
	else
		*slash = '\0';
}

/* Does a call instruction end at @addr, in the text of the domain? */
static bool after_call(struct nooks_domain *d, unsigned long addr)
{
	struct nooks_module *m = nooks_module_at(d, addr);
	unsigned long base;
	const u8 *c;

	if (!m)
		return false;
	base = (unsigned long)m->mod->core_layout.base;
	if (addr - base >= m->mod->core_layout.text_size || addr - base < 8)
		return false;
	c = (const u8 *)addr;
	return c[-5] == 0xe8 || (c[-2] == 0xff && (c[-1] & 0x38) == 0x10) ||
	       (c[-3] == 0xff && (c[-2] & 0x38) == 0x10) ||
	       (c[-6] == 0xff && (c[-5] & 0x38) == 0x10);
}

/*
 * The driver's calls, innermost first: words on its stack that follow a call
 * instruction of its text.  Old words may be among them, as on any stack that
 * is scanned instead of unwound.
 */
static void record_calls(struct nooks_report *r, struct nooks_frame *f, bool has_regs)
{
	unsigned long sp = has_regs ? f->regs.sp : f->dsp, w;

	if (sp & 7 || !f->dstack || sp > f->dstack || f->dstack - sp > 64 * 1024)
		return;
	if (!nooks_owned(f->domain, sp, f->dstack - sp))
		return;
	for (; sp < f->dstack && r->ncalls < NOOKS_REPORT_CALLS; sp += 8) {
		w = READ_ONCE(*(unsigned long *)sp);
		if (!after_call(f->domain, w))
			continue;
		r->calls[r->ncalls].addr = w;
		symbol(r->calls[r->ncalls].symbol, NOOKS_REPORT_SYMBOL, w);
		r->ncalls++;
	}
}

static void record_code(struct nooks_report *r, struct nooks_domain *d, unsigned long ip)
{
	struct nooks_module *m = nooks_module_at(d, ip);
	unsigned long end;

	if (!m)
		return;
	end = (unsigned long)m->mod->core_layout.base + m->mod->core_layout.text_size;
	if (ip >= end)
		return;
	r->ncode = min_t(unsigned long, sizeof(r->code), end - ip);
	memcpy(r->code, (void *)ip, r->ncode);
}

static void record_cause(struct nooks_report *r, const struct nooks_cause *c)
{
	const struct nooks_verdict *v = c->verdict;

	PUT(r->kind, c->kind);
	r->arg = c->arg;
	r->has_addr = c->has_addr;
	r->addr = c->addr;
	r->size = c->size;
	if (c->has_addr)
		symbol(r->addr_symbol, sizeof(r->addr_symbol), c->addr);
	if (!v)
		return;
	r->has_verdict = true;
	PUT(r->reason, v->reason);
	PUT(r->object_source, v->source);
	if (v->type)
		PUT(r->object, v->type->name);
	if (v->field)
		PUT(r->field, v->field->name);
	r->object_key = v->key;
	r->object_offset = v->offset;
}

static void record(struct nooks_report *r, struct nooks_domain *d, struct nooks_frame *f,
		   const struct nooks_cause *c)
{
	struct nooks_module *m;

	r->when = ktime_get_real_seconds();
	r->boot_ns = ktime_get_boot_fast_ns();
	PUT(r->domain, d->name);
	r->cpu = raw_smp_processor_id();
	r->pid = current->pid;
	PUT(r->comm, current->comm);
	m = list_first_entry_or_null(&d->modules, struct nooks_module, link);
	if (f && f->thunk && f->thunk->module)
		m = f->thunk->module;
	if (m)
		PUT(r->module, m->mod->name);
	if (c)
		record_cause(r, c);
	if (!f)
		return;
	if (f->thunk && f->thunk->stub) {
		PUT(r->op, f->thunk->stub->name);
		PUT(r->op_source, f->thunk->stub->source);
	}
	if (f->wrapper) {
		PUT(r->wrapper, f->wrapper->name);
		PUT(r->wrapper_source, f->wrapper->source);
	}
	if (c && c->has_regs) {
		r->has_regs = true;
		r->regs = f->regs;
		symbol(r->ip, sizeof(r->ip), f->regs.ip);
		record_code(r, d, f->regs.ip);
	}
	record_calls(r, f, c && c->has_regs);
}

static __printf(4, 0)
void fail(struct nooks_domain *d, struct nooks_frame *f, const struct nooks_cause *c,
		 const char *why, va_list ap)
{
	struct nooks_report *r;
	unsigned long irq;

	if (f)
		f->failed = 1;
	raw_spin_lock_irqsave(&d->report_lock, irq);
	if (READ_ONCE(d->dead) || d->state == NOOKS_STOPPED) {
		r = nooks_report_last(d);
		if (r)
			r->later++;
		raw_spin_unlock_irqrestore(&d->report_lock, irq);
		return;
	}
	WRITE_ONCE(d->dead, 1);
	WRITE_ONCE(d->state, NOOKS_FAILED);
	d->failures++;
	r = nooks_report_last(d);
	memset(r, 0, sizeof(*r));
	r->number = d->failures;
	vscnprintf(r->why, sizeof(r->why), why, ap);
	record(r, d, f, c);
	raw_spin_unlock_irqrestore(&d->report_lock, irq);

	trace_nooks_fail(d->name, r->why);
	nooks_kick(d);
	nooks_report_print(r);
	nooks_recovery_schedule(d);
}

void nooks_fail(struct nooks_domain *d, struct nooks_frame *f, const char *why, ...)
{
	va_list ap;

	va_start(ap, why);
	fail(d, f, NULL, why, ap);
	va_end(ap);
}
EXPORT_SYMBOL_GPL(nooks_fail);

void nooks_fail_cause(struct nooks_domain *d, struct nooks_frame *f,
		      const struct nooks_cause *c, const char *why, ...)
{
	va_list ap;

	va_start(ap, why);
	fail(d, f, c, why, ap);
	va_end(ap);
}
EXPORT_SYMBOL_GPL(nooks_fail_cause);

/* Recovery released an object. */
void nooks_report_released(struct nooks_domain *d, const struct nooks_type *type)
{
	struct nooks_report *r = nooks_report_last(d);
	u32 i;

	if (!r || !READ_ONCE(d->dead))
		return;
	for (i = 0; i < r->nreleased; i++)
		if (!strcmp(r->released[i].type, type->name))
			break;
	if (i == NOOKS_REPORT_RELEASED)
		return;
	if (i == r->nreleased) {
		PUT(r->released[i].type, type->name);
		PUT(r->released[i].how, type->release_name ?: "forgotten");
		r->nreleased++;
	}
	r->released[i].count++;
}

/* The unwinder released a lock.  Several threads may be unwinding. */
void nooks_report_lock(struct nooks_domain *d, unsigned long lock, const char *kind)
{
	struct nooks_report *r;
	unsigned long irq;

	raw_spin_lock_irqsave(&d->report_lock, irq);
	r = nooks_report_last(d);
	if (r && READ_ONCE(d->dead) && r->nlocks < NOOKS_REPORT_LOCKS) {
		r->locks[r->nlocks].addr = lock;
		r->locks[r->nlocks].kind = kind;
		r->nlocks++;
	}
	raw_spin_unlock_irqrestore(&d->report_lock, irq);
	pr_info("nooks: %s: %s %px, held at the failure, released\n", d->name, kind, (void *)lock);
}

/* The compact form, to the kernel's log. */
void nooks_report_print(const struct nooks_report *r)
{
	u32 i;

	pr_err("nooks: %s: FAILED: %s\n", r->domain, r->why);
	if (r->op[0])
		pr_err("nooks:   in %s (%s)\n", r->op, r->op_source);
	if (r->wrapper[0])
		pr_err("nooks:   calling %s (%s)%s%u\n", r->wrapper, r->wrapper_source,
		       r->arg ? ", argument " : ", argument: none ", r->arg);
	if (r->has_regs)
		pr_err("nooks:   at %s, code %*ph\n", r->ip, r->ncode, r->code);
	if (r->has_addr)
		pr_err("nooks:   address %#lx%s%s%s%s%s%s\n", r->addr,
		       r->object[0] ? ", in " : "", r->object,
		       r->field[0] ? "." : "", r->field,
		       r->reason[0] ? ": " : "", r->reason);
	for (i = 0; i < r->ncalls && i < 6; i++)
		pr_err("nooks:   called from %s\n", r->calls[i].symbol);
}
