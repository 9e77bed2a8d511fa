// SPDX-License-Identifier: GPL-2.0
/*
 * A failure report as one JSON object; the fields are described in
 * runtime/README.md.
 */
#include <linux/seq_file.h>
#include "internal.h"

static void string(struct seq_file *s, const char *key, const char *value)
{
	seq_printf(s, "\"%s\":", key);
	nooks_json_string(s, value);
	seq_putc(s, ',');
}

static void show_registers(struct seq_file *s, const struct nooks_regs *r)
{
	seq_printf(s, "\"registers\":{\"rax\":\"%#lx\",\"rbx\":\"%#lx\",\"rcx\":\"%#lx\",\"rdx\":\"%#lx\",\"rsi\":\"%#lx\",\"rdi\":\"%#lx\",\"rbp\":\"%#lx\",\"rsp\":\"%#lx\",",
		   r->ax, r->bx, r->cx, r->dx, r->si, r->di, r->bp, r->sp);
	seq_printf(s, "\"r8\":\"%#lx\",\"r9\":\"%#lx\",\"r10\":\"%#lx\",\"r11\":\"%#lx\",\"r12\":\"%#lx\",\"r13\":\"%#lx\",\"r14\":\"%#lx\",\"r15\":\"%#lx\",",
		   r->r8, r->r9, r->r10, r->r11, r->r12, r->r13, r->r14, r->r15);
	seq_printf(s, "\"rip\":\"%#lx\",\"rflags\":\"%#lx\",\"vector\":%lu,\"error\":%lu},",
		   r->ip, r->flags, r->vec, r->error);
}

static void show_object(struct seq_file *s, const struct nooks_report *r)
{
	seq_puts(s, "\"object\":{");
	string(s, "type", r->object);
	string(s, "field", r->field);
	string(s, "source", r->object_source);
	string(s, "missing", r->reason);
	seq_printf(s, "\"key\":\"%#lx\",\"offset\":%u},", r->object_key, r->object_offset);
}

void nooks_report_show(struct seq_file *s, const struct nooks_report *r)
{
	u32 i;

	seq_printf(s, "{\"number\":%u,\"time\":%lld,\"boot_ns\":%llu,", r->number,
		   (long long)r->when, r->boot_ns);
	string(s, "domain", r->domain);
	string(s, "module", r->module);
	string(s, "why", r->why);
	string(s, "kind", r->kind);
	string(s, "op", r->op);
	string(s, "op_source", r->op_source);
	string(s, "wrapper", r->wrapper);
	string(s, "wrapper_source", r->wrapper_source);
	seq_printf(s, "\"argument\":%u,\"cpu\":%d,\"pid\":%d,\"later\":%u,", r->arg, r->cpu,
		   r->pid, r->later);
	string(s, "comm", r->comm);
	if (r->has_regs) {
		string(s, "instruction", r->ip);
		seq_printf(s, "\"ip\":\"%#lx\",\"code\":\"%*phN\",", r->regs.ip, r->ncode, r->code);
		show_registers(s, &r->regs);
	}
	if (r->has_addr) {
		seq_printf(s, "\"address\":\"%#lx\",\"size\":%u,", r->addr, r->size);
		string(s, "address_symbol", r->addr_symbol);
	}
	if (r->has_verdict)
		show_object(s, r);

	seq_puts(s, "\"backtrace\":[");
	for (i = 0; i < r->ncalls; i++) {
		seq_printf(s, "%s{", i ? "," : "");
		string(s, "symbol", r->calls[i].symbol);
		seq_printf(s, "\"address\":\"%#lx\"}", r->calls[i].addr);
	}
	seq_puts(s, "],\"locks_released\":[");
	for (i = 0; i < r->nlocks; i++) {
		seq_printf(s, "%s{", i ? "," : "");
		string(s, "kind", r->locks[i].kind);
		seq_printf(s, "\"address\":\"%#lx\"}", r->locks[i].addr);
	}
	seq_puts(s, "],\"released\":[");
	for (i = 0; i < r->nreleased; i++) {
		seq_printf(s, "%s{", i ? "," : "");
		string(s, "type", r->released[i].type);
		string(s, "how", r->released[i].how);
		seq_printf(s, "\"count\":%u}", r->released[i].count);
	}
	seq_printf(s, "],\"heap_bytes\":%llu,\"heap_allocations\":%u,\"drain_us\":%llu,\"release_us\":%llu,\"restart_us\":%llu,\"recovery_us\":%llu,",
		   r->heap_bytes, r->heap_allocations, r->drain_us, r->release_us,
		   r->restart_us, r->total_us);
	seq_puts(s, "\"outcome\":");
	nooks_json_string(s, r->outcome);
	seq_puts(s, "}");
}
