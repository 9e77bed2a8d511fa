/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What `nooksctl link` leaves in a driver and the runtime finds there.
 *
 * This is the only thing the module linker (a user program) and the runtime
 * (in the kernel) have to agree on, so it is written in fixed-width types and
 * is included by both.  A linked driver carries:
 *
 *   .text.nooks_thunks   page-aligned, whole pages, executable.  Page p holds
 *                        16-byte slots; slot 0 holds the link magic and room
 *                        for one pointer, which the runtime fills with the
 *                        kernel-side table of that page; slots 1..255 are
 *                        thunks:
 *                              endbr64                     f3 0f 1e fa
 *                              lea  thunk(%rip), %r11      4c 8d 1d f5 ff ff ff
 *                              jmp  nooks_thunk_entry      e9 rel32
 *                        (%r11 = address of the thunk itself).
 *                        Thunk i sits in page i / 255, slot 1 + i % 255.
 *   .nooks.functions     read-only u64[nthunks]: the driver function behind
 *                        each thunk (R_X86_64_64 relocations).
 *   .nooks.addresses     read-only u64[naddresses]: kernel symbols whose
 *                        address the driver takes; only these may appear
 *                        where the IDL expects a callback.  The linker cannot
 *                        tell functions from data: the runtime keeps those
 *                        that are kernel text.
 *   .nooks.info          read-only, one struct nooks_link_info, symbol
 *                        NOOKS_LINK_SYMBOL.
 *
 * Writable memory is laid out in this order, each on pages of its own: tables
 * that the kernel keeps in the image (__bug_table, __dyndbg, tracepoints ...),
 * struct module, the driver's own data (.data*, .init.data, .exit.data, .bss;
 * info->data, info->data_size, whole pages).  Only the last is the driver's.
 *
 * Functions that the driver exports (__ksymtab) are thunks as well, so a
 * module outside the domain that calls one meets a gate, never driver text.
 *
 * Init, exit and every other address of a driver function in the image is the
 * address of a thunk: no raw code pointer leaves the driver.
 */
#ifndef NOOKS_LINK_H
#define NOOKS_LINK_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdint.h>
typedef uint64_t u64;
typedef uint32_t u32;
#endif

#define NOOKS_LINK_SYMBOL	"nooks_link_info"
#define NOOKS_LINK_MAGIC	0x4b4e4c4eU	/* "NLNK" */
#define NOOKS_LINK_VERSION	1U

#define NOOKS_THUNK_SIZE	16U
#define NOOKS_THUNK_PAGE	4096U
#define NOOKS_THUNKS_PER_PAGE	(NOOKS_THUNK_PAGE / NOOKS_THUNK_SIZE - 1)
#define NOOKS_DOMAIN_NAME_MAX	56

/* Slot 0 of every thunk page. */
struct nooks_thunk_page_head {
	u64 magic;			/* NOOKS_LINK_MAGIC */
	u64 table;			/* 0 in the file; set by the runtime */
};

struct nooks_link_info {
	u32 magic;
	u32 version;
	u32 size;			/* of this structure */
	u32 nthunks;
	u32 naddresses;
	u32 init_thunk;			/* index of the thunk of module_init, or ~0 */
	u32 exit_thunk;			/* index of the thunk of module_exit, or ~0 */
	u32 flags;			/* none yet: must be 0 */
	u64 thunks;			/* address of .text.nooks_thunks */
	u64 functions;			/* address of .nooks.functions */
	u64 addresses;			/* address of .nooks.addresses, 0 if none */
	u64 data;			/* address of the driver's own writable data */
	u64 data_size;			/* a multiple of the page size, 0 if none */
	char domain[NOOKS_DOMAIN_NAME_MAX];	/* modules naming the same domain share fate */
	unsigned char source_sha256[32];	/* of the distribution's file */
};

#endif
