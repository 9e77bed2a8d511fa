// SPDX-License-Identifier: GPL-2.0
/*
 * Packets to be sent: the driver works on a copy of its own.
 *
 * ndo_start_xmit gets a domain-owned copy of the sk_buff, of its linear part and
 * of its shared info; fragments are the kernel's pages, read in place.  The
 * driver may edit all of it (segmentation headers, padding) without a right to
 * any kernel memory, and the linear part is heap memory that is mapped for the
 * device already.  The kernel's packet is the copy's twin; it is consumed when the
 * driver frees the copy.  The copy's addresses are remembered here: what the
 * driver writes into it is never read back.
 */
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include "nooks_net.gen.h"

enum { SKB_AUX_BUF };

/* Set in the frame of an xmit that has taken care of the kernel's packet. */
#define HELD scratch[3]

static void copy_shared(struct skb_shared_info *new, const struct sk_buff *from)
{
	const struct skb_shared_info *old = skb_shinfo(from);
	unsigned int n = min_t(unsigned int, old->nr_frags, MAX_SKB_FRAGS);

	memcpy(new, old, offsetof(struct skb_shared_info, frags));
	memcpy(new->frags, old->frags, n * sizeof(old->frags[0]));
	new->frag_list = NULL;
	new->destructor_arg = NULL;
	atomic_set(&new->dataref, 1);
}

/*
 * Offsets of headers are relative to the start of the buffer: keep them.  The
 * cell and the buffer are the driver's already, other threads of it may write
 * them: nothing is read back from there, the structure is put together here.
 */
static void copy_linear(struct nooks_cell *c, const struct sk_buff *skb, void *buf, size_t size)
{
	size_t end = size - SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
	struct sk_buff s;

	memcpy(&s, skb, sizeof(s));
	s.next = NULL;
	s.prev = NULL;
	s.sk = NULL;
	s._skb_refdst = 0;
	s.destructor = NULL;
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	s._nfct = 0;
#endif
#ifdef CONFIG_SKB_EXTENSIONS
	s.active_extensions = 0;
	s.extensions = NULL;
#endif
	s.cloned = 0;
	s.fclone = SKB_FCLONE_UNAVAILABLE;
	s.head_frag = 0;
	s.pp_recycle = 0;
	refcount_set(&s.users, 1);
	s.head = buf;
	s.data = buf + skb_headroom(skb);
	skb_set_end_offset(&s, end);
	memcpy(buf + skb_headroom(skb), skb->data, skb_headlen(skb));
	copy_shared(buf + end, skb);
	memcpy(&c->skb, &s, sizeof(s));
	c->buf = NULL;
	c->state = NOOKS_CELL_TX;
}

/* Room for the shortest frame's padding is always there. */
static size_t buf_size(const struct sk_buff *skb)
{
	return SKB_DATA_ALIGN(skb_headroom(skb) + skb_headlen(skb) + ETH_ZLEN) +
	       SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
}

/* Everybody who takes a copy comes here, so that it is complete when it is found. */
static struct nooks_object *take_copy(struct nooks_domain *d, unsigned long copy)
{
	struct nooks_net *net = nooks_net(d);
	struct nooks_object *o = NULL;
	unsigned long irq;

	if (!net)
		return NULL;
	raw_spin_lock_irqsave(&net->lock, irq);
	o = nooks_object_take(d, &nooks_type_sk_buff, copy);
	raw_spin_unlock_irqrestore(&net->lock, irq);
	return o;
}

