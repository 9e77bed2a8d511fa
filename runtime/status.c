// SPDX-License-Identifier: GPL-2.0
/*
 * What there is to see, in debugfs/nooks: machine-readable, one JSON document per
 * file (see runtime/README.md for the formats); nooksctl renders it.
 */
#include <linux/module.h>
#include <linux/debugfs.h>
#include <linux/kallsyms.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "internal.h"

static struct dentry *root, *domains_dir;

void nooks_json_string(struct seq_file *s, const char *p)
{
	seq_putc(s, '"');
	for (; p && *p; p++) {
		if (*p == '"' || *p == '\\')
			seq_printf(s, "\\%c", *p);
		else if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f)
			seq_printf(s, "\\u%04x", (unsigned char)*p);
		else
			seq_putc(s, *p);
	}
	seq_putc(s, '"');
}

static void key_string(struct seq_file *s, const char *key, const char *value)
{
	seq_printf(s, "\"%s\": ", key);
	nooks_json_string(s, value);
}

struct wrapper_count {
	struct seq_file *s;
	u32 total, local, library, unchecked, deferred, fatal;
	bool list;
};

static u64 calls_of(struct nooks_wrapper *w)
{
	u64 sum = 0;
	int cpu;

	if (w->calls)
		for_each_possible_cpu(cpu)
			sum += *per_cpu_ptr(w->calls, cpu);
	return sum;
}

static int one_wrapper(void *arg, struct module *owner, struct nooks_wrapper *w)
{
	struct wrapper_count *c = arg;

	c->local += !!(w->flags & NOOKS_W_LOCAL);
	c->library += !!(w->flags & NOOKS_W_LIBRARY);
	c->unchecked += !!(w->flags & NOOKS_W_UNCHECKED);
	c->deferred += !!(w->flags & NOOKS_W_DEFERRED);
	c->fatal += !!(w->flags & NOOKS_W_FATAL);
	if (c->list) {
		seq_printf(c->s, "%s\n{", c->total ? "," : "");
		key_string(c->s, "name", w->name);
		seq_putc(c->s, ',');
		key_string(c->s, "source", w->source);
		seq_putc(c->s, ',');
		key_string(c->s, "class", owner ? owner->name : "");
		seq_printf(c->s, ",\"local\":%d,\"library\":%d,\"unchecked\":%d,\"deferred\":%d,\"fatal\":%d,\"calls\":%llu}",
			   !!(w->flags & NOOKS_W_LOCAL), !!(w->flags & NOOKS_W_LIBRARY),
			   !!(w->flags & NOOKS_W_UNCHECKED), !!(w->flags & NOOKS_W_DEFERRED),
			   !!(w->flags & NOOKS_W_FATAL), calls_of(w));
	}
	c->total++;
	return 0;
}

struct type_count {
	const struct nooks_type *type[64];
	u32 n[64], kinds;
};

static int count_type(void *arg, struct nooks_object *o)
{
	struct type_count *c = arg;
	u32 i;

	for (i = 0; i < c->kinds && c->type[i] != o->type; i++)
		;
	if (i == ARRAY_SIZE(c->type))
		return 0;
	if (i == c->kinds) {
		c->type[i] = o->type;
		c->kinds++;
	}
	c->n[i]++;
	return 0;
}

static void show_modules(struct seq_file *s, struct nooks_domain *d)
{
	struct nooks_module *m;
	const char *sep = "";
	u32 bound, total;

	seq_puts(s, "\"modules\": [");
	list_for_each_entry(m, &d->modules, link) {
		nooks_thunk_count(m, &bound, &total);
		seq_printf(s, "%s{", sep);
		key_string(s, "name", m->mod->name);
		seq_printf(s, ",\n    \"thunks\": %u,\n    \"bound\": %u,\n    \"data_bytes\": %llu,\n    \"initialized\": %s,\n    ",
			   total, bound, m->info->data_size, m->initialized ? "true" : "false");
		seq_printf(s, "\"source_sha256\": \"%32phN\"}", m->info->source_sha256);
		sep = ",";
	}
	seq_puts(s, "]");
}

static void number(struct seq_file *s, const char *key, u64 value)
{
	seq_printf(s, ",\n  \"%s\": %llu", key, value);
}

