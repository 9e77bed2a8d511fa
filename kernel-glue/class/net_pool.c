// SPDX-License-Identifier: GPL-2.0
/*
 * Memory for packets of a domain, and what the class keeps of each domain.
 *
 * Made when a driver allocates its first network device: pages carved out of
 * the heap for the in-domain library's free lists (which are driver memory and are
 * never looked at from here), and a stash of the same for packets being sent,
 * which is kept in kernel memory because the kernel's side hands it out.
 */
#include <linux/slab.h>
#include "nooks_net.gen.h"

static_assert(sizeof(struct nooks_cell) <= NOOKS_CELL_SIZE);

#define CELL_PAGES (NOOKS_POOL_CELLS * NOOKS_CELL_SIZE / PAGE_SIZE)
#define BUF_PAGES (NOOKS_POOL_BUFS * NOOKS_BUF_SIZE / PAGE_SIZE)
#define POOL_PAGES DIV_ROUND_UP(sizeof(struct nooks_pool), PAGE_SIZE)
#define TX_PAGES (NOOKS_TX_STASH * (NOOKS_CELL_SIZE + NOOKS_BUF_SIZE) / PAGE_SIZE)

static int fill_pool(struct nooks_domain *d, struct nooks_net *net)
{
	struct nooks_pool *pool = nooks_heap_carve(d, POOL_PAGES, "packet lists");
	unsigned int i;

	net->cells = (unsigned long)nooks_heap_carve(d, CELL_PAGES, "packets");
	net->bufs = (unsigned long)nooks_heap_carve(d, BUF_PAGES, "packet buffers");
	if (!pool || !net->cells || !net->bufs)
		return -ENOMEM;
	memset(pool, 0, sizeof(*pool));
	memset((void *)net->cells, 0, CELL_PAGES * PAGE_SIZE);
	for (i = 0; i < NOOKS_POOL_CELLS; i++) {
		pool->cell[i] = (void *)(net->cells + i * NOOKS_CELL_SIZE);
		pool->cell[i]->state = NOOKS_CELL_FREE;
	}
	for (i = 0; i < NOOKS_POOL_BUFS; i++)
		pool->buf[i] = (void *)(net->bufs + i * NOOKS_BUF_SIZE);
	pool->ncells = NOOKS_POOL_CELLS;
	pool->nbufs = NOOKS_POOL_BUFS;
	net->pool = pool;
	return 0;
}

static int fill_stash(struct nooks_domain *d, struct nooks_net *net)
{
	unsigned long p = (unsigned long)nooks_heap_carve(d, TX_PAGES, "packets being sent");

	if (!p)
		return -ENOMEM;
	while (net->nbufs < NOOKS_TX_STASH) {
		net->buf[net->nbufs++] = (void *)p;
		p += NOOKS_BUF_SIZE;
	}
	while (net->ncells < NOOKS_TX_STASH) {
		net->cell[net->ncells++] = (void *)p;
		p += NOOKS_CELL_SIZE;
	}
	return 0;
}

/* Make the domain's pool if there is none yet.  May sleep. */
int nooks_net_pool(struct nooks_domain *d)
{
	struct nooks_net *net = nooks_net(d);
	int err;

	if (net)
		return 0;
	net = kvzalloc(sizeof(*net), GFP_KERNEL);
	if (!net)
		return -ENOMEM;
	raw_spin_lock_init(&net->lock);
	err = fill_pool(d, net);
	if (!err)
		err = fill_stash(d, net);
	if (err) {
		kvfree(net);	/* what was carved stays so until the heap is reset */
		return err;
	}
	smp_store_release(&d->glue[NOOKS_GLUE_NET], net);
	return 0;
}

struct nooks_cell *nooks_net_get_cell(struct nooks_domain *d)
{
	struct nooks_net *net = nooks_net(d);
	struct nooks_cell *c = NULL;
	unsigned long irq;

	raw_spin_lock_irqsave(&net->lock, irq);
	if (net->ncells)
		c = net->cell[--net->ncells];
	raw_spin_unlock_irqrestore(&net->lock, irq);
	return c ? c : nooks_alloc(d, NOOKS_CELL_SIZE, GFP_ATOMIC, "packets being sent");
}

void nooks_net_put_cell(struct nooks_domain *d, struct nooks_cell *c)
{
	struct nooks_net *net = nooks_net(d);
	unsigned long irq;
	bool kept = false;

	if (!c)
		return;
	raw_spin_lock_irqsave(&net->lock, irq);
	if (net->ncells < NOOKS_TX_STASH) {
		net->cell[net->ncells++] = c;
		kept = true;
	}
	raw_spin_unlock_irqrestore(&net->lock, irq);
	if (!kept)
		nooks_free(d, c);
}

/*
 * A buffer of a size other than NOOKS_BUF_SIZE comes from and goes back to the
 * heap; the size of one that is put back is the heap's word, not the driver's.
 */
void *nooks_net_get_buf(struct nooks_domain *d, size_t size)
{
	struct nooks_net *net = nooks_net(d);
	unsigned long irq;
	void *p = NULL;

	if (size <= NOOKS_BUF_SIZE) {
		raw_spin_lock_irqsave(&net->lock, irq);
		if (net->nbufs)
			p = net->buf[--net->nbufs];
		raw_spin_unlock_irqrestore(&net->lock, irq);
		size = NOOKS_BUF_SIZE;
	}
	return p ? p : nooks_alloc(d, size, GFP_ATOMIC, "packets being sent");
}

void nooks_net_put_buf(struct nooks_domain *d, void *buf)
{
	struct nooks_net *net = nooks_net(d);
	unsigned long irq;
	bool kept = false;
	size_t n;

	if (!buf)
		return;
	n = nooks_alloc_size(d, buf);	/* 0: of the carved pages */
	if (!n || n == NOOKS_BUF_SIZE) {
		raw_spin_lock_irqsave(&net->lock, irq);
		if (net->nbufs < NOOKS_TX_STASH) {
			net->buf[net->nbufs++] = buf;
			kept = true;
		}
		raw_spin_unlock_irqrestore(&net->lock, irq);
	}
	if (!kept)
		nooks_free(d, buf);
}

static void net_event(struct nooks_domain *d, enum nooks_event event, unsigned long addr,
		      size_t n)
{
	/* The heap is new or goes: so is what was carved out of it. */
	if (event == NOOKS_EVENT_RESET || event == NOOKS_EVENT_DESTROY) {
		kvfree(nooks_net(d));
		d->glue[NOOKS_GLUE_NET] = NULL;
	}
}

static struct nooks_hook hook = { .name = "net", .event = net_event };

int nooks_net_glue_init(void)
{
	int err = nooks_ethtool_init();

	if (!err)
		err = nooks_rtnl_init();
	if (!err)
		nooks_hook_register(&hook);
	return err;
}

void nooks_net_glue_exit(void)
{
	nooks_hook_unregister(&hook);
	nooks_rtnl_exit();
}
