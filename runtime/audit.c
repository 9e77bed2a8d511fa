// SPDX-License-Identifier: GPL-2.0
/*
 * Audit: what can a driver really write, and who said so?
 *
 * The backend walks the domain's real page tables and names every run of pages
 * that can be written without a trap; each must be explained by a region on
 * record.  The other half are the bytes that a trap would permit: lent bytes and
 * fields of tracked objects, each with the IDL line that grants it.
 */
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include "internal.h"

struct audit {
	struct seq_file *s;
	struct nooks_domain *d;
	u64 owned_bytes, unexplained_bytes;
	u32 runs, unexplained;
	const char *sep;
};

static void show_run(struct audit *a, unsigned long addr, size_t n,
		     const struct nooks_region *r)
{
	seq_printf(a->s, "%s\n{\"address\":\"%#lx\",\"bytes\":%zu,\"what\":", a->sep, addr, n);
	nooks_json_string(a->s, r ? r->what : "UNEXPLAINED");
	seq_puts(a->s, ",\"source\":");
	nooks_json_string(a->s, r ? r->source : "");
	seq_puts(a->s, "}");
	a->sep = ",";
	a->runs++;
	if (r) {
		a->owned_bytes += n;
	} else {
		a->unexplained++;
		a->unexplained_bytes += n;
	}
}

/* A run that the page tables let the domain write: cut it at regions. */
static int one_run(void *arg, unsigned long addr, size_t n)
{
	struct audit *a = arg;
	struct nooks_region r;
	bool known;
	size_t step;

	while (n) {
		known = nooks_region_from(a->d, addr, addr + n - 1, &r);
		if (known && r.addr <= addr) {
			step = min_t(size_t, n, r.last - addr + 1);
			show_run(a, addr, step, &r);
		} else {
			step = known ? r.addr - addr : n;
			show_run(a, addr, step, NULL);
		}
		addr += step;
		n -= step;
	}
	return 0;
}

/* A right that a trap would honour. */
struct grant {
	const struct nooks_type *type;
	const struct nooks_field *field;	/* NULL: the whole object */
	const char *source;
	unsigned long addr;
	size_t size;
	bool checked;
};

struct grants {
	struct grant *g;
	u32 n, max;
	u32 missed;
};

static void add_grant(struct grants *gs, const struct grant *g)
{
	if (gs->n < gs->max)
		gs->g[gs->n++] = *g;
	else
		gs->missed++;
}

static void add_fields(struct grants *gs, const struct nooks_type *type, unsigned long base,
		       u32 phase, const char *source, int depth)
{
	u32 i;

	for (i = 0; i < type->nfields; i++) {
		const struct nooks_field *f = &type->fields[i];

		if (!(f->until & phase))
			add_grant(gs, &(struct grant) {
				.type = type, .field = f, .source = f->source,
				.addr = base + f->offset, .size = f->size, .checked = f->check,
			});
	}
	for (i = 0; i < type->nparts && depth < 4; i++)
		if (!type->parts[i].link)
			add_fields(gs, type->parts[i].type, base + type->parts[i].offset, ~0U,
				   source, depth + 1);
}

static int collect(void *arg, struct nooks_object *o)
{
	struct grants *gs = arg;
	unsigned long e;

	if (!o->size)
		return 0;
	if (o->type->rights == NOOKS_RIGHTS_ALL && !(o->flags & NOOKS_OBJ_SEIZED))
		add_grant(gs, &(struct grant) {
			.type = o->type, .source = o->source, .addr = o->key, .size = o->size,
		});
	if (o->type->rights != NOOKS_RIGHTS_FIELDS)
		return 0;
	for (e = o->key; e < o->key + o->size; e += o->type->size) {
		add_fields(gs, o->type, e, o->phase, o->source, 0);
		if (!o->type->size)
			break;
	}
	return 0;
}

static void show_grants(struct seq_file *s, struct nooks_domain *d, struct grants *gs,
			u64 *bytes)
{
	const char *sep = "";
	u32 i;

	*bytes = 0;
	for (i = 0; i < gs->n; i++) {
		const struct grant *g = &gs->g[i];

		/* In the driver's own pages it grants nothing new. */
		if (nooks_owned(d, g->addr, g->size))
			continue;
		*bytes += g->size;
		seq_printf(s, "%s\n{\"address\":\"%#lx\",\"bytes\":%zu,\"type\":", sep, g->addr,
			   g->size);
		nooks_json_string(s, g->type->name);
		seq_puts(s, ",\"field\":");
		nooks_json_string(s, g->field ? g->field->name : "");
		seq_puts(s, ",\"source\":");
		nooks_json_string(s, g->source);
		seq_printf(s, ",\"checked\":%s}", g->checked ? "true" : "false");
		sep = ",";
	}
}

/* One JSON document; an unexplained byte makes "ok" false. */
int nooks_audit_show(struct seq_file *s, struct nooks_domain *d)
{
	struct audit a = { .s = s, .d = d, .sep = "" };
	struct grants gs = { .max = 8192 };
	u64 granted;
	int err;

	gs.g = kvmalloc_array(gs.max, sizeof(*gs.g), GFP_KERNEL);
	if (!gs.g)
		return -ENOMEM;
	mutex_lock(&d->mutex);
	seq_puts(s, "{\"format\":1,\"domain\":");
	nooks_json_string(s, d->name);
	seq_puts(s, ",\"backend\":");
	nooks_json_string(s, d->backend->name);
	seq_puts(s, ",\"pages\":[");
	err = d->backend->walk ? d->backend->walk(d, one_run, &a) : -EOPNOTSUPP;
	seq_puts(s, "],\n\"grants\":[");
	nooks_object_each(d, NULL, collect, &gs);
	show_grants(s, d, &gs, &granted);
	seq_printf(s, "],\n\"totals\":{\"runs\":%u,\"owned_bytes\":%llu,\"outside_bytes\":%llu,\"unexplained\":%u,\"unexplained_bytes\":%llu,\"grants_not_listed\":%u,\"walk_error\":%d},\"ok\":%s}\n",
		   a.runs, a.owned_bytes, granted, a.unexplained, a.unexplained_bytes,
		   gs.missed, err, !err && !a.unexplained ? "true" : "false");
	mutex_unlock(&d->mutex);
	kvfree(gs.g);
	return 0;
}