/* One key per line, so that a shell script can read it, too. */
static void show_domain(struct seq_file *s, struct nooks_domain *d)
{
	struct nooks_heap_use heap = { 0 };
	struct type_count *types;
	u32 i;

	seq_puts(s, "{ ");
	key_string(s, "name", d->name);
	seq_puts(s, ",\n  ");
	key_string(s, "state", nooks_state_name(READ_ONCE(d->state)));
	seq_puts(s, ",\n  ");
	key_string(s, "backend", d->backend->name);
	seq_puts(s, ",\n  ");
	show_modules(s, d);
	number(s, "inside", atomic_read(&d->inside));
	number(s, "upcalls", atomic64_read(&d->upcalls));
	number(s, "downcalls", atomic64_read(&d->downcalls));
	number(s, "deferred", atomic64_read(&d->deferred));
	number(s, "traps", atomic64_read(&d->traps));
	number(s, "emulated", atomic64_read(&d->emulated));
	number(s, "stepped", atomic64_read(&d->stepped));
	number(s, "violations", atomic64_read(&d->violations));
	number(s, "failures", d->failures);
	number(s, "recoveries", d->recoveries);
	number(s, "last_recovery_us", d->last_recovery_us);

	nooks_heap_use(d, &heap);
	number(s, "heap_chunks", heap.chunks);
	number(s, "heap_chunk_bytes", heap.chunk_bytes);
	number(s, "heap_used_bytes", heap.used_bytes);
	number(s, "heap_peak_bytes", heap.peak_bytes);
	number(s, "heap_limit_bytes", heap.limit_bytes);
	number(s, "heap_allocations", heap.allocations);
	number(s, "heap_failed", heap.failures);

	number(s, "objects", d->nobjects);
	seq_puts(s, ",\n  \"object_types\": {");
	types = kzalloc(sizeof(*types), GFP_KERNEL);
	if (types)
		nooks_object_each(d, NULL, count_type, types);
	for (i = 0; types && i < types->kinds; i++) {
		seq_puts(s, i ? ", " : "");
		nooks_json_string(s, types->type[i]->name);
		seq_printf(s, ": %u", types->n[i]);
	}
	kfree(types);
	seq_puts(s, "}}");
}

