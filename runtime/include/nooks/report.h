/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is known about a failure: recorded when it happens, in any context, and
 * completed by recovery.
 */
#ifndef NOOKS_REPORT_H
#define NOOKS_REPORT_H

#include <linux/types.h>
#include <linux/ktime.h>
#include <nooks/xpc.h>
#include <nooks/object.h>

#define NOOKS_REPORTS		4	/* kept per domain */
#define NOOKS_REPORT_CALLS	16
#define NOOKS_REPORT_RELEASED	24
#define NOOKS_REPORT_LOCKS	8
#define NOOKS_REPORT_SYMBOL	80

/**
 * struct nooks_cause - what led to a failure, as far as the caller knows
 * @kind: "write", "exec", "argument", "unbound thunk", "watchdog" ... static
 * @addr: the address concerned; valid if @has_addr
 * @size: bytes of the access
 * @verdict: the policy's answer, or NULL
 * @arg: argument of the wrapper, from 1; 0: none
 * @has_regs: frame->regs are the driver's registers
 */
struct nooks_cause {
	const char *kind;
	unsigned long addr;
	size_t size;
	const struct nooks_verdict *verdict;
	unsigned int arg;
	bool has_addr;
	bool has_regs;
};

__printf(4, 5)
void nooks_fail_cause(struct nooks_domain *d, struct nooks_frame *f,
		      const struct nooks_cause *c, const char *why, ...);

struct nooks_report {
	u32 number;			/* 0: slot not used; counts from 1 */
	time64_t when;
	u64 boot_ns;
	char domain[NOOKS_DOMAIN_NAME_MAX];
	char module[64];
	char why[160];
	char kind[24];
	u32 later;			/* further failures while the domain was closed */

	/* where */
	char op[64], op_source[64];	/* the upcall */
	char wrapper[64], wrapper_source[64];
	u32 arg;
	int cpu, pid;
	char comm[16];

	/* what */
	bool has_regs, has_addr, has_verdict;
	struct nooks_regs regs;
	char ip[NOOKS_REPORT_SYMBOL];
	u8 code[16];
	u8 ncode;
	unsigned long addr;
	u32 size;
	char addr_symbol[NOOKS_REPORT_SYMBOL];
	char object[48], object_source[64], field[48], reason[64];
	unsigned long object_key;
	u32 object_offset;

	u32 ncalls;
	struct {
		unsigned long addr;
		char symbol[NOOKS_REPORT_SYMBOL];
	} calls[NOOKS_REPORT_CALLS];

	u32 nlocks;
	struct {
		unsigned long addr;
		const char *kind;
	} locks[NOOKS_REPORT_LOCKS];

	/* recovery */
	u32 nreleased;
	struct {
		char type[48];
		char how[48];
		u32 count;
	} released[NOOKS_REPORT_RELEASED];
	u64 heap_bytes;			/* freed wholesale */
	u32 heap_allocations;
	u64 drain_us, release_us, restart_us, total_us;
	char outcome[96];
};

#endif
