/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The gates: every instruction that runs while rights change hands.
 *
 * A CPU runs driver code if and only if the domain's IDT is loaded, and then
 * nooks_cpu.cur is the thread's frame.  The kernel's own IDT is in force
 * whenever the kernel runs, so ordinary interrupts never see us.  The order is
 * always: cur, kcr3, lidt, CR3 going in; CR3, lidt, cur coming out.
 *
 * Interrupts and exceptions out of a driver land on per-CPU pages of ours
 * (IST), take kernel rights, move to the thread's kernel stack below
 * frame->ksp, and look from there on like an interrupt of nooks_tramp.  Nothing
 * the driver left in a register is trusted; what it can write (landing
 * pages, its stack) is copied before it is used.
 *
 * Nothing here may be probed or traced: a trap inside would land on the pages
 * in use.
 */
#include <linux/linkage.h>
#include <asm/percpu.h>
#include <asm/segment.h>
#include <asm/smap.h>
#include <asm/nospec-branch.h>
#include <asm/trapnr.h>
#include <nooks/entry.h>
#include <nooks/xpc.h>

#define NOOKS_DOMAIN_CR3	0
#define NOOKS_DOMAIN_DEAD	8

#define CPU(field)	PER_CPU_VAR(nooks_cpu + NOOKS_CPU_##field)
#define FRAME(field)	NOOKS_FRAME_##field
#define FRAME_ARG(i)	(NOOKS_FRAME_ARG + 8 * (i))
#define FRAME_DOWN(i)	(NOOKS_FRAME_DOWN + 8 * (i))
#define FRAME_AX	(NOOKS_FRAME_REGS + 10 * 8)
#define FRAME_VEC	(NOOKS_FRAME_REGS + 15 * 8)
/* the same within the pushed registers */
#define REGS_AX		(10 * 8)
#define REGS_VEC	(15 * 8)
#define REGS_IP		(17 * 8)
#define REGS_CS		(18 * 8)
#define REGS_SS		(21 * 8)

#define TSS_IST(n)	(36 + 8 * ((n) - 1))
#define KERNEL_NMI_IST	2
#define KERNEL_MC_IST	4

#define EFLAGS_IF_BIT	9
#define CR0_WP_BIT	16
#define CR3_NOFLUSH_BIT	63

	.section .noinstr.text, "ax"
SYM_CODE_START(nooks_gates_start)
	int3
SYM_CODE_END(nooks_gates_start)

/* Take the rights of a domain.  Interrupts off; clobbers rax. */
.macro RIGHTS_IN frame:req domain:req
	movq	\frame, CPU(CUR)
	xorl	%eax, %eax
	cmpq	$0, NOOKS_DOMAIN_CR3(\domain)
	je	.Lkeep\@
	movq	%cr3, %rax
	orq	nooks_noflush(%rip), %rax
.Lkeep\@:
	movq	%rax, CPU(KCR3)
	lidt	nooks_domain_idtr(%rip)
	movq	NOOKS_DOMAIN_CR3(\domain), %rax
	testq	%rax, %rax
	jz	.Lsame\@
	movq	%rax, %cr3
.Lsame\@:
.endm

/* Back to kernel rights.  Interrupts off; clobbers rax; may be repeated. */
.macro RIGHTS_OUT
	movq	CPU(KCR3), %rax
	testq	%rax, %rax
	jz	.Lsame\@
	movq	%rax, %cr3
.Lsame\@:
	lidt	nooks_kernel_idtr(%rip)
.endm

/* Move the driver's preempt count to the real one before anything can look at it. */
.macro FOLD frame:req
	movq	FRAME(PCW)(\frame), %rax
	cmpl	$NOOKS_PC_START, NOOKS_BASE_PC(%rax)
	je	.Lfolded\@
	movq	\frame, %rdi
	call	nooks_fold
.Lfolded\@:
.endm

.macro PUSH_REGS
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%rax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
.endm

.macro POP_REGS
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
.endm

/* rax = the kernel's handler for vector \vec (a 64-bit register); clobbers \vec and rdx */
.macro KERNEL_HANDLER vec:req
	shlq	$4, \vec
	movq	nooks_kernel_idtr + 2(%rip), %rdx
	addq	%rdx, \vec
	movl	8(\vec), %eax
	shlq	$32, %rax
	movl	4(\vec), %edx
	andl	$0xffff0000, %edx
	orq	%rdx, %rax
	movzwl	(\vec), %edx
	orq	%rdx, %rax
