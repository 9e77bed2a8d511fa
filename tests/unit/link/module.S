/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A kernel module as the linker sees one, without a kernel: the sections, symbols
 * and tables that a Debian 6.1 module has.  CASE_* adds what one test is about.
 *
 * Each case is assembled into a file of its own; see CMakeLists.txt.
 */
	.macro version crc, name
10:	.quad	\crc
	.asciz	"\name"
	.org	10b + 64
	.endm

	.macro func name
	.globl	\name
	.type	\name, @function
\name:
	.endm

	.macro endfunc name
	.size	\name, . - \name
	.endm

	.section .modinfo, "a"
	.asciz	"license=GPL"
	.asciz	"depends=helper"
	.asciz	"name=sample"
	.asciz	"vermagic=6.1.0-test SMP preempt mod_unload modversions "
#ifdef CASE_linked_already
	.asciz	"nooks=sample"
#endif

	.section __versions, "a"
	.balign	32
	version	0x11111111, module_layout
#ifdef CASE_other_crc
	version	0x2222222f, kfunc
#else
	version	0x22222222, kfunc
#endif
	version	0x33333333, kdata
	version	0x44444444, __preempt_count
	version	0x55555555, __fentry__
	version	0x66666666, __x86_return_thunk
	version	0x77777777, __SCT__cond_resched
	version	0x77777778, __SCK__cond_resched
	version	0x88888888, percpu_var
	version	0x88888889, pv_ops
	version	0x99999999, helper_func
	version	0xaaaaaaaa, unwrapped
	version	0xbbbbbbbb, kaddress
	version	0xcccccccc, a_function_whose_name_is_so_long_that_nw_does_not_fit_x

	.text
func driver_open
1:	call	__fentry__
	call	kfunc
	incl	%gs:__preempt_count(%rip)
	decl	%gs:__preempt_count(%rip)
	addl	$0x200, %gs:__preempt_count(%rip)
	movl	%gs:__preempt_count(%rip), %eax
	movq	kdata(%rip), %rax
	movq	$kaddress, %rdi
	movq	$driver_irq, %rsi
2:	call	__SCT__cond_resched
	testl	%eax, %eax
	je	kfunc
	jmp	__x86_return_thunk
	int3
endfunc driver_open

func driver_irq
3:	call	__fentry__
	cli
	inb	%dx, %al
	leaq	driver_open(%rip), %rdx
	jmp	__x86_return_thunk
endfunc driver_irq

	.type	label_user, @function
label_user:
	movq	$4f, %rdi
4:	jmp	__x86_return_thunk
	.size	label_user, . - label_user

#if defined(CASE_missing)
func bad
	call	unwrapped
	call	unwrapped
endfunc bad
#elif defined(CASE_long_name)
func bad
	call	a_function_whose_name_is_so_long_that_nw_does_not_fit_x
endfunc bad
#elif defined(CASE_call_middle)
func bad
	call	kfunc + 2
endfunc bad
#elif defined(CASE_kernel_store)
func bad
	nop
	movl	%eax, kdata(%rip)
endfunc bad
#elif defined(CASE_percpu_store)
func bad
	incl	%gs:percpu_var(%rip)
endfunc bad
#elif defined(CASE_preempt_form)
func bad
	addl	$0x300, %gs:__preempt_count(%rip)
endfunc bad
#elif defined(CASE_indirect)
func bad
	call	*kdata(%rip)
endfunc bad
#elif defined(CASE_wrmsr)
func bad
	nop
	wrmsr
endfunc bad
#elif defined(CASE_cr3)
func bad
	mov	%rax, %cr3
endfunc bad
#elif defined(CASE_cr3_read)
func good
	mov	%cr3, %rax
	jmp	__x86_return_thunk
endfunc good
#elif defined(CASE_dr7)
func bad
	mov	%rax, %dr7
endfunc bad
#elif defined(CASE_lidt)
func bad
	lidt	(%rax)
endfunc bad
#elif defined(CASE_iretq)
func bad
	iretq
endfunc bad
#elif defined(CASE_sti)
func bad
	sti
endfunc bad
#elif defined(CASE_popf)
func bad
	popfq
endfunc bad
#elif defined(CASE_int3)
func bad
	nop
	int3
endfunc bad
#elif defined(CASE_int_n)
func bad
	int	$0x80
endfunc bad
#elif defined(CASE_swapgs)
func bad
	swapgs
endfunc bad
#elif defined(CASE_vmload)
func bad
	vmload
endfunc bad
#elif defined(CASE_monitor)
func bad
	monitor
endfunc bad
#elif defined(CASE_sse)
func bad
	movaps	%xmm1, %xmm0
