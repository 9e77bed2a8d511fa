/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What enforces the rights.  One file per backend: kernel-glue/entry/
 * pagetable.c, runtime/backend_none.c; `pks` follows.
 */
#ifndef NOOKS_BACKEND_H
#define NOOKS_BACKEND_H

#include <linux/types.h>
struct nooks_domain;
struct module;

/**
 * struct nooks_backend - an enforcement mechanism
 * @name: "pagetable"
 * @usable: NULL if it can protect on this machine; otherwise the reason
 *	and the remedy ("... boot with pti=on"), static string
 * @create, @destroy: domain->cr3 / pkrs / backend_data.  May sleep.
 * @own: pages [addr, addr + n) become writable for the domain.  May sleep.
 * @disown: the opposite; returns when no CPU can write them any more.  May sleep.
 * @owned: true if every page of [addr, addr + n) is the domain's.  Any context.
 * @sync: make @addr as mapped in the kernel also mapped here; true if something
 *	changed.  Any context.
 * @resync: kernel mappings may have been replaced (module load).  May sleep.
 * @text: driver text appears or goes: executable for the domain only.  May sleep.
 * @walk: call @fn for every maximal run of pages that the domain can write
 *	without a trap, as the real tables say.  For audit.  May sleep.
 */
struct nooks_backend {
	const char *name;
	const char *(*usable)(void);
	int (*create)(struct nooks_domain *d);
	void (*destroy)(struct nooks_domain *d);
	int (*own)(struct nooks_domain *d, unsigned long addr, size_t n);
	void (*disown)(struct nooks_domain *d, unsigned long addr, size_t n);
	bool (*owned)(struct nooks_domain *d, unsigned long addr, size_t n);
	bool (*sync)(struct nooks_domain *d, unsigned long addr);
	void (*resync)(struct nooks_domain *d);
	int (*text)(struct nooks_domain *d, unsigned long addr, size_t n, bool on);
	int (*walk)(struct nooks_domain *d,
		    int (*fn)(void *arg, unsigned long addr, size_t n), void *arg);
};

extern const struct nooks_backend nooks_backend_none;
extern const struct nooks_backend nooks_backend_pagetable;

#endif