.endm

/* int __nooks_enter(struct nooks_frame *f): run f->func in its domain */
SYM_FUNC_START(__nooks_enter)
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, FRAME(KSP)(%rdi)
	movq	FRAME(DOMAIN)(%rdi), %r10
	RIGHTS_IN %rdi, %r10
	/* domain rights from here on */
	movq	FRAME(DSTACK)(%rdi), %rsp
	movq	FRAME(FUNC)(%rdi), %r11
	movq	FRAME_ARG(1)(%rdi), %rsi
	movq	FRAME_ARG(2)(%rdi), %rdx
	movq	FRAME_ARG(3)(%rdi), %rcx
	movq	FRAME_ARG(4)(%rdi), %r8
	movq	FRAME_ARG(5)(%rdi), %r9
	xorl	%eax, %eax
	xorl	%ebp, %ebp
	btl	$EFLAGS_IF_BIT, FRAME(EFLAGS)(%rdi)
	movq	FRAME_ARG(0)(%rdi), %rdi
	jnc	1f
	sti
1:	CALL_NOSPEC r11
	pushfq
	popq	%rcx
	cli
	cld
	ASM_CLAC
	movq	%rax, %rsi
	RIGHTS_OUT
	movq	CPU(CUR), %rbx
	movq	$0, CPU(CUR)
	movq	%rsi, FRAME(RET)(%rbx)
	movq	%rcx, FRAME(DFLAGS)(%rbx)
	movq	FRAME(KSP)(%rbx), %rsp
	andq	$-16, %rsp
	FOLD	%rbx
	xorl	%eax, %eax
	jmp	.Lleave

	/* The driver failed: rbx = frame, kernel rights, interrupts off. */
.Lunwind:
	movl	$1, %eax
.Lleave:
	movq	FRAME(KSP)(%rbx), %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	RET
SYM_FUNC_END(__nooks_enter)

/* Every thunk jumps here: r11 = its address.  r10 and r11 are free. */
SYM_FUNC_START(nooks_thunk_entry)
	movq	CPU(CUR), %r10
	testq	%r10, %r10
	jnz	.Linside
	pushq	%rbp
	movq	%rsp, %rbp
	pushq	%r9
	pushq	%r8
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	cld
	movq	%rsp, %rdi
	movq	%r11, %rax
	andq	$~0xfff, %rax
	movq	8(%rax), %rsi			/* head: the page's table */
	testq	%rsi, %rsi
	jz	1f
	andl	$0xff0, %r11d
	leaq	(%rsi, %r11, 2), %rsi		/* records of 32 bytes, slots of 16 */
1:	leaq	16(%rbp), %rdx
	call	nooks_upcall
	leave
	RET
	/* A driver calls through a thunk: its own goes straight through. */
.Linside:
	movq	FRAME(DOMAIN)(%r10), %r10
	pushq	%rax
	movq	%r11, %rax
	andq	$~0xfff, %rax
	movq	8(%rax), %rax
	testq	%rax, %rax
	jz	2f
	andl	$0xff0, %r11d
	leaq	(%rax, %r11, 2), %r11
	movq	NOOKS_THUNK_MODULE(%r11), %rax
	testq	%rax, %rax
	jz	2f
	cmpq	%r10, NOOKS_MODULE_DOMAIN(%rax)
	jne	2f
	popq	%rax
	movq	NOOKS_THUNK_FUNC(%r11), %r11
	JMP_NOSPEC r11
2:	ud2					/* another driver's: this one fails */
SYM_FUNC_END(nooks_thunk_entry)

