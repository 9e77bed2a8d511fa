/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: crossings, traps, failures and the phases of recovery
 * (events/nooks/ in tracefs).
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM nooks

#if !defined(NOOKS_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define NOOKS_TRACE_H

#include <linux/tracepoint.h>

TRACE_EVENT(nooks_upcall,
	TP_PROTO(const char *domain, const char *op, unsigned long func),
	TP_ARGS(domain, op, func),
	TP_STRUCT__entry(
		__string(domain, domain)
		__string(op, op)
		__field(unsigned long, func)
	),
	TP_fast_assign(
		__assign_str(domain, domain);
		__assign_str(op, op);
		__entry->func = func;
	),
	TP_printk("domain=%s op=%s func=%ps", __get_str(domain), __get_str(op),
		  (void *)__entry->func)
);

TRACE_EVENT(nooks_downcall,
	TP_PROTO(const char *domain, const char *wrapper),
	TP_ARGS(domain, wrapper),
	TP_STRUCT__entry(
		__string(domain, domain)
		__string(wrapper, wrapper)
	),
	TP_fast_assign(
		__assign_str(domain, domain);
		__assign_str(wrapper, wrapper);
	),
	TP_printk("domain=%s wrapper=%s", __get_str(domain), __get_str(wrapper))
);

TRACE_EVENT(nooks_trap,
	TP_PROTO(const char *domain, unsigned long vec, unsigned long ip, unsigned long addr,
		 bool allowed),
	TP_ARGS(domain, vec, ip, addr, allowed),
	TP_STRUCT__entry(
		__string(domain, domain)
		__field(unsigned long, vec)
		__field(unsigned long, ip)
		__field(unsigned long, addr)
		__field(bool, allowed)
	),
	TP_fast_assign(
		__assign_str(domain, domain);
		__entry->vec = vec;
		__entry->ip = ip;
		__entry->addr = addr;
		__entry->allowed = allowed;
	),
	TP_printk("domain=%s vec=%lu ip=%pS addr=%#lx %s", __get_str(domain), __entry->vec,
		  (void *)__entry->ip, __entry->addr, __entry->allowed ? "allowed" : "refused")
);

TRACE_EVENT(nooks_fail,
	TP_PROTO(const char *domain, const char *why),
	TP_ARGS(domain, why),
	TP_STRUCT__entry(
		__string(domain, domain)
		__string(why, why)
	),
	TP_fast_assign(
		__assign_str(domain, domain);
		__assign_str(why, why);
	),
	TP_printk("domain=%s %s", __get_str(domain), __get_str(why))
);

TRACE_EVENT(nooks_recovery,
	TP_PROTO(const char *domain, const char *phase, u64 us),
	TP_ARGS(domain, phase, us),
	TP_STRUCT__entry(
		__string(domain, domain)
		__string(phase, phase)
		__field(u64, us)
	),
	TP_fast_assign(
		__assign_str(domain, domain);
		__assign_str(phase, phase);
		__entry->us = us;
	),
	TP_printk("domain=%s %s after %llu us", __get_str(domain), __get_str(phase), __entry->us)
);

#endif

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
