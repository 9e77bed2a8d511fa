/* SPDX-License-Identifier: GPL-2.0 */
/* A module that exports a function: a helper such as mii.ko. */
	.section .modinfo, "a"
	.asciz	"license=GPL"
	.asciz	"depends="
	.asciz	"name=helper"
	.asciz	"vermagic=6.1.0-test SMP preempt mod_unload modversions "

	.section __versions, "a"
	.quad	0x11111111
	.asciz	"module_layout"
	.org	64
	.quad	0x66666666
	.asciz	"__x86_return_thunk"
	.org	128

	.text
	.globl	helper_func
	.type	helper_func, @function
helper_func:
	jmp	__x86_return_thunk
	.size	helper_func, . - helper_func

	.section __ksymtab_strings, "aMS", @progbits, 1
__kstrtab_helper_func:
	.asciz	"helper_func"

	.section __ksymtab, "a"
	.balign	4
__ksymtab_helper_func:
	.long	helper_func - ., __kstrtab_helper_func - ., 0

	.section .gnu.linkonce.this_module, "aw"
	.balign	64
	.zero	0x380

	.data
	.bss
