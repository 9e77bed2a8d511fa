// SPDX-License-Identifier: GPL-2.0
/*
 * In-domain library: packets that drivers make, and freeing them.
 *
 * Runs with the driver's rights on the driver's memory: free lists, sk_buffs,
 * buffers.  What a driver does to them ends, at worst, in a fault in here, which
 * ends the driver.  A freed packet is poisoned, so that using it faults at the
 * first touch of its data, and freeing it again is noticed.
 *
 * A packet that was given to the kernel stays in the list of given ones until
 * the kernel's side has copied it and marked it free.
 */
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <nooks/entry.h>
#include "nooks_net.gen.h"

void *nw___kmalloc(size_t size, gfp_t gfp);
void nw_kfree(const void *p);
void nw___folio_put(struct folio *folio);
gro_result_t nw_nooks_napi_gro_receive(struct napi_struct *napi, struct sk_buff *skb);
int nw_nooks_netif_rx(struct sk_buff *skb);
void nw_nooks_skb_done(struct sk_buff *skb);
void nw_nooks_skb_bad(struct sk_buff *skb);

#define POISON ((void *)0xdead0f4ee0000000UL)	/* no address at all: touching it faults */

static struct nooks_net *net(void)
{
	return nooks_net(this_cpu_read(nooks_cpu.cur)->domain);
}

static unsigned long lock(struct nooks_pool *p)
{
	unsigned long flags = native_save_fl();

	native_irq_disable();
	while (xchg(&p->lock, 1))
		cpu_relax();
	return flags;
}

static void unlock(struct nooks_pool *p, unsigned long flags)
{
	smp_store_release(&p->lock, 0);
	if (flags & X86_EFLAGS_IF)
		native_irq_enable();
}

static void push_buf(struct nooks_pool *p, void *buf)
{
	if (p->nbufs < NOOKS_POOL_BUFS)
		p->buf[p->nbufs++] = buf;
}

static void push_cell(struct nooks_pool *p, struct nooks_cell *c)
{
	if (p->ncells < NOOKS_POOL_CELLS)
		p->cell[p->ncells++] = c;
}

static bool in_bufs(const struct nooks_net *n, const void *p)
{
	return (unsigned long)p - n->bufs < NOOKS_POOL_BUFS * NOOKS_BUF_SIZE;
}

/* What the kernel's side is done with goes back; returns big buffers one by one. */
static void *reclaim(const struct nooks_net *n, struct nooks_pool *p)
{
	struct nooks_cell *c;
	void *buf;

	while (p->given_tail != p->given_head) {
		c = p->given[p->given_tail % NOOKS_POOL_CELLS];
		if (smp_load_acquire(&c->state) != NOOKS_CELL_FREE)
			break;
		p->given_tail++;
		buf = c->buf;
		c->buf = NULL;
		push_cell(p, c);
		if (in_bufs(n, buf))
			push_buf(p, buf);
		else if (buf)
			return buf;
	}
	return NULL;
}

static struct nooks_cell *get_cell(void)
{
	const struct nooks_net *n = net();
	struct nooks_pool *p = n ? n->pool : NULL;
	struct nooks_cell *c = NULL;
	unsigned long flags;
	void *big;

	if (!p)
		return NULL;
	flags = lock(p);
	big = reclaim(n, p);
	if (p->ncells)
		c = p->cell[--p->ncells];
	unlock(p, flags);
	if (big)
		nw_kfree(big);
	return c;
}

static void put_cell(struct nooks_cell *c)
{
	struct nooks_pool *p = net()->pool;
	unsigned long flags = lock(p);

	push_cell(p, c);
	unlock(p, flags);
}

void *dl_alloc_frag(unsigned int size, unsigned int align_mask)
{
	const struct nooks_net *n = net();
	struct nooks_pool *p = n ? n->pool : NULL;
	unsigned long flags;
	void *buf = NULL, *big;

	if (p && size <= NOOKS_BUF_SIZE) {
		flags = lock(p);
		big = reclaim(n, p);
		if (p->nbufs)
			buf = p->buf[--p->nbufs];
		unlock(p, flags);
		if (big)
			nw_kfree(big);
	}
	return buf ? buf : nw___kmalloc(size, GFP_ATOMIC);
}

void dl_free_frag(void *buf)
{
	const struct nooks_net *n = net();
	struct nooks_pool *p;
	unsigned long flags;

	if (!buf)
		return;
	if (!n || !in_bufs(n, buf)) {
		nw_kfree(buf);
		return;
	}
	p = n->pool;
	flags = lock(p);
	push_buf(p, buf);
	unlock(p, flags);
}

struct sk_buff *dl_build_skb(void *data, unsigned int size)
{
	struct nooks_cell *c = get_cell();
	struct sk_buff *s;

