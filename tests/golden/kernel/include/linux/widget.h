/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FAKE_WIDGET_H
#define FAKE_WIDGET_H
#include <linux/types.h>

struct widget;
struct hidden;

typedef int (*widget_handler_t)(int irq, void *cookie);

enum widget_result { WIDGET_OK, WIDGET_BUSY };

struct packet { u32 len; u16 proto; u8 *data; };
struct settings { u32 speed; u32 duplex; };
struct pair { u32 low, high; };
struct trio { u64 a, b, c; };
struct large { u8 bytes[400]; };

struct widget_ops {
	int (*open)(struct widget *w);
	void (*close)(struct widget *w);
	enum widget_result (*send)(struct packet *p, struct widget *w);
	ssize_t (*read)(struct widget *w, char *buf, size_t n, u64 *pos);
	int (*settings)(struct widget *w, struct settings *s);
	struct packet *(*next)(struct widget *w);
	bool (*ready)(struct widget *, u32 mask);
	int (*many)(struct widget *w, int a, int b, int c, int d, int e, int f2, int g);
	void (*trace)(struct widget *w, const char *fmt, ...);
};

struct widget {
	int id;
	u32 mtu;
	u32 kind:3;
	u32 mode:5;
	union {
		u64 cookie;
		struct { u32 lo, hi; };
	};
	char name[16];
	struct device dev;
	struct packet *head;
	const struct widget_ops *ops;
	void (*notify)(struct widget *w, int event);
	raw_spinlock_t lock;
};

struct clock { int (*tick)(struct clock *c, int budget); u64 now; };

struct widget *widget_alloc(size_t extra, gfp_t gfp);
void widget_free(struct widget *w);
int widget_register(struct widget *w, struct module *owner, const char *name);
void widget_unregister(struct widget *w);
int widget_request_irq(u32 irq, widget_handler_t handler, unsigned long flags, const char *name, void *dev);
void widget_free_irq(u32 irq, void *dev);
int widget_read(struct widget *w, void *buf, size_t n);
int widget_write(struct widget *w, const void *buf, size_t n);
int widget_get(struct widget *w, struct settings *s);
int widget_set(struct widget *w, const struct settings *s);
int widget_set_large(struct widget *w, const struct large *l);
int widget_send(struct widget *w, struct packet *p);
void widget_receive(struct widget *w, struct packet *p);
void widget_log(struct widget *w, const char *fmt, ...);
int widget_printf(char *buf, const char *fmt, ...);
void widget_lock(raw_spinlock_t *lock);
u32 widget_sum(const u8 *p, size_t n);
void widget_panic(const char *why);
int widget_pair(struct pair p, struct widget *w);
struct pair widget_get_pair(struct widget *w);
int widget_trio(struct trio t);
double widget_ratio(int a);
int widget_many(int a, int b, int c, int d, int e, int f1, struct settings *out, int h);
int widget_opaque(struct hidden *h);
void *widget_map(unsigned long start, size_t n);
void widget_unmap(void *p);
void *widget_kmalloc(size_t n);
void widget_kfree(const void *p);
void widget_table(const struct widget_ops *ops);
void widget_ids(const u32 *ids, size_t n);
void clock_start(struct clock *c, int weight);
void clock_stop(struct clock *c);
int clock_cancel(struct clock *c);
int clock_attach(struct clock *c);
void widget_user(const void *p);
int widget_resched(void);
static inline int widget_inline(int a) { return a; }
#endif