static int status_show(struct seq_file *s, void *unused)
{
	struct wrapper_count c = { .s = s };
	struct nooks_domain *d;
	const char *sep = "";

	nooks_wrappers_each(one_wrapper, &c);
	seq_puts(s, "{ \"format\": 1,\n  ");
	key_string(s, "version", THIS_MODULE->version ?: "");
	seq_puts(s, ",\n  ");
	key_string(s, "backend", nooks_backend->name);
	number(s, "wrappers", c.total);
	number(s, "local", c.local);
	number(s, "library", c.library);
	number(s, "unchecked", c.unchecked);
	number(s, "deferred_wrappers", c.deferred);
	number(s, "fatal_wrappers", c.fatal);
	seq_puts(s, ",\n  \"domains\": [");
	mutex_lock(&nooks_domains_mutex);
	list_for_each_entry(d, &nooks_domains, link) {
		seq_printf(s, "%s\n", sep);
		show_domain(s, d);
		sep = ",";
	}
	mutex_unlock(&nooks_domains_mutex);
	seq_puts(s, "]}\n");
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(status);

static int wrappers_show(struct seq_file *s, void *unused)
{
	struct wrapper_count c = { .s = s, .list = true };

	seq_puts(s, "[");
	nooks_wrappers_each(one_wrapper, &c);
	seq_puts(s, "]\n");
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(wrappers);

static int report_show(struct seq_file *s, void *unused)
{
	struct nooks_domain *d = s->private;
	u32 i, from = d->failures > NOOKS_REPORTS ? d->failures - NOOKS_REPORTS : 0;

	seq_puts(s, "[");
	for (i = from; i < d->failures; i++) {
		seq_puts(s, i == from ? "" : ",\n");
		nooks_report_show(s, &d->reports[i % NOOKS_REPORTS]);
	}
	seq_puts(s, "]\n");
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(report);

/* Object lists are long: copied in slices, so that the lock is held briefly. */
struct object_slice {
	u64 below;
	u32 n;
	struct object_copy {
		const struct nooks_type *type;
		const char *source;
		unsigned long key;
		size_t size;
		u64 serial;
		u32 flags, phase, lends;
	} o[128];
};

static int copy_object(void *arg, struct nooks_object *o)
{
	struct object_slice *slice = arg;

	if (o->serial >= slice->below)
		return 0;
	slice->o[slice->n++] = (struct object_copy) {
		.type = o->type, .source = o->source, .key = o->key, .size = o->size,
		.serial = o->serial, .flags = o->flags, .phase = o->phase, .lends = o->lends,
	};
	return slice->n == ARRAY_SIZE(slice->o);
}

static void show_object(struct seq_file *s, const struct object_copy *o)
{
	int i, shown = 0;

	seq_puts(s, "{");
	key_string(s, "type", o->type->name);
	seq_printf(s, ",\"key\":\"%#lx\",\"size\":%zu,\"serial\":%llu,", o->key, o->size,
		   o->serial);
	key_string(s, "source", o->source);
	seq_printf(s, ",\"lent\":%s,\"twin\":%s,\"seized\":%s,\"lends\":%u,\"phases\":[",
		   o->flags & NOOKS_OBJ_LENT ? "true" : "false",
		   o->flags & NOOKS_OBJ_TWIN ? "true" : "false",
		   o->flags & NOOKS_OBJ_SEIZED ? "true" : "false", o->lends);
	for (i = 0; o->type->phases && o->type->phases[i] && i < 32; i++) {
		if (!(o->phase & (1U << i)))
			continue;
		seq_puts(s, shown++ ? "," : "");
		nooks_json_string(s, o->type->phases[i]);
	}
	seq_puts(s, "],");
	key_string(s, "release", o->type->release_name ?: "");
	seq_puts(s, "}");
}

static int objects_show(struct seq_file *s, void *unused)
{
	struct nooks_domain *d = s->private;
	struct object_slice *slice = kvmalloc(sizeof(*slice), GFP_KERNEL);
	const char *sep = "\n";
	u32 i;

	if (!slice)
		return -ENOMEM;
	seq_puts(s, "[");
	slice->below = U64_MAX;
	do {
		slice->n = 0;
		nooks_object_each(d, NULL, copy_object, slice);
		for (i = 0; i < slice->n; i++) {
			seq_puts(s, sep);
			show_object(s, &slice->o[i]);
			slice->below = slice->o[i].serial;
			sep = ",\n";
		}
	} while (slice->n == ARRAY_SIZE(slice->o) && !seq_has_overflowed(s));
	seq_puts(s, "]\n");
	kvfree(slice);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(objects);

static int thunks_show(struct seq_file *s, void *unused)
{
	struct nooks_domain *d = s->private;
	const char *sep = "\n";
	struct nooks_module *m;
	struct nooks_thunk *t;
	char name[KSYM_SYMBOL_LEN];
	u32 i;

	seq_puts(s, "[");
	/* Not nooks_domains_mutex: the file is removed, and waited for, under it. */
	mutex_lock(&d->mutex);
	list_for_each_entry(m, &d->modules, link) {
		for (i = 0; i < m->info->nthunks; i++) {
			t = nooks_thunk_nr(m, i);
			snprintf(name, sizeof(name), "%ps", (void *)t->func);
			seq_printf(s, "%s{", sep);
			key_string(s, "module", m->mod->name);
			seq_putc(s, ',');
			key_string(s, "function", name);
			seq_printf(s, ",\"address\":\"%#lx\",", nooks_thunk_address(m, i));
			key_string(s, "stub", t->stub ? t->stub->name : "");
			seq_putc(s, ',');
			key_string(s, "source", t->stub ? t->stub->source : "");
			seq_printf(s, ",\"calls\":%llu}", (u64)atomic64_read(&t->calls));
			sep = ",\n";
		}
	}
	mutex_unlock(&d->mutex);
	seq_puts(s, "]\n");
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(thunks);

static int audit_show(struct seq_file *s, void *unused)
{
	return nooks_audit_show(s, s->private);
}
DEFINE_SHOW_ATTRIBUTE(audit);

static ssize_t control_write(struct file *file, const char __user *buf, size_t n, loff_t *pos)
{
	struct nooks_domain *d = file->private_data;
	char text[16], *word;
	int err = 0;

	if (n >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, buf, n))
		return -EFAULT;
	text[n] = '\0';
	word = strim(text);
	if (!strcmp(word, "fail"))
		nooks_fail(d, NULL, "failed by the administrator");
	else if (!strcmp(word, "stop"))
		err = nooks_domain_stop(d);
	else if (!strcmp(word, "recover"))
		err = nooks_domain_recover(d);
	else
		return -EINVAL;
	return err ?: n;
}

static const struct file_operations control_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = control_write,
	.llseek = no_llseek,
};

void nooks_status_add(struct nooks_domain *d)
{
	d->debugfs = debugfs_create_dir(d->name, domains_dir);
	debugfs_create_file("report", 0400, d->debugfs, d, &report_fops);
	debugfs_create_file("objects", 0400, d->debugfs, d, &objects_fops);
	debugfs_create_file("thunks", 0400, d->debugfs, d, &thunks_fops);
	debugfs_create_file("audit", 0400, d->debugfs, d, &audit_fops);
	debugfs_create_file("control", 0200, d->debugfs, d, &control_fops);
}

void nooks_status_remove(struct nooks_domain *d)
{
	debugfs_remove_recursive(d->debugfs);
	d->debugfs = NULL;
}

int nooks_status_init(void)
{
	root = debugfs_create_dir("nooks", NULL);
	if (IS_ERR(root))
		return PTR_ERR(root);
	domains_dir = debugfs_create_dir("domains", root);
	debugfs_create_file("status", 0400, root, NULL, &status_fops);
	debugfs_create_file("wrappers", 0400, root, NULL, &wrappers_fops);
	return 0;
}

void nooks_status_exit(void)
{
	debugfs_remove_recursive(root);
}
