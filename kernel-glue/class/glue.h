/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of class glue share: the runtime's interface, and how code of
 * the in-domain library finds its domain.
 *
 * Class glue is the little that the IDL cannot say.  Functions named nooks_*
 * run on the kernel's side: `by` functions in place of the kernel's after the
 * generated checks, `release by` functions when a driver has failed.  Functions
 * named dl_* are the in-domain library: they run with the rights of the driver
 * that calls them, so what they do wrong, or are made to do wrong, hurts only it.
 */
#ifndef NOOKS_CLASS_GLUE_H
#define NOOKS_CLASS_GLUE_H

#include <nooks/domain.h>
#include <nooks/check.h>
#include <nooks/hooks.h>
#include <nooks/lock.h>
#include <nooks/object.h>
#include <nooks/xpc.h>

#endif
