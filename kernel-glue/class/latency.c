// SPDX-License-Identifier: GPL-2.0
/*
 * What drivers ask of the CPUs' latency, by twins: a request is a link in a list
 * of the kernel's.  The driver's own structure is not written; inline code of
 * drivers does not look at it.
 */
#include <linux/pm_qos.h>
#include "nooks_core.gen.h"

/* -1: no wish, the default. */
static bool value_ok(struct nooks_frame *f, s32 value)
{
	return value >= PM_QOS_DEFAULT_VALUE || nooks_refuse(f, 2, "latency %d", value);
}

void nooks_latency_add(struct nooks_frame *f, struct pm_qos_request *req, s32 value)
{
	struct pm_qos_request *twin;

	if (!value_ok(f, value) || !nooks_check_writable(f, 1, req, sizeof(*req), 0))
		return;
	twin = nooks_twin_new(f, 1, req, &nooks_type_pm_qos_request, GFP_KERNEL);
	if (!twin)
		return;
	if (cpu_latency_qos_request_active(twin))
		nooks_refuse(f, 1, "this request was made already");
	else
		cpu_latency_qos_add_request(twin, value);
}

void nooks_latency_update(struct nooks_frame *f, struct pm_qos_request *twin, s32 value)
{
	if (value_ok(f, value))
		cpu_latency_qos_update_request(twin, value);
}

void nooks_latency_release(struct nooks_domain *d, struct nooks_object *o)
{
	struct pm_qos_request *twin = o->twin;

	if (cpu_latency_qos_request_active(twin))
		cpu_latency_qos_remove_request(twin);
}

void nooks_latency_remove(struct nooks_frame *f, struct pm_qos_request *req)
{
	struct nooks_object *o = nooks_object_take(f->domain, &nooks_type_pm_qos_request,
						   (unsigned long)req);

	if (!o) {
		nooks_refuse(f, 1, "no request of the driver");
		return;
	}
	nooks_latency_release(f->domain, o);
	nooks_object_free(o);
}
