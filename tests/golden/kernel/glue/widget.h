/* SPDX-License-Identifier: GPL-2.0 */
struct nooks_frame;
struct nooks_domain;
struct nooks_object;
struct widget *glue_alloc(struct nooks_frame *f, size_t extra, gfp_t gfp);
void glue_pseudo(int a);
void glue_pseudo_checked(struct nooks_frame *f, int a);
