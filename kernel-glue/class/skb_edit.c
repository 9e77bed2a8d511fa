// SPDX-License-Identifier: GPL-2.0
/*
 * In-domain library: changing the shape of a packet.
 *
 * The kernel's own functions of these names would drop references of pages that
 * only the kernel may count, or map pages with per-CPU state; these work on the
 * driver's memory alone.  A packet here is never shared or cloned.
 */
#include <linux/netdevice.h>
#include <linux/phy.h>
#include <linux/skbuff.h>
#include "nooks_net.gen.h"

void nw_nooks_skb_clone_tx_timestamp(struct sk_buff *skb);

int dl_skb_copy_bits(const struct sk_buff *skb, int offset, void *to, int len)
{
	int n = skb_headlen(skb), i;

	if (offset < 0 || len < 0 || offset > (int)skb->len - len)
		return -EFAULT;
	if (offset < n) {
		n = min(n - offset, len);
		memcpy(to, skb->data + offset, n);
		to += n;
		offset += n;
		len -= n;
	}
	offset -= skb_headlen(skb);
	for (i = 0; len && i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];

		n = skb_frag_size(frag);
		if (offset < n) {
			n = min(n - offset, len);
			memcpy(to, skb_frag_address(frag) + offset, n);
			to += n;
			offset += n;
			len -= n;
		}
		offset -= skb_frag_size(frag);
	}
	return len ? -EFAULT : 0;
}

/* Take @n bytes out of the front of the fragments. */
static void eat(struct sk_buff *skb, unsigned int n)
{
	struct skb_shared_info *s = skb_shinfo(skb);
	unsigned int i, kept = 0, size;

	skb->data_len -= n;
	for (i = 0; i < s->nr_frags; i++) {
		size = skb_frag_size(&s->frags[i]);
		if (n >= size) {
			n -= size;
			dl_put_frag(skb, &s->frags[i]);
			continue;
		}
		s->frags[kept] = s->frags[i];
		skb_frag_off_add(&s->frags[kept], n);
		skb_frag_size_sub(&s->frags[kept], n);
		n = 0;
		kept++;
	}
	s->nr_frags = kept;
}

void *dl_pskb_pull_tail(struct sk_buff *skb, int delta)
{
	int more = skb->tail + delta - skb->end;

	if (delta < 0 || delta > skb->data_len ||
	    (more > 0 && dl_pskb_expand_head(skb, 0, more + 128, GFP_ATOMIC)) ||
	    dl_skb_copy_bits(skb, skb_headlen(skb), skb_tail_pointer(skb), delta))
		return NULL;
	eat(skb, delta);
	skb->tail += delta;
	return skb_tail_pointer(skb);
}

int dl_pskb_trim(struct sk_buff *skb, unsigned int len)
{
	struct skb_shared_info *s = skb_shinfo(skb);
	unsigned int end = skb_headlen(skb), i, kept = 0;

	if (len >= skb->len)
		return 0;
	for (i = 0; i < s->nr_frags; i++) {
		unsigned int size = skb_frag_size(&s->frags[i]);

		if (end >= len) {
			dl_put_frag(skb, &s->frags[i]);
		} else {
			skb_frag_size_set(&s->frags[i], min(size, len - end));
			kept++;
		}
		end += size;
	}
	s->nr_frags = kept;
	if (len <= skb_headlen(skb)) {
		skb->data_len = 0;
		skb->len = len;
		skb_set_tail_pointer(skb, len);
	} else {
		skb->data_len -= skb->len - len;
		skb->len = len;
	}
	return 0;
}

void dl_skb_trim(struct sk_buff *skb, unsigned int len)
{
	dl_pskb_trim(skb, len);
}

int dl_pskb_expand_head(struct sk_buff *skb, int nhead, int ntail, gfp_t gfp)
{
	const unsigned int shared = SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
	struct nooks_cell *c = (struct nooks_cell *)skb;
	unsigned int size;
	void *buf, *old;

	if (nhead < 0 || ntail < 0 || nhead > SZ_64K || ntail > SZ_64K)
		return -EINVAL;
	size = SKB_DATA_ALIGN(nhead + skb_end_offset(skb) + ntail);
	buf = dl_alloc_frag(size + shared, ~0U);
	if (!buf)
		return -ENOMEM;
	memcpy(buf + nhead, skb->head, skb->tail);
	memcpy(buf + size, skb_shinfo(skb), sizeof(struct skb_shared_info));
	old = c->buf;
	c->buf = buf;
	skb->data = buf + nhead + (skb->data - skb->head);
	skb->head = buf;
	skb_set_end_offset(skb, size);
	skb->tail += nhead;
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		skb->csum_start += nhead;
	skb->transport_header += nhead;
	skb->network_header += nhead;
	if (skb_mac_header_was_set(skb))
		skb->mac_header += nhead;
	skb->inner_transport_header += nhead;
	skb->inner_network_header += nhead;
	skb->inner_mac_header += nhead;
	dl_free_frag(old);
	return 0;
}

int dl_skb_pad(struct sk_buff *skb, int pad, bool free_on_error)
{
	int err = 0;

	if (skb->data_len && !dl_pskb_pull_tail(skb, skb->data_len))
		err = -ENOMEM;
	if (!err && skb_tailroom(skb) < pad)
		err = dl_pskb_expand_head(skb, 0, pad - skb_tailroom(skb), GFP_ATOMIC);
	if (!err)
		memset(skb->data + skb->len, 0, pad);
	else if (free_on_error)
		dl_free_skb(skb);
	return err;
}

/* Only a PHY that stamps packets wants to know. */
void dl_skb_clone_tx_timestamp(struct sk_buff *skb)
{
	if (skb->dev->phydev && skb->dev->phydev->mii_ts)
		nw_nooks_skb_clone_tx_timestamp(skb);
}

/* Drivers' devices have no such PHY: phylib is not described yet. */
bool dl_skb_defer_rx_timestamp(struct sk_buff *skb)
{
	return false;
}