endfunc bad
#elif defined(CASE_x87)
func bad
	fninit
endfunc bad
#elif defined(CASE_xrstor)
func bad
	xrstor	(%rax)
endfunc bad
#elif defined(CASE_fixed_port)
func bad
	outb	%al, $0x64
endfunc bad
#elif defined(CASE_not_fpu)
func fine
	endbr64
	outb	%al, $0x80
	outl	%eax, (%dx)
	prefetcht0 (%rax)
	movnti	%rax, (%rax)
	lfence
	mfence
	sfence
	popcnt	%rax, %rax
	crc32q	%rax, %rax
	clac
	movq	%cr0, %rax
endfunc fine
#elif defined(CASE_gs_load)
func bad
	mov	%eax, %gs
endfunc bad
#elif defined(CASE_hidden)
/* The immediate holds wrmsr; the jump goes there. */
func bad
	jmp	9f + 1
9:	movl	$0x9090300f, %eax
endfunc bad
#elif defined(CASE_outside)
func bad
	.byte	0xe9
	.long	0x10000
endfunc bad
#elif defined(CASE_undecodable)
func bad
	.byte	0x06
endfunc bad
#elif defined(CASE_named_label)
	.globl	entry_without_type
func bad
	movq	$entry_without_type, %rdi
	nop
entry_without_type:
	jmp	__x86_return_thunk
endfunc bad
#elif defined(CASE_middle_address)
func bad
	movq	$driver_open + 1, %rdi
endfunc bad
#elif defined(CASE_code_store)
func bad
	movl	%eax, driver_open(%rip)
endfunc bad
#elif defined(CASE_own_percpu)
func bad
	incl	%gs:own_percpu(%rip)
endfunc bad
	.section .data..percpu, "aw"
own_percpu:
	.long	0
	.text
#elif defined(CASE_compared)
func compares
	cmpq	$driver_irq, (%rdi)
	jmp	__x86_return_thunk
endfunc compares
#elif defined(CASE_paravirt)
func irqs
20:	call	*pv_ops+0xf0(%rip)
21:	call	*pv_ops+0xf8(%rip)
22:	call	*pv_ops+0x100(%rip)
23:	call	*pv_ops(%rip)
	jmp	__x86_return_thunk
endfunc irqs
	.section .altinstr_replacement, "ax"
30:	pushfq
	popq	%rax
31:	cli
32:	sti
33:	stac
	.section .altinstructions, "a"
	.macro alternative site, repl, len
	.long	\site - ., \repl - .
	.word	0x8000 | 240
	.byte	6, \len
	.endm
	alternative driver_open, 33b, 3
	alternative 20b, 30b, 2
	alternative 21b, 31b, 1
	alternative 22b, 32b, 1
	.section .parainstructions, "a"
	.macro site at, type
	.balign	8
	.quad	\at
	.byte	\type, 6
	.balign	8
	.endm
	site	23b, 0
	site	20b, 30
	site	21b, 31
	site	22b, 32
	.text
#elif defined(CASE_helper_call)
func calls_helper
	call	helper_func
	jmp	__x86_return_thunk
endfunc calls_helper
#endif

	.section .init.text, "ax"
func init_module
	call	__fentry__
	jmp	__x86_return_thunk
endfunc init_module

	.section .exit.text, "ax"
func cleanup_module
	jmp	__x86_return_thunk
endfunc cleanup_module

	.section .rodata, "a"
	.balign	8
ops:	.quad	driver_open
	.quad	driver_irq
	.quad	kaddress
	.quad	driver_open

	.section __mcount_loc, "a"
	.quad	1b, 3b

	.section .static_call_sites, "aw"
	.long	2b - ., __SCK__cond_resched - .

	.section .orc_unwind_ip, "a"
	.long	driver_open - ., driver_open + 5 - .

	.section __bug_table, "aw"
	.long	driver_open - ., 0

	.data
own:	.quad	driver_irq
	.long	7

	.section .data..read_mostly, "aw"
	.long	3

	.section .init.data, "aw"
	.quad	init_module

	.section .gnu.linkonce.this_module, "aw"
	.balign	64
	.globl	__this_module
__this_module:
	.zero	0x138
	.quad	init_module
	.zero	0x210
	.quad	cleanup_module
	.zero	0x28

#ifdef CASE_data_pc32
	.section .strange, "a"
	.long	driver_open - .
#endif
#ifdef CASE_unknown_writable
	.section .strange, "aw"
	.long	1
#endif
#ifdef CASE_writable_code
	.section .rwx, "awx", @progbits
	nop
#endif
#ifdef CASE_many_thunks
	.section .rodata
	.rept	300
	.quad	driver_open
	.endr
#endif

	.bss
	.zero	100
