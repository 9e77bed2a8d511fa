m4_dnl SPDX-License-Identifier: GPL-2.0
m4_dnl
m4_dnl nooks_CLASS_main.c: the module's init and exit.
m4_dnl
m4_define(<|N_LAYOUT_BEGIN|>, <|
/*
 * Bit-fields have no constant offset in C.  Setting one and looking which
 * bytes change proves that they are where the generator was told.
 */
#define BITS_LIE_AT(type, field, first, width) ({			\
	type *o = kzalloc(sizeof(*o), GFP_KERNEL);			\
	bool fine = false;						\
									\
	if (o) {							\
		o->field = ~0;						\
		fine = find_first_bit((unsigned long *)o, sizeof(*o) * 8) == (first) && \
		       bitmap_weight((unsigned long *)o, sizeof(*o) * 8) == (width);	\
		kfree(o);						\
	}								\
	fine;								\
})

static bool __init layout_is_right(void)
{
|>)m4_dnl
m4_dnl N_LAYOUT_BITS(object, field, first bit, width)
m4_define(<|N_LAYOUT_BITS|>, <|	if (!BITS_LIE_AT(struct $1, $2, $3, $4))
		return false;
|>)m4_dnl
m4_define(<|N_LAYOUT_END|>, <|	return true;
}
|>)m4_dnl
m4_define(<|N_QUIETS_BEGIN|>, <|
static struct nooks_quiet quiets[] = {
|>)m4_dnl
m4_define(<|N_QUIET|>, <|	{ .type = &nooks_type_$1, .name = "$2", .quiet = $2 },
|>)m4_dnl
m4_define(<|N_QUIETS_END|>, <|};
|>)m4_dnl
m4_dnl N_MODULE(class, has bit-fields, has glue, IDL file, has quiets)
m4_define(<|N_MODULE|>, <|
static int __init nooks_$1_init(void)
{
	int err;
m4_ifelse($5, 1, <|	unsigned int i;
|>)
m4_ifelse($2, 1, <|	if (!layout_is_right()) {
		pr_err("nooks_$1: a structure's layout differs from the one reviewed\n");
		return -EINVAL;
	}
|>)m4_ifelse($3, 1, <|	err = nooks_$1_glue_init();
	if (err)
		return err;
|>)	err = nooks_wrappers_register(THIS_MODULE, nooks_$1_wrappers, nooks_$1_nwrappers);
	if (err)
m4_ifelse($3, 1, <|		goto glue;
|>, <|		return err;
|>)m4_ifelse($5, 1, <|	for (i = 0; i < ARRAY_SIZE(quiets); i++)
		nooks_quiet_register(&quiets[i]);
|>)	return 0;
m4_ifelse($3, 1, <|glue:
	nooks_$1_glue_exit();
	return err;
|>)}

static void __exit nooks_$1_exit(void)
{
m4_ifelse($5, 1, <|	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(quiets); i++)
		nooks_quiet_unregister(&quiets[i]);
|>)	nooks_wrappers_unregister(THIS_MODULE);
m4_ifelse($3, 1, <|	nooks_$1_glue_exit();
|>)}

module_init(nooks_$1_init);
module_exit(nooks_$1_exit);
MODULE_DESCRIPTION("Nooks wrappers and stubs of $4");
MODULE_LICENSE("GPL");
|>)m4_dnl