	if (!c)
		return NULL;
	if (!size)
		size = NOOKS_BUF_SIZE;
	size -= SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
	s = &c->skb;
	memset(s, 0, sizeof(*s));
	s->head = data;
	s->data = data;
	skb_reset_tail_pointer(s);
	skb_set_end_offset(s, size);
	s->truesize = SKB_TRUESIZE(size);
	refcount_set(&s->users, 1);
	s->mac_header = (typeof(s->mac_header))~0U;
	s->transport_header = (typeof(s->transport_header))~0U;
	memset(skb_shinfo(s), 0, offsetof(struct skb_shared_info, frags));
	atomic_set(&skb_shinfo(s)->dataref, 1);
	c->buf = data;
	c->state = NOOKS_CELL_RX;
	return s;
}

static struct sk_buff *alloc(struct net_device *dev, unsigned int len, unsigned int reserve)
{
	unsigned int size = SKB_DATA_ALIGN(len + reserve) +
			    SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
	struct sk_buff *s;
	void *buf;

	if (len > KMALLOC_MAX_SIZE / 2)
		return NULL;
	size = max_t(unsigned int, size, NOOKS_BUF_SIZE);
	buf = dl_alloc_frag(size, ~0U);
	if (!buf)
		return NULL;
	s = dl_build_skb(buf, size);
	if (!s) {
		dl_free_frag(buf);
		return NULL;
	}
	skb_reserve(s, reserve);
	s->dev = dev;
	return s;
}

struct sk_buff *dl_alloc_skb(unsigned int size, gfp_t gfp, int flags, int node)
{
	return alloc(NULL, size, 0);
}

struct sk_buff *dl_netdev_alloc_skb(struct net_device *dev, unsigned int len, gfp_t gfp)
{
	return alloc(dev, len, NET_SKB_PAD);
}

struct sk_buff *dl_napi_alloc_skb(struct napi_struct *napi, unsigned int len, gfp_t gfp)
{
	return alloc(napi->dev, len, NET_SKB_PAD + NET_IP_ALIGN);
}

/* A fragment of a packet that the driver made; those of a packet to send are borrowed. */
void dl_put_frag(struct sk_buff *skb, skb_frag_t *frag)
{
	struct page *page = skb_frag_page(frag);

	if (((struct nooks_cell *)skb)->state == NOOKS_CELL_RX &&
	    atomic_dec_and_test(&page->_refcount))
		nw___folio_put(page_folio(page));
}

static void poison(struct nooks_cell *c)
{
	c->skb.head = POISON;
	c->skb.data = POISON;
	c->skb.len = 0;
	c->skb.dev = POISON;
}

void dl_free_skb(struct sk_buff *skb)
{
	struct nooks_cell *c = (struct nooks_cell *)skb;
	unsigned int i, state;
	void *buf;

	if (!skb)
		return;
	state = c->state;
	if (state != NOOKS_CELL_RX && state != NOOKS_CELL_TX) {
		nw_nooks_skb_bad(skb);
		return;
	}
	if (!skb_unref(skb))
		return;
	if (state == NOOKS_CELL_RX)
		for (i = 0; i < skb_shinfo(skb)->nr_frags && i < MAX_SKB_FRAGS; i++)
			dl_put_frag(skb, &skb_shinfo(skb)->frags[i]);
	buf = c->buf;
	c->buf = NULL;
	c->state = NOOKS_CELL_FREE;
	poison(c);
	dl_free_frag(buf);
	if (state == NOOKS_CELL_TX)
		nw_nooks_skb_done(skb);
	else
		put_cell(c);
}

/* Queue the packet for the kernel; its memory comes back by way of reclaim(). */
static bool give(struct sk_buff *skb)
{
	struct nooks_cell *c = (struct nooks_cell *)skb;
	struct nooks_pool *p = net()->pool;
	unsigned long flags;

	if (c->state != NOOKS_CELL_RX) {
		nw_nooks_skb_bad(skb);
		return false;
	}
	flags = lock(p);
	c->state = NOOKS_CELL_GIVEN;
	p->given[p->given_head++ % NOOKS_POOL_CELLS] = c;
	unlock(p, flags);
	return true;
}

gro_result_t dl_napi_gro_receive(struct napi_struct *napi, struct sk_buff *skb)
{
	return give(skb) ? nw_nooks_napi_gro_receive(napi, skb) : GRO_NORMAL;
}

int dl_netif_rx(struct sk_buff *skb)
{
	return give(skb) ? nw_nooks_netif_rx(skb) : NET_RX_DROP;
}

/* The driver's own napi_struct holds the packet being put together. */
struct sk_buff *dl_napi_get_frags(struct napi_struct *napi)
{
	if (!napi->skb)
		napi->skb = dl_napi_alloc_skb(napi, MAX_HEADER + 128, GFP_ATOMIC);
	return napi->skb;
}

gro_result_t dl_napi_gro_frags(struct napi_struct *napi)
{
	struct sk_buff *skb = napi->skb;

	napi->skb = NULL;
	skb_reset_mac_header(skb);
	return dl_napi_gro_receive(napi, skb);
}
