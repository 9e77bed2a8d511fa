// SPDX-License-Identifier: GPL-2.0
/*
 * The domains' interrupt table, and the per-CPU pages its vectors land on.
 *
 * The table is loaded by the gates on the way in and the kernel's own on the
 * way out; nothing of the kernel's is changed but two IST slots that Linux
 * leaves free.  Every vector takes one of them, so no trap is ever pushed on a
 * driver's stack.  The landing pages must be writable under every domain's
 * rights; what was pushed there is moved away before it is used.
 */
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/nmi.h>
#include <asm/apic.h>
#include <asm/desc.h>
#include <asm/nmi.h>
#include <asm/processor.h>
#include <asm/trapnr.h>
#include <nooks/domain.h>
#include <nooks/entry.h>

#define LANDING_ORDER	(PMD_SHIFT - PAGE_SHIFT)
#define LANDING_CPU	2048UL		/* per CPU: one half for each slot */
#define LANDING_CPUS	(PMD_SIZE / LANDING_CPU)

DEFINE_PER_CPU(struct nooks_cpu, nooks_cpu);
EXPORT_PER_CPU_SYMBOL_GPL(nooks_cpu);	/* in-domain libraries read it */
struct desc_ptr nooks_domain_idtr;
struct desc_ptr nooks_kernel_idtr;

static gate_desc domain_idt[256] __aligned(PAGE_SIZE);
static struct page *landing;
static struct cpumask nmi_sent;

static_assert(offsetof(struct nooks_cpu, cur) == NOOKS_CPU_CUR);
static_assert(offsetof(struct nooks_cpu, kcr3) == NOOKS_CPU_KCR3);
static_assert(offsetof(struct nooks_cpu, interrupts) == NOOKS_CPU_INTERRUPTS);
static_assert(offsetof(struct nooks_cpu, nmis) == NOOKS_CPU_NMIS);
static_assert(offsetof(struct nooks_cpu, windows) == NOOKS_CPU_WINDOWS);
static_assert(offsetof(struct nooks_cpu, nmi_cr3) == NOOKS_CPU_NMI_CR3);
static_assert(offsetof(struct nooks_cpu, nmi_regs) == NOOKS_CPU_NMI_REGS);
static_assert(offsetof(struct x86_hw_tss, ist) == 36);
static_assert(IST_INDEX_NMI == 1 && IST_INDEX_MCE == 3);

/*
 * For every CPU there can ever be: nobody clears these slots, so a CPU that
 * comes up later has them before it runs its first instruction.
 */
static bool set_ists(bool on)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		u64 *ist = per_cpu(cpu_tss_rw, cpu).x86_tss.ist;
		unsigned long top = (unsigned long)page_address(landing) +
				    (cpu + 1) * LANDING_CPU;

		if (on && (ist[NOOKS_LANDING_IST - 1] || ist[NOOKS_NMI_IST - 1]))
			return false;
		WRITE_ONCE(ist[NOOKS_LANDING_IST - 1], on ? top : 0);
		WRITE_ONCE(ist[NOOKS_NMI_IST - 1], on ? top - LANDING_CPU / 2 : 0);
	}
	return true;
}

/* The NMIs that the watchdog sends are no surprise to the kernel. */
static int nmi_handler(unsigned int type, struct pt_regs *regs)
{
	return cpumask_test_and_clear_cpu(smp_processor_id(), &nmi_sent) ? NMI_HANDLED : NMI_DONE;
}

/* nooks_send_nmi() - make @cpu look at frame->kill, interrupts off or not */
void nooks_send_nmi(int cpu)
{
	cpumask_set_cpu(cpu, &nmi_sent);
	apic->send_IPI(cpu, NMI_VECTOR);
}

/* nooks_landing() - the pages every domain must be able to write */
void nooks_landing(unsigned long *addr, size_t *n)
{
	*addr = (unsigned long)page_address(landing);
	*n = PAGE_ALIGN(nr_cpu_ids * LANDING_CPU);
}

/* nooks_idt_usable() - NULL, or why the gates cannot work on this machine */
const char *nooks_idt_usable(void)
{
	if (boot_cpu_has(X86_FEATURE_XENPV))
		return "Xen PV guest: the hypervisor owns IDT and page tables; run as PVH or HVM";
#ifdef X86_FEATURE_FRED
	if (cpu_feature_enabled(X86_FEATURE_FRED))
		return "FRED delivers interrupts without the IDT; boot with fred=off";
#endif
	if (nr_cpu_ids > LANDING_CPUS)
		return "more than 1024 possible CPUs; boot with nr_cpus=1024";
	return NULL;
}

int nooks_idt_init(void)
{
	int vec, ret;

	store_idt(&nooks_kernel_idtr);
	if (nooks_kernel_idtr.size != sizeof(domain_idt) - 1) {
		pr_err("nooks: the kernel's IDT has an unexpected size (%u)\n", nooks_kernel_idtr.size);
		return -ENODEV;
	}
	for (vec = 0; vec < 256; vec++) {
		bool nmi = vec == X86_TRAP_NMI || vec == X86_TRAP_MC;

		pack_gate(&domain_idt[vec], GATE_INTERRUPT, (unsigned long)nooks_stubs + 16 * vec,
			  0, nmi ? NOOKS_NMI_IST : NOOKS_LANDING_IST, __KERNEL_CS);
	}
	nooks_domain_idtr.address = (unsigned long)domain_idt;
	nooks_domain_idtr.size = sizeof(domain_idt) - 1;

	landing = alloc_pages(GFP_KERNEL | __GFP_ZERO, LANDING_ORDER);
	if (!landing)
		return -ENOMEM;
	ret = register_nmi_handler(NMI_LOCAL, nmi_handler, 0, "nooks");
	if (ret)
		goto free;
	if (!set_ists(true)) {
		pr_err("nooks: IST slots %d and %d are in use by someone else\n", NOOKS_LANDING_IST,
		       NOOKS_NMI_IST);
		unregister_nmi_handler(NMI_LOCAL, "nooks");
		ret = -EBUSY;
		goto free;
	}
	return 0;

free:
	__free_pages(landing, LANDING_ORDER);
	return ret;
}

void nooks_idt_exit(void)
{
	unregister_nmi_handler(NMI_LOCAL, "nooks");
	set_ists(false);
	__free_pages(landing, LANDING_ORDER);
}
