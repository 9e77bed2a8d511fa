/* SPDX-License-Identifier: GPL-2.0 */
/*
 * void native_run(void): execute the code at native_code with all registers
 * and flags from native_regs, and store what they are afterwards there.  The
 * code ends with a jump to native_back.  Field order as in struct nooks_regs.
 */
	.text
	.globl	native_run
	.type	native_run, @function
native_run:
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, native_sp(%rip)
	pushq	native_regs + 19 * 8(%rip)
	popfq
	movq	native_regs + 0 * 8(%rip), %r15
	movq	native_regs + 1 * 8(%rip), %r14
	movq	native_regs + 2 * 8(%rip), %r13
	movq	native_regs + 3 * 8(%rip), %r12
	movq	native_regs + 4 * 8(%rip), %rbp
	movq	native_regs + 5 * 8(%rip), %rbx
	movq	native_regs + 6 * 8(%rip), %r11
	movq	native_regs + 7 * 8(%rip), %r10
	movq	native_regs + 8 * 8(%rip), %r9
	movq	native_regs + 9 * 8(%rip), %r8
	movq	native_regs + 10 * 8(%rip), %rax
	movq	native_regs + 11 * 8(%rip), %rcx
	movq	native_regs + 12 * 8(%rip), %rdx
	movq	native_regs + 13 * 8(%rip), %rsi
	movq	native_regs + 14 * 8(%rip), %rdi
	movq	native_regs + 20 * 8(%rip), %rsp
	jmp	*native_code(%rip)
	.globl	native_back
native_back:
	movq	%r15, native_regs + 0 * 8(%rip)
	movq	%r14, native_regs + 1 * 8(%rip)
	movq	%r13, native_regs + 2 * 8(%rip)
	movq	%r12, native_regs + 3 * 8(%rip)
	movq	%rbp, native_regs + 4 * 8(%rip)
	movq	%rbx, native_regs + 5 * 8(%rip)
	movq	%r11, native_regs + 6 * 8(%rip)
	movq	%r10, native_regs + 7 * 8(%rip)
	movq	%r9, native_regs + 8 * 8(%rip)
	movq	%r8, native_regs + 9 * 8(%rip)
	movq	%rax, native_regs + 10 * 8(%rip)
	movq	%rcx, native_regs + 11 * 8(%rip)
	movq	%rdx, native_regs + 12 * 8(%rip)
	movq	%rsi, native_regs + 13 * 8(%rip)
	movq	%rdi, native_regs + 14 * 8(%rip)
	movq	%rsp, native_regs + 20 * 8(%rip)
	movq	native_sp(%rip), %rsp
	pushfq
	popq	native_regs + 19 * 8(%rip)
	cld
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret
	.size	native_run, . - native_run

	.bss
	.balign	8
	.globl	native_regs
native_regs:
	.skip	22 * 8
	.globl	native_code
native_code:
	.skip	8
native_sp:
	.skip	8
	.section .note.GNU-stack, "", @progbits
