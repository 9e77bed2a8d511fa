// SPDX-License-Identifier: GPL-2.0
/*
 * Packets received: what the driver gives is copied into a kernel packet.
 *
 * The driver's sk_buff, its data and its fragments are domain-owned, so any of
 * it may change while it is looked at: the structure is copied first, the copy is
 * checked, and only the copy is used.  Of the driver's claims the kernel's
 * packet gets those that cannot hurt: checksum state, VLAN tag, hash, queue, time.
 * The protocol is found anew from the Ethernet header.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include "nooks_net.gen.h"

#define MAX_PACKET (65535 + ETH_HLEN)

/* What is given: a snapshot, with the linear part starting at the MAC header. */
struct given {
	struct sk_buff skb;
	const void *linear;
	unsigned int nlinear, total;
	unsigned int nfrags;
	skb_frag_t frag[MAX_SKB_FRAGS];
	struct skb_shared_hwtstamps hwtstamps;
};

static bool owned(struct nooks_domain *d, const void *p, size_t n)
{
	return nooks_owned(d, (unsigned long)p, n);
}

static bool take_frags(struct nooks_frame *f, unsigned int arg, struct given *g)
{
	const struct skb_shared_info *s = (void *)g->skb.head + g->skb.end;
	struct nooks_domain *d = f->domain;
	unsigned int i, n = 0;

	if (!owned(d, s, sizeof(*s)))
		return nooks_refuse(f, arg, "its shared info is not the driver's memory");
	g->hwtstamps = s->hwtstamps;
	g->nfrags = READ_ONCE(s->nr_frags);
	if (g->nfrags > MAX_SKB_FRAGS || READ_ONCE(s->frag_list))
		return nooks_refuse(f, arg, "%u fragments, or a list of them", g->nfrags);
	memcpy(g->frag, s->frags, g->nfrags * sizeof(g->frag[0]));
	for (i = 0; i < g->nfrags; i++) {
		struct page *page = skb_frag_page(&g->frag[i]);

		if (!nooks_object_covering(d, &nooks_type_page, (unsigned long)page,
					   sizeof(*page)) ||
		    ((unsigned long)page - VMEMMAP_START) % sizeof(*page) ||
		    skb_frag_size(&g->frag[i]) > MAX_PACKET ||
		    skb_frag_off(&g->frag[i]) > MAX_PACKET ||
		    !owned(d, page_address(page) + skb_frag_off(&g->frag[i]),
			   skb_frag_size(&g->frag[i])))
			return nooks_refuse(f, arg, "fragment %u is not the driver's memory", i);
		n += skb_frag_size(&g->frag[i]);
	}
	if (n != g->skb.data_len)
		return nooks_refuse(f, arg, "fragments hold %u bytes, data_len is %u", n,
				    g->skb.data_len);
	return true;
}

static bool take(struct nooks_frame *f, unsigned int arg, const struct sk_buff *skb,
		 struct given *g)
{
	struct nooks_domain *d = f->domain;
	struct nooks_net *net = nooks_net(d);
	unsigned int pulled, linear;

	/* Only the library makes them, in pages that stay as long as anybody is inside. */
	if (!net || (unsigned long)skb - net->cells >= NOOKS_POOL_CELLS * NOOKS_CELL_SIZE ||
	    ((unsigned long)skb - net->cells) % NOOKS_CELL_SIZE)
		return nooks_refuse(f, arg, "no packet that the driver made");
	memcpy(&g->skb, skb, sizeof(*skb));
	if (READ_ONCE(((struct nooks_cell *)skb)->state) != NOOKS_CELL_GIVEN)
		return nooks_refuse(f, arg, "the packet is freed, or was given before");
	if (g->skb.len < g->skb.data_len || g->skb.len > MAX_PACKET)
		return nooks_refuse(f, arg, "len %u, data_len %u", g->skb.len, g->skb.data_len);
	/* The kernel warns of any other for each packet. */
	if (skb_vlan_tag_present(&g->skb) && !eth_type_vlan(g->skb.vlan_proto))
		return nooks_refuse(f, arg, "VLAN protocol %#x", ntohs(g->skb.vlan_proto));
	pulled = g->skb.data - (g->skb.head + g->skb.mac_header);
	if (pulled && pulled != ETH_HLEN)
		return nooks_refuse(f, arg, "no Ethernet header before its data");
	linear = g->skb.len - g->skb.data_len;
	g->linear = g->skb.data - pulled;
	g->nlinear = linear + pulled;
	g->total = g->skb.len + pulled;
	if (!owned(d, g->linear, g->nlinear))
		return nooks_refuse(f, arg, "its data is not the driver's memory");
	g->nfrags = 0;
	if (g->skb.data_len)
		return take_frags(f, arg, g);
	g->hwtstamps.hwtstamp = 0;
	if (owned(d, g->skb.head + g->skb.end, sizeof(struct skb_shared_info)))
		g->hwtstamps = ((struct skb_shared_info *)(g->skb.head + g->skb.end))->hwtstamps;
	return true;
}