/* Every wrapper's symbol jumps here: r11 = its descriptor (not yet trusted). */
SYM_FUNC_START(nooks_downcall_gate)
	cmpq	$0, CPU(CUR)
	je	.Loutside
	pushq	%rbx
	pushq	%r12
	pushfq
	popq	%r12
	cli
	cld
	ASM_CLAC
	RIGHTS_OUT
	movq	CPU(CUR), %rbx
	movq	$0, CPU(CUR)
	movq	%rsp, FRAME(DSP)(%rbx)
	movq	%r11, FRAME(WRAPPER)(%rbx)
	movq	%rdi, FRAME_DOWN(0)(%rbx)
	movq	%rsi, FRAME_DOWN(1)(%rbx)
	movq	%rdx, FRAME_DOWN(2)(%rbx)
	movq	%rcx, FRAME_DOWN(3)(%rbx)
	movq	%r8, FRAME_DOWN(4)(%rbx)
	movq	%r9, FRAME_DOWN(5)(%rbx)
	movq	FRAME(KSP)(%rbx), %rsp
	andq	$-16, %rsp
	FOLD	%rbx
	btl	$EFLAGS_IF_BIT, %r12d
	jnc	1f
	sti
1:	movq	%rbx, %rdi
	call	nooks_downcall
	pushfq
	popq	%r12				/* irqsave locks change it: carry it out */
	cli
	movq	FRAME(DOMAIN)(%rbx), %r10
	cmpl	$0, NOOKS_DOMAIN_DEAD(%r10)
	jne	.Lunwind
	movq	%rax, %r11
	movq	$0, FRAME(WRAPPER)(%rbx)
	RIGHTS_IN %rbx, %r10
	movq	FRAME(DSP)(%rbx), %rsp
	movq	%r11, %rax
	btl	$EFLAGS_IF_BIT, %r12d
	popq	%r12
	popq	%rbx
	jnc	2f
	sti
2:	RET
	/* Driver code that no gate let in: refused, see nooks_downcall_outside(). */
.Loutside:
	movq	%r11, %rdi
	movq	(%rsp), %rsi
	subq	$8, %rsp
	call	nooks_downcall_outside
	addq	$8, %rsp
	RET
SYM_FUNC_END(nooks_downcall_gate)

/*
 * Queue a call in the base page of the driver stack; runs in the domain.
 * r11 = descriptor, arguments in registers; clobbers rax and r10.  No room: an
 * ordinary downcall, which performs those queued before.
 */
SYM_FUNC_START(nooks_defer_gate)
	movq	CPU(CUR), %r10
	testq	%r10, %r10
	jz	nooks_downcall_gate
	movq	FRAME(PCW)(%r10), %r10
	movq	NOOKS_BASE_COUNT(%r10), %rax
	cmpq	$NOOKS_DEFERRED_MAX, %rax
	jae	nooks_downcall_gate
	incq	NOOKS_BASE_COUNT(%r10)
	shlq	$NOOKS_DEFERRED_SHIFT, %rax
	leaq	NOOKS_BASE_CALLS(%r10, %rax), %r10
	movq	%r11, (%r10)
	movq	%rdi, 8(%r10)
	movq	%rsi, 16(%r10)
	movq	%rdx, 24(%r10)
	movq	%rcx, 32(%r10)
	movq	%r8, 40(%r10)
	movq	%r9, 48(%r10)
	RET
SYM_FUNC_END(nooks_defer_gate)

/*
 * What the linker puts in place of a driver's inlined preempt_disable() and so
 * on: the same instruction on the thread's stand-in.  Flags are those of that
 * instruction, all registers are kept.
 */
.macro PREEMPT_COUNT name:req insn:req
SYM_FUNC_START(nw_pc_\name)
	pushq	%rax
	movq	CPU(CUR), %rax
	testq	%rax, %rax
	jz	1f
	movq	FRAME(PCW)(%rax), %rax
	\insn	NOOKS_BASE_PC(%rax)
	popq	%rax
	RET
1:	popq	%rax
	\insn	PER_CPU_VAR(__preempt_count)
	RET
SYM_FUNC_END(nw_pc_\name)
.endm
PREEMPT_COUNT inc, incl
PREEMPT_COUNT dec, decl
PREEMPT_COUNT bh, "addl $0x200,"

/*
 * What the linker puts in place of a driver's inlined local_irq_enable().  An
 * op that was called with interrupts off must not turn them on.  Keeps all
 * registers but rax.
 */
SYM_FUNC_START(nw_irq_enable)
	movq	CPU(CUR), %rax
	testq	%rax, %rax
	jz	1f
	btl	$EFLAGS_IF_BIT, FRAME(EFLAGS)(%rax)
	jnc	2f
1:	sti
	RET
2:	ud2
SYM_FUNC_END(nw_irq_enable)

