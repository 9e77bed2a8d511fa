/* SPDX-License-Identifier: GPL-2.0 */
/* Glue named by idl/net.idl. */
#ifndef NOOKS_CLASS_NET_H
#define NOOKS_CLASS_NET_H

#include <linux/dynamic_debug.h>
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/ptp_clock_kernel.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include "pci.h"

/*
 * A packet in memory of the domain.  All of it is the driver's to write, so
 * the kernel's side believes none of it; @state and @buf are the library's.
 */
enum nooks_cell_state {
	NOOKS_CELL_FREE = 0x46524545,	/* poisoned, nobody's */
	NOOKS_CELL_RX = 0x52454356,	/* made by the library for the driver */
	NOOKS_CELL_TX = 0x53454e44,	/* copy of a kernel packet, made by the kernel's side */
	NOOKS_CELL_GIVEN = 0x47495645,	/* queued for the kernel, which sets FREE */
};

struct nooks_cell {
	struct sk_buff skb;
	u32 state;
	u32 unused;
	void *buf;			/* linear part to free with it; NULL: not the library's */
};
#define NOOKS_CELL_SIZE		256
#define NOOKS_BUF_SIZE		2048
#define NOOKS_POOL_CELLS	1024
#define NOOKS_POOL_BUFS		1024
#define NOOKS_TX_STASH		256

/* The library's free lists: driver memory, never looked at by the kernel's side. */
struct nooks_pool {
	u32 lock;
	u32 ncells, nbufs;
	u32 given_head, given_tail;
	struct nooks_cell *cell[NOOKS_POOL_CELLS];
	void *buf[NOOKS_POOL_BUFS];
	struct nooks_cell *given[NOOKS_POOL_CELLS];
};

/* What the class keeps of a domain: kernel memory, read by the library. */
struct nooks_net {
	struct nooks_pool *pool;
	unsigned long cells, bufs;	/* the pool's areas */
	unsigned long queue_page[16];	/* pages with the end of a netdev_queue, driver's own */
	raw_spinlock_t lock;		/* the rest: packets being sent */
	unsigned int ncells, nbufs;
	struct nooks_cell *cell[NOOKS_TX_STASH];
	void *buf[NOOKS_TX_STASH];
};

static inline struct nooks_net *nooks_net(struct nooks_domain *d)
{
	return d->glue[NOOKS_GLUE_NET];
}

/* net_pool.c */
int nooks_net_pool(struct nooks_domain *d);
struct nooks_cell *nooks_net_get_cell(struct nooks_domain *d);
void nooks_net_put_cell(struct nooks_domain *d, struct nooks_cell *c);
void *nooks_net_get_buf(struct nooks_domain *d, size_t size);
void nooks_net_put_buf(struct nooks_domain *d, void *buf);
int nooks_net_glue_init(void);
void nooks_net_glue_exit(void);

/* netdev.c, netdev_place.c */
struct net_device *nooks_alloc_etherdev(struct nooks_frame *f, int priv, unsigned int txqs,
					unsigned int rxqs);
struct net_device *nooks_alloc_netdev(struct nooks_frame *f, int priv, const char *name,
				      unsigned char assign_type,
				      void (*setup)(struct net_device *), unsigned int txqs,
				      unsigned int rxqs);
struct net_device *nooks_devm_alloc_etherdev(struct nooks_frame *f, struct device *parent,
					     int priv, unsigned int txqs, unsigned int rxqs);
void nooks_free_netdev(struct nooks_frame *f, struct net_device *dev);
int nooks_register_netdev(struct nooks_frame *f, struct net_device *dev);
void nooks_unregister_netdev(struct nooks_frame *f, struct net_device *dev);
int nooks_ndo_init(struct nooks_frame *f);
void nooks_netdev_release(struct nooks_domain *d, struct nooks_object *o);
void nooks_netdev_registered_release(struct nooks_domain *d, struct nooks_object *o);
void nooks_get_stats_fault(struct nooks_frame *f);
struct rtnl_link_stats64 *nooks_dev_get_stats(struct nooks_frame *f, struct net_device *dev,
					      struct rtnl_link_stats64 *storage);
struct ptp_clock *nooks_no_ptp_clock(struct nooks_frame *f, struct ptp_clock_info *info,
				     struct device *parent);
void nooks_fix_features_fault(struct nooks_frame *f);
void nooks_dynamic_netdev_dbg(struct nooks_frame *f, struct _ddebug *descriptor,
			      const struct net_device *dev, const char *fmt, ...);
struct net_device *nooks_netdev_place(int priv, const char *name, unsigned char assign_type,
				      unsigned int txqs, unsigned int rxqs, unsigned long *area,
				      size_t *size);

/* rtnl.c */
bool nooks_rtnl_free(struct nooks_frame *f);
void nooks_rtnl_lock(struct nooks_frame *f);
void nooks_rtnl_unlock(struct nooks_frame *f);
int nooks_rtnl_init(void);
void nooks_rtnl_exit(void);