/* The copy's address, 0 without memory. */
static unsigned long make_copy(struct nooks_frame *f, struct sk_buff *skb)
{
	struct nooks_domain *d = f->domain;
	struct nooks_net *net = nooks_net(d);
	struct nooks_object *o;
	struct nooks_cell *c;
	unsigned long irq;
	size_t size;
	void *buf;

	size = max_t(size_t, buf_size(skb), NOOKS_BUF_SIZE);
	c = nooks_net_get_cell(d);
	buf = nooks_net_get_buf(d, size);
	if (!c || !buf)
		goto put;
	copy_linear(c, skb, buf, size);
	raw_spin_lock_irqsave(&net->lock, irq);
	o = nooks_object_add(d, &nooks_type_sk_buff, (unsigned long)c, 0, 0,
			     f->thunk->stub->source, GFP_ATOMIC);
	if (o) {
		o->twin = skb;
		o->aux[SKB_AUX_BUF] = (unsigned long)buf;
	}
	raw_spin_unlock_irqrestore(&net->lock, irq);
	if (o)
		return (unsigned long)c;
put:
	nooks_net_put_buf(d, buf);
	nooks_net_put_cell(d, c);
	return 0;
}

/* @o is off the tracker: the copy's memory may be used again. */
static void drop_copy(struct nooks_domain *d, struct nooks_object *o)
{
	nooks_net_put_buf(d, (void *)o->aux[SKB_AUX_BUF]);
	nooks_net_put_cell(d, (struct nooks_cell *)o->key);
	nooks_object_free_now(o);
}

/*
 * In the place of nooks_enter() for ndo_start_xmit.
 *
 * A reference of our own is held for the length of the call: a driver that
 * frees the packet and then says BUSY must not leave the kernel with a freed one.
 */
int nooks_xmit(struct nooks_frame *f)
{
	struct sk_buff *skb = (struct sk_buff *)f->original[0];
	struct nooks_domain *d = f->domain;
	struct nooks_object *o;
	unsigned long copy;
	bool mine;
	int err;

	if (skb_has_frag_list(skb) && skb_linearize(skb))
		goto lost;
	/* Before another thread of the driver can free the copy. */
	skb_get(skb);
	copy = nooks_net(d) ? make_copy(f, skb) : 0;
	if (!copy) {
		kfree_skb(skb);
		goto lost;
	}
	f->arg[0] = copy;
	err = nooks_enter(f);
	if (!err && dev_xmit_complete(f->ret)) {
		dev_consume_skb_any(skb);
		return 0;
	}

	/* Failed, or the packet is to be queued again: was it the driver's still? */
	o = take_copy(d, copy);
	mine = o;
	if (o)
		drop_copy(d, o);
	if (err) {
		/* nooks_xmit_fault() frees the one reference left */
		if (mine)
			kfree_skb(skb);
		return err;
	}
	dev_kfree_skb_any(skb);
	if (!mine) {
		f->ret = NETDEV_TX_OK;
		nooks_refuse(f, 0, "the packet was freed and then refused");
		f->HELD = 1;
	}
	return 0;

lost:
	/* No memory: a packet lost, as on any link. */
	dev_kfree_skb_any(skb);
	f->ret = NETDEV_TX_OK;
	return 0;
}

void nooks_xmit_fault(struct nooks_frame *f)
{
	/* Not BUSY: the kernel would try again for ever. */
	f->ret = NETDEV_TX_OK;
	if (!f->HELD)
		dev_kfree_skb_any((struct sk_buff *)f->original[0]);
}

static void consume(struct sk_buff *skb)
{
	if (in_serving_softirq() && !in_hardirq() && !irqs_disabled())
		napi_consume_skb(skb, 1);
	else
		dev_consume_skb_any(skb);
}

/* The driver has freed its copy (deferred to the next crossing). */
void nooks_skb_done_checked(struct nooks_frame *f, struct sk_buff *skb)
{
	struct nooks_object *o = take_copy(f->domain, (unsigned long)skb);

	if (!o) {
		nooks_refuse(f, 1, "no packet that the driver was given to send");
		return;
	}
	consume(o->twin);
	drop_copy(f->domain, o);
}

void nooks_skb_release(struct nooks_domain *d, struct nooks_object *o)
{
	dev_kfree_skb_any(o->twin);
}

void nooks_skb_bad_report(struct nooks_frame *f, struct sk_buff *skb)
{
	nooks_refuse(f, 1, "a packet that is freed already, or none at all");
}

void nooks_skb_clone_tx_timestamp_checked(struct nooks_frame *f, struct sk_buff *skb)
{
	skb_clone_tx_timestamp(skb);
}
