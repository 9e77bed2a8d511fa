// SPDX-License-Identifier: GPL-2.0
/*
 * A network driver that calls functions in the wrong order or place: each kind
 * corrupts, hangs or stops the kernel if it is let through.  One kind per load,
 * parameter `kind`; runs isolated only.
 */
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

static char *kind = "none";
module_param(kind, charp, 0);

struct priv {
	struct napi_struct napi;
	struct timer_list timer;
	struct work_struct work;
};

static struct net_device *dev;
static struct net_device_ops writable_ops;

static bool is(const char *name)
{
	return !strcmp(kind, name);
}

static int ndo_init(struct net_device *d)
{
	if (is("free-in-init"))
		free_netdev(d);
	if (is("ops-in-init"))
		d->netdev_ops = &writable_ops;
	if (is("parent-in-init"))
		d->dev.parent = (struct device *)&writable_ops;
	return 0;
}

static void ndo_uninit(struct net_device *d)
{
	if (is("free-in-uninit"))
		free_netdev(d);
}

static netdev_tx_t ndo_start_xmit(struct sk_buff *skb, struct net_device *d)
{
	consume_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops ops = {
	.ndo_init = ndo_init,
	.ndo_uninit = ndo_uninit,
	.ndo_start_xmit = ndo_start_xmit,
	.ndo_validate_addr = eth_validate_addr,
};

static int poll(struct napi_struct *napi, int budget)
{
	napi_complete_done(napi, 0);
	if (is("complete-twice"))
		napi_complete_done(napi, 0);
	return is("budget-after-complete") ? budget : 0;
}

static void give(struct napi_struct *napi)
{
	struct sk_buff *skb = netdev_alloc_skb(dev, 128);

	if (!skb)
		return;
	skb->protocol = 0;
	memset(skb_put(skb, 64), 0xff, 64);
	skb->protocol = eth_type_trans(skb, dev);
	napi_gro_receive(napi, skb);
}

static void on_timer(struct timer_list *t)
{
	del_timer_sync(t);
}

static void on_work(struct work_struct *w)
{
	cancel_work_sync(w);
}

static int go(struct priv *p)
{
	if (is("register-twice"))
		return register_netdev(dev);
	if (is("complete-outside") || is("schedule-twice")) {
		if (!napi_schedule_prep(&p->napi))
			return -EIO;
		if (is("complete-outside"))
			return napi_complete_done(&p->napi, 0);
		__napi_schedule(&p->napi);
		__napi_schedule(&p->napi);
		msleep(1);
	}
	if (is("gro-outside")) {
		give(&p->napi);
		msleep(1);
	}
	if (is("budget-after-complete") || is("complete-twice"))
		napi_schedule(&p->napi);
	if (is("timer-waits-for-itself"))
		mod_timer(&p->timer, jiffies + 1);
	if (is("work-waits-for-itself"))
		schedule_work(&p->work);
	return 0;
}

static int __init start(void)
{
	struct priv *p;
	int err;

	dev = alloc_etherdev(sizeof(*p));
	if (!dev)
		return -ENOMEM;
	p = netdev_priv(dev);
	dev->netdev_ops = &ops;
	eth_hw_addr_set(dev, "\x02nooks");
	timer_setup(&p->timer, on_timer, 0);
	INIT_WORK(&p->work, on_work);
	if (is("wake-unregistered")) {
		set_bit(__QUEUE_STATE_DRV_XOFF, &netdev_get_tx_queue(dev, 0)->state);
		netif_tx_wake_queue(netdev_get_tx_queue(dev, 0));
	}
	netif_napi_add(dev, &p->napi, poll);
	napi_enable(&p->napi);
	err = register_netdev(dev);
	if (!err)
		err = go(p);
	return err;
}

static void __exit stop(void)
{
	struct priv *p = netdev_priv(dev);

	unregister_netdev(dev);
	del_timer_sync(&p->timer);
	cancel_work_sync(&p->work);
	napi_disable(&p->napi);
	netif_napi_del(&p->napi);
	free_netdev(dev);
}

module_init(start);
module_exit(stop);
MODULE_DESCRIPTION("Calls network functions where they do harm");
MODULE_LICENSE("GPL");