/*
 * The domain's IDT points here, 16 bytes a vector.  The vector travels in eax,
 * and the driver's rax in its place: drivers on other CPUs can write the
 * landing page.
 */
	.balign 16
SYM_CODE_START(nooks_stubs)
	vec = 0
.rept 256
	.balign 16
	.if (vec == X86_TRAP_NMI || vec == X86_TRAP_MC)
	pushq	$0
	pushq	%rax
	movl	$vec, %eax
	jmp	nooks_paranoid
	.else
	.if !(vec == X86_TRAP_DF || (vec >= X86_TRAP_TS && vec <= X86_TRAP_PF) || \
	      vec == X86_TRAP_AC || vec == X86_TRAP_CP || vec == X86_TRAP_VC || vec == 30)
	pushq	$0
	.endif
	pushq	%rax
	movl	$vec, %eax
	jmp	nooks_common
	.endif
	vec = vec + 1
.endr
SYM_CODE_END(nooks_stubs)

/* An interrupt or exception out of a driver; landing page, driver's rights. */
SYM_CODE_START(nooks_common)
	cld
	PUSH_REGS
	movl	%eax, %r12d			/* the vector */
	ASM_CLAC
	RIGHTS_OUT
	movq	CPU(CUR), %rbx
	movq	$0, CPU(CUR)
	incq	CPU(INTERRUPTS)
	movq	%rsp, %rsi
	leaq	FRAME(REGS)(%rbx), %rdi
	movl	$NOOKS_NR_REGS, %ecx
	rep movsq
	movq	FRAME_VEC(%rbx), %rax
	movq	%rax, FRAME_AX(%rbx)
	movq	%r12, FRAME_VEC(%rbx)
	movq	%cr2, %rax
	movq	%rax, FRAME(CR2)(%rbx)
	movq	FRAME(KSP)(%rbx), %rsp
	andq	$-16, %rsp
	FOLD	%rbx
	movl	%r12d, %ecx
	cmpl	$32, %ecx
	jb	.Lexception
	/* A frame that returns to nooks_tramp, then the kernel's own handler. */
	movq	%rsp, %rdx
	pushq	$__KERNEL_DS
	pushq	%rdx
	pushq	$0x202				/* IF=1, or the handler's end would not preempt */
	pushq	$__KERNEL_CS
	leaq	nooks_tramp(%rip), %rax
	pushq	%rax
	KERNEL_HANDLER %rcx
	ANNOTATE_RETPOLINE_SAFE
	jmp	*%rax
SYM_CODE_END(nooks_common)

/* The kernel's handler returns here, on the kernel stack of the thread; rbx = frame. */
SYM_CODE_START(nooks_tramp)
	cli
	movq	%rbx, %rdi
	call	nooks_resume
	jmp	.Ldecide
.Lexception:
	movq	%rbx, %rdi
	call	nooks_trap
.Ldecide:
	cmpl	$NOOKS_STEP, %eax
	ja	.Lunwind
	movq	FRAME(DOMAIN)(%rbx), %r10
	movl	%eax, %ecx
	RIGHTS_IN %rbx, %r10
	testl	%ecx, %ecx
	jz	1f
	/* One instruction of the driver, judged already, may ignore read-only pages. */
	movq	%cr0, %rax
	btrq	$CR0_WP_BIT, %rax
	movq	%rax, %cr0
1:	leaq	FRAME(REGS)(%rbx), %rsp		/* not the driver's to write: only read here */
	POP_REGS
	addq	$16, %rsp
	iretq
SYM_CODE_END(nooks_tramp)

/*
 * NMI and machine check: at any instruction while the domain's IDT is loaded,
 * in the gates too.  What is interrupted is moved to nooks_cpu, so the landing
 * page is free again at once.
 *
 * The kernel's handler ends with iretq to nooks_paranoid_ret, which lets the
 * next NMI in.  Should that one hit between our lidt and our iretq, it has
 * interrupted nothing but this way back: its frame is dropped and the way back
 * is done again.
 */
