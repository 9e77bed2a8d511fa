/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the runtime know of each other and nobody else needs.
 */
#ifndef NOOKS_INTERNAL_H
#define NOOKS_INTERNAL_H

#include <nooks/domain.h>
#include <nooks/backend.h>
#include <nooks/hooks.h>
#include <nooks/lock.h>
#include <nooks/object.h>
#include <nooks/report.h>

struct seq_file;

/* Provided by the crossing (xpc.c, main.c, kernel-glue/entry). */
extern const struct nooks_backend *nooks_backend;
unsigned long nooks_ksym(const char *name);
bool nooks_kernel_text(unsigned long addr);	/* of the kernel or any module */
struct nooks_frame *nooks_current_frame(void);
int nooks_xpc_domain_init(struct nooks_domain *d);
void nooks_xpc_domain_exit(struct nooks_domain *d);
u64 nooks_stacks_exhausted(struct nooks_domain *d);	/* calls refused for want of a stack */
/* The domain was just closed by this CPU: have other threads notice.  Any context. */
void nooks_kick(struct nooks_domain *d);

/* domain.c */
extern struct mutex nooks_domains_mutex;
extern struct list_head nooks_domains;
struct nooks_domain *nooks_domain_create(const char *name);
struct nooks_domain *nooks_domain_find(const char *name);
void nooks_domain_destroy(struct nooks_domain *d);
void nooks_event(struct nooks_domain *d, enum nooks_event event, unsigned long addr, size_t n);
void nooks_quiet_all(struct nooks_domain *d);
const char *nooks_state_name(enum nooks_state s);

/* region.c */
struct nooks_region {
	unsigned long addr, last;	/* inclusive */
	const char *what, *source;
	bool device;			/* registers, or nothing at all: no memory */
	struct rb_node node;
	unsigned long subtree_last;
};
bool nooks_region_from(struct nooks_domain *d, unsigned long first, unsigned long last,
		       struct nooks_region *copy);
struct nooks_region *nooks_region_first(struct nooks_domain *d, unsigned long first,
					unsigned long last);
struct nooks_region *nooks_region_next(struct nooks_region *r, unsigned long first,
				       unsigned long last);
void nooks_regions_free(struct nooks_domain *d);
int nooks_region_record(struct nooks_domain *d, unsigned long addr, size_t n,
			const char *what, const char *source, bool device);
void nooks_region_forget(struct nooks_domain *d, unsigned long addr, size_t n);

/* object.c */
extern struct srcu_struct nooks_srcu;
int nooks_objects_init(void);
void nooks_objects_exit(void);
struct nooks_object *nooks_object_add_twin(struct nooks_domain *d, const struct nooks_type *type,
					   unsigned long key, size_t size, u32 flags,
					   const char *source, gfp_t gfp, void *twin);
struct nooks_object *nooks_object_pop(struct nooks_domain *d);
bool nooks_object_seized_in(struct nooks_domain *d, unsigned long addr, size_t n);
bool nooks_object_pinned_in(struct nooks_domain *d, unsigned long addr, size_t n,
			    const char **what);
struct nooks_object *nooks_range_first(struct nooks_domain *d, unsigned long first,
				       unsigned long last);
struct nooks_object *nooks_range_next(struct nooks_object *o, unsigned long first,
				      unsigned long last);

/* heap.c */
struct nooks_heap_use {
	u64 chunk_bytes, used_bytes, peak_bytes, limit_bytes;
	u32 chunks, allocations, failures;
};
int nooks_heap_create(struct nooks_domain *d);
void nooks_heap_destroy(struct nooks_domain *d);
void nooks_heap_reset(struct nooks_domain *d, u64 *bytes, u32 *allocations);
void nooks_heap_use(struct nooks_domain *d, struct nooks_heap_use *u);

/* module.c, image.c, thunk.c */
int nooks_modules_init(void);
void nooks_modules_exit(void);
struct nooks_module *nooks_module_at(struct nooks_domain *d, unsigned long addr);
int nooks_image_check(struct module *mod, const struct nooks_link_info *info);
int nooks_image_prepare(struct nooks_module *m);
void nooks_image_undo(struct nooks_module *m);
int nooks_image_save(struct nooks_module *m);
void nooks_image_restore(struct nooks_module *m);
bool nooks_image_rodata(struct nooks_domain *d, unsigned long addr, size_t n);
int nooks_params_guard(struct nooks_module *m);
void nooks_params_refresh(struct nooks_module *m);
void nooks_params_release(struct nooks_module *m);
int nooks_thunks_prepare(struct nooks_module *m);
void nooks_thunks_free(struct nooks_module *m);
void nooks_thunks_unbind(struct nooks_module *m, bool builtin_too);
struct nooks_thunk *nooks_thunk_find(struct nooks_domain *d, unsigned long addr);
struct nooks_thunk *nooks_thunk_nr(struct nooks_module *m, u32 i);
unsigned long nooks_thunk_address(struct nooks_module *m, u32 i);
void nooks_thunk_count(struct nooks_module *m, u32 *bound, u32 *total);
void nooks_thunk_unbound(struct nooks_frame *f);
int nooks_thunks_bind_builtin(struct nooks_module *m);

/* strings.c, twin.c, check.c */
void nooks_strings_free(struct nooks_domain *d);
void nooks_tables_free(struct nooks_domain *d);
void nooks_twin_dispose(struct nooks_object *o);

/* report.c */
int nooks_reports_create(struct nooks_domain *d);
void nooks_reports_destroy(struct nooks_domain *d);
struct nooks_report *nooks_report_last(struct nooks_domain *d);
void nooks_report_released(struct nooks_domain *d, const struct nooks_type *type);
void nooks_report_lock(struct nooks_domain *d, unsigned long lock, const char *kind);
void nooks_report_print(const struct nooks_report *r);
void nooks_report_show(struct seq_file *s, const struct nooks_report *r);

/* recovery.c */
int nooks_recovery_init(void);
void nooks_recovery_exit(void);
void nooks_recovery_schedule(struct nooks_domain *d);
void nooks_recovery_work(struct work_struct *w);
int nooks_domain_close(struct nooks_domain *d);
int nooks_domain_drain(struct nooks_domain *d);
void nooks_domain_release(struct nooks_domain *d);
int nooks_domain_stop(struct nooks_domain *d);
int nooks_domain_recover(struct nooks_domain *d);

/* lock.c */
const char *nooks_held_name(u32 kind);

/* status.c, audit.c */
int nooks_status_init(void);
void nooks_status_exit(void);
void nooks_status_add(struct nooks_domain *d);
void nooks_status_remove(struct nooks_domain *d);
int nooks_audit_show(struct seq_file *s, struct nooks_domain *d);
void nooks_json_string(struct seq_file *s, const char *p);

/* xpc.c: the wrappers that classes registered, for status */
int nooks_wrappers_each(int (*fn)(void *arg, struct module *owner, struct nooks_wrapper *w),
			void *arg);

#endif
