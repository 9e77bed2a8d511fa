/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Checks that generated wrappers and stubs make on what crosses.
 *
 * Each returns true if all is well.  If not, the driver has been failed with a
 * report that names the wrapper, the argument (@arg counts from 1; 0 is the
 * result of an upcall), the reason and the IDL line; the caller returns at once
 * and the gate unwinds the driver.
 */
#ifndef NOOKS_CHECK_H
#define NOOKS_CHECK_H

#include <nooks/xpc.h>
#include <nooks/object.h>
#include <linux/overflow.h>

#define NOOKS_NULLABLE	0x1		/* NULL is a valid value */
#define NOOKS_KEPT	0x2		/* the kernel keeps the pointer after the call */

/* Fail the driver because of an argument; always returns false. */
__printf(3, 4)
bool nooks_refuse(struct nooks_frame *f, unsigned int arg, const char *why, ...);

/* @p is a tracked object of @type (or a part of one, or reached by a link of one) */
bool nooks_check_object(struct nooks_frame *f, unsigned int arg, const void *p,
			const struct nooks_type *type, u32 flags);
/* as above, and returns the tracked object itself (not a part); NULL after refusing */
struct nooks_object *nooks_get_object(struct nooks_frame *f, unsigned int arg, const void *p,
				      const struct nooks_type *type);
/* [p, p + n) is memory that the driver may write (owned, or lent) */
bool nooks_check_writable(struct nooks_frame *f, unsigned int arg, const void *p, size_t n,
			  u32 flags);
/* [p, p + n) is memory that the driver owns, holds or was lent, or its read-only data */
bool nooks_check_readable(struct nooks_frame *f, unsigned int arg, const void *p, size_t n,
			  u32 flags);
/* [p, p + n) is in the driver's own read-only data (ops tables, id tables) */
bool nooks_check_rodata(struct nooks_frame *f, unsigned int arg, const void *p, size_t n,
			u32 flags);
/* copy from / to driver memory after the matching check */
bool nooks_copy_in(struct nooks_frame *f, unsigned int arg, void *dst, const void *src, size_t n);
bool nooks_copy_out(struct nooks_frame *f, unsigned int arg, void *dst, const void *src, size_t n);
/*
 * A string of at most @max bytes, NUL included, copied to @dst.  Unterminated
 * or unreadable: refused.
 */
bool nooks_copy_string(struct nooks_frame *f, unsigned int arg, char *dst, const char *src,
		       size_t max, u32 flags);
/*
 * The same for a string that the kernel keeps: the copy lives as long as the
 * domain and is shared by equal strings.  NULL after refusing.
 */
const char *nooks_keep_string(struct nooks_frame *f, unsigned int arg, const char *src,
			      size_t max, u32 flags);
/* @fn is a thunk of this domain; bind it to @stub, or it is bound to it already */
bool nooks_bind(struct nooks_frame *f, unsigned int arg, const void *fn,
		const struct nooks_stub *stub, u32 flags);
/*
 * Bind every op of a table.  @offsets and @stubs have @n entries; stubs[i] is
 * NULL for an op that is not supported (a driver that sets it is refused).
 * A table in the driver's read-only data is used in place; any other is copied
 * to kernel memory, and *@table is set to the copy.
 */
struct nooks_ops {
	const char *name;		/* "net_device_ops" */
	const char *source;
	u32 size;
	u32 nops;
	const u32 *offsets;
	const struct nooks_stub *const *stubs;
};
bool nooks_bind_ops(struct nooks_frame *f, unsigned int arg, const void **table,
		    const struct nooks_ops *ops, u32 flags);
/* free heap memory; refused with the reason if that is not what @p is */
bool nooks_free_checked(struct nooks_frame *f, unsigned int arg, const void *p);
/* @p must be the driver's own struct module */
bool nooks_check_self(struct nooks_frame *f, unsigned int arg, const void *p);

/* Size arithmetic: refuse overflow.  Evaluates to the product / sum. */
bool nooks_size_mul(struct nooks_frame *f, unsigned int arg, size_t a, size_t b, size_t *res);
bool nooks_size_add(struct nooks_frame *f, unsigned int arg, size_t a, size_t b, size_t *res);

/*
 * Twins: a kernel-side copy used in place of a structure in driver memory.
 * nooks_twin_new() makes (or finds) the twin of the @type object at driver
 * address @p; the memory is zeroed.  nooks_twin() finds it, refusing if there
 * is none.  nooks_twin_driver() maps a twin back to the driver's address.
 */
void *nooks_twin_new(struct nooks_frame *f, unsigned int arg, const void *p,
		     const struct nooks_type *type, gfp_t gfp);
void *nooks_twin(struct nooks_frame *f, unsigned int arg, const void *p,
		 const struct nooks_type *type);
void *nooks_twin_driver(const void *twin);
void nooks_twin_free(struct nooks_domain *d, const void *p, const struct nooks_type *type);

/*
 * Layout and signature asserts for generated code: the kernel's own compiler
 * re-checks what libclang told the generator.
 */
#ifdef __CHECKER__	/* sparse lays structures out in its own way */
#define NOOKS_ASSERT_FUNCTION(fn, type)	_Static_assert(1, "")
#define NOOKS_ASSERT_OP(s, op, type)	_Static_assert(1, "")
#define NOOKS_ASSERT_SIZE(type, n)	_Static_assert(1, "")
#define NOOKS_ASSERT_FIELD(type, field, off, n)	_Static_assert(1, "")
#else
#define NOOKS_ASSERT_FUNCTION(fn, type)						\
	_Static_assert(__builtin_types_compatible_p(typeof(&(fn)), type),	\
		       #fn ": signature differs from the one reviewed")
#define NOOKS_ASSERT_OP(s, op, type)						\
	_Static_assert(__builtin_types_compatible_p(typeof(((struct s *)0)->op), type), \
		       #s "." #op ": signature differs from the one reviewed")
#define NOOKS_ASSERT_SIZE(type, n)						\
	_Static_assert(sizeof(type) == (n), #type ": size differs from the one reviewed")
#define NOOKS_ASSERT_FIELD(type, field, off, n)					\
	_Static_assert(offsetof(type, field) == (off) &&			\
		       sizeof(((type *)0)->field) == (n),			\
		       #type "." #field ": layout differs from the one reviewed")
#endif

#endif