SYM_CODE_START(nooks_paranoid)
	cld
	PUSH_REGS
	movl	%eax, %ebx			/* the vector */
	ASM_CLAC
	movq	%cr3, %r12
	RIGHTS_OUT
	incq	CPU(NMIS)
	movq	PER_CPU_VAR(this_cpu_off), %r14
	leaq	nooks_cpu(%r14), %r14
	leaq	NOOKS_CPU_NMI_REGS(%r14), %r14
	movq	REGS_IP(%rsp), %rax
	leaq	.Lwindow_start(%rip), %rcx
	cmpq	%rcx, %rax
	jb	1f
	leaq	.Lwindow_end(%rip), %rcx
	cmpq	%rcx, %rax
	jae	1f
	incq	CPU(WINDOWS)
	jmp	2f
1:	movq	%rsp, %rsi
	movq	%r14, %rdi
	movl	$NOOKS_NR_REGS, %ecx
	rep movsq
	movq	%r12, CPU(NMI_CR3)
	movq	REGS_VEC(%r14), %rax
	movq	%rax, REGS_AX(%r14)
	movq	%rbx, REGS_VEC(%r14)
	movq	$__KERNEL_CS, REGS_CS(%r14)
	movq	$__KERNEL_DS, REGS_SS(%r14)
	/*
	 * With kernel rights only the gates run under this IDT: any other
	 * address was put there by a driver, which then dies of it.
	 */
	movq	CPU(KCR3), %rax
	testq	%rax, %rax
	jz	2f
	btrq	$CR3_NOFLUSH_BIT, %rax
	cmpq	%rax, %r12
	jne	2f
	movq	REGS_IP(%r14), %rax
	leaq	nooks_gates_start(%rip), %rcx
	cmpq	%rcx, %rax
	jb	4f
	leaq	nooks_gates_end(%rip), %rcx
	cmpq	%rcx, %rax
	jb	2f
4:	leaq	nooks_landing_overwritten(%rip), %rax
	movq	%rax, REGS_IP(%r14)
	movq	CPU(CUR), %rax
	movq	FRAME(DOMAIN)(%rax), %rax
	movq	NOOKS_DOMAIN_CR3(%rax), %rax
	movq	%rax, CPU(NMI_CR3)
2:	movq	PER_CPU_VAR(cpu_tss_rw) + TSS_IST(KERNEL_NMI_IST), %rsp
	cmpl	$X86_TRAP_MC, %ebx
	jne	3f
	movq	PER_CPU_VAR(cpu_tss_rw) + TSS_IST(KERNEL_MC_IST), %rsp
3:	pushq	$__KERNEL_DS
	pushq	%r14
	pushq	$2
	pushq	$__KERNEL_CS
	leaq	nooks_paranoid_ret(%rip), %rax
	pushq	%rax
	KERNEL_HANDLER %rbx
	ANNOTATE_RETPOLINE_SAFE
	jmp	*%rax
SYM_CODE_END(nooks_paranoid)

/* rsp = nooks_cpu.nmi_regs: no pushes, no calls */
SYM_CODE_START(nooks_paranoid_ret)
	movq	%rsp, %r14
	movq	CPU(CUR), %rbx
	testq	%rbx, %rbx
	jz	.Lback
	cmpq	$2, FRAME(KILL)(%rbx)
	jne	.Lback
	/* A driver that loops with interrupts off is to die; not in our own code. */
	movq	REGS_IP(%r14), %rax
	leaq	nooks_gates_start(%rip), %rcx
	cmpq	%rcx, %rax
	jb	.Lkill
	leaq	nooks_gates_end(%rip), %rcx
	cmpq	%rcx, %rax
	jae	.Lkill
.Lback:
	movq	CPU(NMI_CR3), %rax
	lidt	nooks_domain_idtr(%rip)
.Lwindow_start:
	movq	%rax, %cr3
	POP_REGS
	addq	$16, %rsp
	iretq
.Lwindow_end:
.Lkill:
	movq	$0, CPU(CUR)
	movq	%r14, %rsi
	leaq	FRAME(REGS)(%rbx), %rdi
	movl	$NOOKS_NR_REGS, %ecx
	rep movsq
	movq	FRAME(KSP)(%rbx), %rsp
	andq	$-16, %rsp
	FOLD	%rbx
	movq	%rbx, %rdi
	call	nooks_killed
	jmp	.Lunwind
SYM_CODE_END(nooks_paranoid_ret)

SYM_CODE_START(nooks_landing_overwritten)
	ud2
SYM_CODE_END(nooks_landing_overwritten)

SYM_CODE_START(nooks_gates_end)
	int3
SYM_CODE_END(nooks_gates_end)