static void claims(struct sk_buff *k, const struct given *g)
{
	const struct sk_buff *s = &g->skb;

	if (s->ip_summed != CHECKSUM_PARTIAL) {
		k->ip_summed = s->ip_summed;
		k->csum = s->csum;
		k->csum_level = s->csum_level;
	}
	if (skb_vlan_tag_present(s))
		__vlan_hwaccel_put_tag(k, s->vlan_proto, s->vlan_tci);
	if (s->hash && !s->sw_hash)
		skb_set_hash(k, s->hash, s->l4_hash ? PKT_HASH_TYPE_L4 : PKT_HASH_TYPE_L3);
	if (skb_rx_queue_recorded(s) && skb_get_rx_queue(s) < k->dev->real_num_rx_queues)
		skb_record_rx_queue(k, skb_get_rx_queue(s));
	*skb_hwtstamps(k) = g->hwtstamps;
}

/* The kernel's packet for what the driver gives; NULL: refused, or no memory. */
static struct sk_buff *receive(struct nooks_frame *f, unsigned int arg, struct sk_buff *skb,
			       struct net_device *dev, struct napi_struct *napi)
{
	struct nooks_cell *c = (struct nooks_cell *)skb;
	struct sk_buff *k;
	struct given g;
	unsigned int i;
	bool ok;

	ok = take(f, arg, skb, &g);
	if (!ok)
		return NULL;
	if (!dev) {
		dev = g.skb.dev;
		if (!nooks_object_is(f->domain, &nooks_type_net_device, (unsigned long)dev)) {
			nooks_refuse(f, arg, "skb->dev is no device of the driver");
			return NULL;
		}
	}
	k = g.total < ETH_HLEN ? NULL : napi ? napi_alloc_skb(napi, g.total) :
	    netdev_alloc_skb_ip_align(dev, g.total);
	if (k) {
		skb_put_data(k, g.linear, g.nlinear);
		for (i = 0; i < g.nfrags; i++)
			skb_put_data(k, skb_frag_address(&g.frag[i]), skb_frag_size(&g.frag[i]));
	}
	for (i = 0; i < g.nfrags; i++)
		nooks_page_take(f->domain, skb_frag_page(&g.frag[i]));
	/* From here on the library may use its memory again. */
	smp_store_release(&c->state, NOOKS_CELL_FREE);
	if (!k) {
		dev_core_stats_rx_dropped_inc(dev);
		return NULL;
	}
	k->protocol = eth_type_trans(k, dev);
	claims(k, &g);
	return k;
}

gro_result_t nooks_gro_receive_checked(struct nooks_frame *f, struct napi_struct *napi,
				       struct sk_buff *skb)
{
	struct sk_buff *k;

	/* Its lists have no lock: they belong to whoever polls. */
	if (!nooks_napi_polling(f, napi)) {
		nooks_refuse(f, 1, "a packet given to a napi_struct outside its poll");
		return GRO_NORMAL;
	}
	k = receive(f, 2, skb, napi->dev, napi);
	return k ? napi_gro_receive(napi, k) : GRO_NORMAL;
}

int nooks_netif_rx_checked(struct nooks_frame *f, struct sk_buff *skb)
{
	struct sk_buff *k = receive(f, 1, skb, NULL, NULL);

	return k ? netif_rx(k) : NET_RX_DROP;
}
