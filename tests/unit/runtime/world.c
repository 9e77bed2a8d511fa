// SPDX-License-Identifier: GPL-2.0
/*
 * See world.h.  What the crossing and the reports do in the kernel is recorded
 * here instead.
 */
#include "world.h"

char world_why[256];
unsigned int world_arg, world_failures, world_events, world_enters;

static int own(struct nooks_domain *d, unsigned long addr, size_t n)
{
	return 0;
}

static void disown(struct nooks_domain *d, unsigned long addr, size_t n)
{
}

static int text(struct nooks_domain *d, unsigned long addr, size_t n, bool on)
{
	return 0;
}

static const struct nooks_backend backend = {
	.name = "test", .own = own, .disown = disown, .text = text,
};

void nooks_fail_cause(struct nooks_domain *d, struct nooks_frame *f,
		      const struct nooks_cause *c, const char *why, ...)
{
	struct va_format *vaf;
	va_list ap;

	va_start(ap, why);
	if (!strcmp(why, "%pV")) {
		vaf = va_arg(ap, struct va_format *);
		vsnprintf(world_why, sizeof(world_why), vaf->fmt, *vaf->va);
	} else {
		vsnprintf(world_why, sizeof(world_why), why, ap);
	}
	va_end(ap);
	world_arg = c->arg;
	world_failures++;
	d->dead = 1;
}

void nooks_fail(struct nooks_domain *d, struct nooks_frame *f, const char *why, ...)
{
	strcpy(world_why, why);
	world_failures++;
	d->dead = 1;
}

void nooks_report_lock(struct nooks_domain *d, unsigned long lock, const char *kind)
{
}

void nooks_event(struct nooks_domain *d, enum nooks_event event, unsigned long addr, size_t n)
{
	world_events += event == NOOKS_EVENT_CHUNK;
}

int nooks_enter(struct nooks_frame *f)
{
	world_enters++;
	return f->failed ? -EFAULT : 0;
}

/* The "kernel" of these tests has no read-only data of its own. */
unsigned long nooks_ksym(const char *name)
{
	return 0;
}

bool nooks_kernel_text(unsigned long addr)
{
	return addr == (unsigned long)strlen;
}

static void make_image(struct world *w)
{
	size_t size = WORLD_TEXT + WORLD_RODATA + WORLD_STRUCT + WORLD_DATA;
	char *base = aligned_alloc(PAGE_SIZE, size);
	struct nooks_thunk_page_head *head;
	u64 *table;
	int i;

	memset(base, 0, size);
	w->text = base;
	w->rodata = base + WORLD_TEXT;
	w->data = w->rodata + WORLD_RODATA + WORLD_STRUCT;
	w->mod = (struct module) {
		.state = MODULE_STATE_COMING, .name = "driver",
		.core_layout = {
			.base = base, .size = size, .text_size = WORLD_TEXT,
			.ro_size = WORLD_TEXT + WORLD_RODATA,
			.ro_after_init_size = WORLD_TEXT + WORLD_RODATA,
		},
	};
	head = (void *)base + PAGE_SIZE;
	head->magic = NOOKS_LINK_MAGIC;
	w->info = (void *)w->rodata;
	table = (u64 *)(w->rodata + 1024);
	*w->info = (struct nooks_link_info) {
		.magic = NOOKS_LINK_MAGIC, .version = NOOKS_LINK_VERSION,
		.size = sizeof(*w->info), .nthunks = WORLD_THUNKS, .naddresses = 2,
		.init_thunk = 0, .exit_thunk = ~0U,
		.thunks = (unsigned long)base + PAGE_SIZE,
		.functions = (unsigned long)table,
		.addresses = (unsigned long)(table + WORLD_THUNKS),
		.data = (unsigned long)w->data, .data_size = WORLD_DATA,
		.domain = "driver",
	};
	for (i = 0; i < WORLD_THUNKS; i++)
		table[i] = (unsigned long)base + 64 * i;
	table[WORLD_THUNKS] = (unsigned long)strlen;
	table[WORLD_THUNKS + 1] = (unsigned long)&world_why;	/* data, no function */
}

int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct nooks_domain *d = calloc(1, sizeof(*d));

	shim_live = 0;
	shim_fail_after = -1;
	shim_preempt = shim_bh = shim_rcu = 0;
	shim_irqs_off = false;
	world_failures = world_enters = world_events = 0;
	w->d = d;
	d->backend = &backend;
	INIT_LIST_HEAD(&d->modules);
	INIT_LIST_HEAD(&d->objects);
	INIT_LIST_HEAD(&d->linkers);
	INIT_LIST_HEAD(&d->strings);
	INIT_LIST_HEAD(&d->tables);
	if (nooks_objects_init() || nooks_heap_create(d))
		return -1;

	make_image(w);
	w->m = calloc(1, sizeof(*w->m));
	w->m->mod = &w->mod;
	w->m->info = w->info;
	w->m->domain = d;
	if (nooks_image_check(&w->mod, w->info) || nooks_thunks_prepare(w->m))
		return -1;
	list_add_tail(&w->m->link, &d->modules);
	if (nooks_thunks_bind_builtin(w->m) || nooks_image_prepare(w->m))
		return -1;

	w->thunk.module = w->m;
	w->wrapper.name = "test";
	w->f.domain = d;
	w->f.eflags = X86_EFLAGS_IF;
	w->f.thunk = &w->thunk;
	w->f.wrapper = &w->wrapper;
	w->kernel = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
	memset(w->kernel, 0, PAGE_SIZE);
	*state = w;
	return 0;
}

/* Whatever a test leaves tracked is dropped; anything else not freed is a leak. */
int world_teardown(void **state)
{
	struct world *w = *state;
	struct nooks_object *o;
	long live;

	while ((o = nooks_object_pop(w->d)))
		nooks_object_free(o);
	list_del(&w->m->link);
	nooks_image_undo(w->m);
	nooks_thunks_free(w->m);
	nooks_heap_destroy(w->d);
	nooks_strings_free(w->d);
	nooks_tables_free(w->d);
	nooks_regions_free(w->d);
	nooks_objects_exit();
	live = shim_live;
	if (live)
		fprintf(stderr, "%ld allocations not freed\n", live);
	free(w->text);
	free(w->kernel);
	free(w->m);
	free(w->d);
	free(w);
	return live ? -1 : 0;
}

void world_assert_refused(struct world *w, unsigned int arg, const char *text)
{
	assert_int_equal(world_failures, 1);
	assert_int_equal(world_arg, arg);
	if (!strstr(world_why, text))
		fail_msg("refused for \"%s\", not for \"%s\"", world_why, text);
	assert_true(w->f.failed);
	assert_true(w->d->dead);
	world_failures = 0;
	w->f.failed = 0;
	w->d->dead = 0;
}
