/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the machine part (kernel-glue/entry) and the runtime know of each
 * other: the per-CPU state of the gates, the driver stack's layout, and the
 * few functions that cross between the two.
 */
#ifndef NOOKS_ENTRY_H
#define NOOKS_ENTRY_H

/* struct nooks_cpu, as the gates see it; checked in kernel-glue/entry/idt.c */
#define NOOKS_CPU_CUR		0
#define NOOKS_CPU_KCR3		8
#define NOOKS_CPU_INTERRUPTS	16
#define NOOKS_CPU_NMIS		24
#define NOOKS_CPU_WINDOWS	32
#define NOOKS_CPU_NMI_CR3	40
#define NOOKS_CPU_NMI_REGS	48

/* IST slots Linux leaves free (1-based, as in IDT gates). */
#define NOOKS_LANDING_IST	6
#define NOOKS_NMI_IST		7

/*
 * A driver stack slot: base page, guard page, 16 KiB of stack, two guard
 * pages.  All but the guards is the driver's, so nothing read from the base
 * page may be trusted.
 */
#define NOOKS_STACK_SLOT	0x8000
#define NOOKS_STACK_LOW		0x2000
#define NOOKS_STACK_HIGH	0x6000

/* The base page: stand-in for the preempt count, then the deferred calls. */
#define NOOKS_BASE_PC		0
#define NOOKS_BASE_COUNT	8
#define NOOKS_BASE_CALLS	64
#define NOOKS_DEFERRED_SHIFT	6
#define NOOKS_DEFERRED_MAX	63

/*
 * The stand-in starts here, so that a driver's preempt_enable() never finds
 * zero and never calls the scheduler; crossings add the difference to the
 * real count.
 */
#define NOOKS_PC_START		0x80000000

/* struct nooks_thunk and struct nooks_module, as the gates see them */
#define NOOKS_THUNK_FUNC	0
#define NOOKS_THUNK_MODULE	16
#define NOOKS_MODULE_DOMAIN	16

/* What the gates do with the frame after nooks_trap() and nooks_resume() */
#define NOOKS_GO_ON	0
#define NOOKS_STEP	1
#define NOOKS_UNWIND	2

#ifndef __ASSEMBLY__
#include <linux/percpu.h>
#include <linux/build_bug.h>
#include <nooks/xpc.h>

/**
 * struct nooks_cpu - per-CPU state of the gates
 * @cur: frame of the driver that this CPU runs; NULL in the kernel
 * @kcr3: CR3 to go back to (with the no-flush bit); 0 if it was not switched
 * @interrupts, @nmis: taken while a driver ran
 * @windows: NMIs that hit the way back from an NMI
 * @nmi_cr3, @nmi_regs: what to go back to after the NMI in progress.  Kept here
 *	and not where the CPU pushed it, because drivers can write there.
 */
struct nooks_cpu {
	struct nooks_frame *cur;
	u64 kcr3;
	u64 interrupts, nmis, windows;
	u64 nmi_cr3;
	u64 nmi_regs[NOOKS_NR_REGS];
};
DECLARE_PER_CPU(struct nooks_cpu, nooks_cpu);

struct nooks_deferred {
	u64 wrapper;
	u64 arg[NOOKS_NR_REG_ARGS];
	u64 unused;
};

struct nooks_stack_base {
	u32 pc, unused;
	u64 count;
	u64 unused2[6];
	struct nooks_deferred calls[NOOKS_DEFERRED_MAX];
};
static_assert(sizeof(struct nooks_stack_base) == 4096);

/* gate.S; __nooks_enter: interrupts off; 0, or 1 if the driver failed */
int __nooks_enter(struct nooks_frame *f);
void nooks_thunk_entry(void);
void nooks_downcall_gate(void);
void nooks_defer_gate(void);
void nw_pc_inc(void);
void nw_pc_dec(void);
void nw_pc_bh(void);
extern char nooks_gates_start[], nooks_gates_end[], nooks_stubs[];

/* idt.c; loaded by the gates */
struct desc_ptr;
extern struct desc_ptr nooks_domain_idtr, nooks_kernel_idtr;

/* Called by the gates: kernel rights, the thread's kernel stack */
unsigned long nooks_upcall(const unsigned long *args, struct nooks_thunk *t,
			   const unsigned long *caller_stack);
unsigned long nooks_downcall(struct nooks_frame *f);
unsigned long nooks_downcall_outside(const struct nooks_wrapper *w, unsigned long caller);
void nooks_fold(struct nooks_frame *f);
int nooks_trap(struct nooks_frame *f);
int nooks_resume(struct nooks_frame *f);
void nooks_killed(struct nooks_frame *f);

/* idt.c */
int nooks_idt_init(void);
void nooks_idt_exit(void);
void nooks_landing(unsigned long *addr, size_t *n);
void nooks_send_nmi(int cpu);
const char *nooks_idt_usable(void);

/* ksym.c: address of an unexported symbol ("module:name" works); 0 if there is none */
int nooks_ksym_init(void);
unsigned long nooks_ksym(const char *name);
/* is @addr in the text of the kernel or of any module?  Any context */
bool nooks_kernel_text(unsigned long addr);

/* pagetable.c */
int nooks_pagetable_init(void);
void nooks_pagetable_exit(void);
extern u64 nooks_noflush;

#endif /* __ASSEMBLY__ */
#endif