/* queue.c */
struct netdev_queue *nooks_queue_place(struct nooks_domain *d, struct net_device *dev);
void nooks_queue_unplace(struct nooks_domain *d, struct net_device *dev,
			 struct netdev_queue *original);
void nooks_dql_completed_checked(struct nooks_frame *f, struct dql *dql, unsigned int count);
void nooks_dql_reset_checked(struct nooks_frame *f, struct dql *dql);
void nooks_dql_completed(struct dql *dql, unsigned int count);
void nooks_dql_reset(struct dql *dql);
void dl_dql_completed(struct dql *dql, unsigned int count);
void dl_dql_reset(struct dql *dql);

/* napi.c */
void nooks_napi_add(struct nooks_frame *f, struct net_device *dev, struct napi_struct *napi,
		    int (*poll)(struct napi_struct *, int), int weight);
void nooks_napi_del(struct nooks_frame *f, struct napi_struct *napi);
void nooks_napi_enable(struct nooks_frame *f, struct napi_struct *napi);
void nooks_napi_disable(struct nooks_frame *f, struct napi_struct *napi);
bool nooks_napi_schedule_prep(struct nooks_frame *f, struct napi_struct *napi);
void nooks_napi_schedule(struct nooks_frame *f, struct napi_struct *napi);
bool nooks_napi_polling(struct nooks_frame *f, const struct napi_struct *napi);
int nooks_napi_poll(struct nooks_frame *f);
bool nooks_napi_complete_done(struct nooks_frame *f, struct napi_struct *napi, int work_done);
void nooks_napi_fault(struct nooks_frame *f);
void nooks_napi_release(struct nooks_domain *d, struct nooks_object *o);
void nooks_napis_drop(struct nooks_domain *d, struct net_device *dev);

/* skb_tx.c */
int nooks_xmit(struct nooks_frame *f);
void nooks_xmit_fault(struct nooks_frame *f);
void nooks_skb_done_checked(struct nooks_frame *f, struct sk_buff *skb);
void nooks_skb_done(struct sk_buff *skb);
void nooks_skb_bad_report(struct nooks_frame *f, struct sk_buff *skb);
void nooks_skb_bad(struct sk_buff *skb);
void nooks_skb_release(struct nooks_domain *d, struct nooks_object *o);
void nooks_skb_clone_tx_timestamp_checked(struct nooks_frame *f, struct sk_buff *skb);
void nooks_skb_clone_tx_timestamp(struct sk_buff *skb);

/* skb_rx.c */
gro_result_t nooks_gro_receive_checked(struct nooks_frame *f, struct napi_struct *napi,
				       struct sk_buff *skb);
int nooks_netif_rx_checked(struct nooks_frame *f, struct sk_buff *skb);
gro_result_t nooks_napi_gro_receive(struct napi_struct *napi, struct sk_buff *skb);
int nooks_netif_rx(struct sk_buff *skb);

/* skb_lib.c, skb_edit.c */
struct sk_buff *dl_alloc_skb(unsigned int size, gfp_t gfp, int flags, int node);
struct sk_buff *dl_netdev_alloc_skb(struct net_device *dev, unsigned int len, gfp_t gfp);
struct sk_buff *dl_napi_alloc_skb(struct napi_struct *napi, unsigned int len, gfp_t gfp);
struct sk_buff *dl_build_skb(void *data, unsigned int frag_size);
struct sk_buff *dl_napi_get_frags(struct napi_struct *napi);
gro_result_t dl_napi_gro_receive(struct napi_struct *napi, struct sk_buff *skb);
int dl_netif_rx(struct sk_buff *skb);
gro_result_t dl_napi_gro_frags(struct napi_struct *napi);
void *dl_alloc_frag(unsigned int size, unsigned int align_mask);
void dl_free_frag(void *p);
void dl_free_skb(struct sk_buff *skb);
void dl_put_frag(struct sk_buff *skb, skb_frag_t *frag);
void dl_skb_trim(struct sk_buff *skb, unsigned int len);
int dl_pskb_trim(struct sk_buff *skb, unsigned int len);
void *dl_pskb_pull_tail(struct sk_buff *skb, int delta);
int dl_skb_pad(struct sk_buff *skb, int pad, bool free_on_error);
int dl_pskb_expand_head(struct sk_buff *skb, int nhead, int ntail, gfp_t gfp);
int dl_skb_copy_bits(const struct sk_buff *skb, int offset, void *to, int len);
void dl_skb_clone_tx_timestamp(struct sk_buff *skb);
bool dl_skb_defer_rx_timestamp(struct sk_buff *skb);

/* ethtool.c */
size_t nooks_buffer_size(const void *p);
int nooks_no_extack(struct nooks_frame *f);
int nooks_ethtool_init(void);

#endif
