m4_dnl SPDX-License-Identifier: GPL-2.0
m4_dnl
m4_dnl nooks_CLASS_wrappers.c: one function per kernel function that drivers call.
m4_dnl
m4_dnl N_FUNCTION(name, IDL line)
m4_define(<|N_FUNCTION|>, <|
/* $2: $1 */
|>)m4_dnl
m4_define(<|N_ASSERT_FUNCTION|>, <|NOOKS_ASSERT_FUNCTION($1, $2);
|>)m4_dnl
m4_dnl
m4_dnl ---- the function: fetch, check, call, results --------------------------
m4_dnl
m4_define(<|N_WRAPPER_BEGIN|>, <|static unsigned long w_$1(struct nooks_frame *f)
{
|>)m4_dnl
m4_dnl N_ORIGINAL(name): the driver's own address
m4_define(<|N_ORIGINAL|>, <|	void *$1_driver = $1;
|>)m4_dnl
m4_dnl N_BUFFER(name): a copy in memory of its own
m4_define(<|N_BUFFER|>, <|	void *$1_copy = NULL;
|>)m4_dnl
m4_dnl N_FAIL_BY(statement): how the function is left when a check fails
m4_define(<|N_FAIL_BY|>, <|m4_define(<|N_FAIL|>, <|$1|>)|>)m4_dnl
m4_dnl N_STRUCT_ARG(name, first word)
m4_define(<|N_STRUCT_ARG|>, <|	memcpy(&$1, &f->down[$2], sizeof($1));
|>)m4_dnl
m4_define(<|N_STACK_ARGS|>, <|	if (f->failed)
		N_FAIL;
|>)m4_dnl
m4_dnl N_RANGE(argument, name, low, high, both for a string, __force)
m4_define(<|N_RANGE|>, <|	if (!nooks_in_range(m4_ifelse(<|$7|>, <||>, <||>, <|(__force s64)|>)$2, $3, $4)) {
		nooks_refuse(f, $1, "$2 = %lld is not in [$5, $6]", ($7<||>long long)$2);
		N_FAIL;
	}
|>)m4_dnl
m4_dnl N_OBJECT(argument, name, type, flags)
m4_define(<|N_OBJECT|>, <|	if (!nooks_check_object(f, $1, $2, &$3, $4))
		N_FAIL;
|>)m4_dnl
m4_dnl N_KEY(argument, name, type, nullable)
m4_define(<|N_KEY|>, <|	if (m4_ifelse($4, 1, <|$2 && |>)!nooks_get_object(f, $1, (const void *)(__force unsigned long)$2, &$3))
		N_FAIL;
|>)m4_dnl
m4_dnl N_TWIN(argument, name, type, nullable)
m4_define(<|N_TWIN|>, <|m4_ifelse($4, 1, <|	if ($2) {
		$2 = nooks_twin(f, $1, $2, &$3);
		if (!$2)
			N_FAIL;
	}
|>, <|	$2 = nooks_twin(f, $1, $2, &$3);
	if (!$2)
		N_FAIL;
|>)|>)m4_dnl
m4_dnl N_TWIN_NEW(argument, name, type, gfp)
m4_define(<|N_TWIN_NEW|>, <|	$2 = nooks_twin_new(f, $1, $2, &$3, $4);
	if (!$2)
		N_FAIL;
|>)m4_dnl
m4_dnl N_WRITABLE(argument, name, bytes, flags)
m4_define(<|N_WRITABLE|>, <|	if (!nooks_check_writable(f, $1, $2, $3, $4))
		N_FAIL;
|>)m4_dnl
m4_dnl N_IN(argument, name, nullable): a copy on the kernel's stack
m4_define(<|N_IN|>, <|m4_ifelse($3, 1, <|	if ($2) {
		if (!nooks_copy_in(f, $1, &$2_copy, $2, sizeof($2_copy)))
			N_FAIL;
		$2 = &$2_copy;
	}
|>, <|	if (!nooks_copy_in(f, $1, &$2_copy, $2, sizeof($2_copy)))
		N_FAIL;
	$2 = &$2_copy;
|>)|>)m4_dnl
m4_dnl N_OUT(argument, name, nullable): the function writes to the kernel's stack
m4_define(<|N_OUT|>, <|m4_ifelse($3, 1, <|	if ($2) {
		memset(&$2_copy, 0, sizeof($2_copy));
		$2 = &$2_copy;
	}
|>, <|	memset(&$2_copy, 0, sizeof($2_copy));
	$2 = &$2_copy;
|>)|>)m4_dnl
m4_dnl N_IN_BUFFER(argument, name, bytes, gfp, nullable)
m4_define(<|N_IN_BUFFER|>, <|m4_ifelse($5, 1, <|	if ($2) {
		$2_copy = nooks_copy_buffer(f, $1, $2, $3, $4);
		if (!$2_copy)
			N_FAIL;
		$2 = $2_copy;
	}
|>, <|	$2_copy = nooks_copy_buffer(f, $1, $2, $3, $4);
	if (!$2_copy)
		N_FAIL;
	$2 = $2_copy;
|>)|>)m4_dnl
m4_dnl N_STRING(argument, name, flags, nullable)
m4_define(<|N_STRING|>, <|	if (!nooks_copy_string(f, $1, $2_copy, $2, sizeof($2_copy), $3))
		N_FAIL;
	m4_ifelse($4, 1, <|if ($2)
		|>)$2 = $2_copy;
|>)m4_dnl
m4_dnl N_STRING_BUFFER(argument, name, maximum, flags, gfp, nullable)
m4_define(<|N_STRING_BUFFER|>, <|m4_ifelse($6, 1, <|	if ($2) {
		$2_copy = nooks_string_buffer(f, $1, $2, $3, $5);
		if (!$2_copy)
			N_FAIL;
		$2 = $2_copy;
	}
|>, <|	$2_copy = nooks_string_buffer(f, $1, $2, $3, $5);
	if (!$2_copy)
		N_FAIL;
	$2 = $2_copy;
|>)|>)m4_dnl
m4_dnl N_STRING_KEPT(argument, name, maximum, flags, nullable)
m4_define(<|N_STRING_KEPT|>, <|m4_ifelse($5, 1, <|	if ($2) {
		$2 = nooks_keep_string(f, $1, $2, $3, $4);
		if (!$2)
			N_FAIL;
	}
|>, <|	$2 = nooks_keep_string(f, $1, $2, $3, $4);
	if (!$2)
		N_FAIL;
|>)|>)m4_dnl
m4_dnl N_TEXT(argument, name): finished text of NOOKS_FORMAT_MAX bytes
m4_define(<|N_TEXT|>, <|	if (!nooks_check_readable(f, $1, $2, NOOKS_FORMAT_MAX, 0))
		N_FAIL;
|>)m4_dnl
m4_dnl N_CALLBACK(argument, name, stub, flags)
m4_define(<|N_CALLBACK|>, <|	if (!nooks_bind(f, $1, (const void *)$2, &$3, $4))
		N_FAIL;
|>)m4_dnl
m4_dnl N_OPS(argument, name, ops, flags)
m4_define(<|N_OPS|>, <|	if (!nooks_bind_ops(f, $1, (const void **)&$2, &$3, $4))
		N_FAIL;
|>)m4_dnl
m4_dnl N_MEMORY(argument, name, nullable)
m4_define(<|N_MEMORY|>, <|	if (m4_ifelse($3, 1, <|$2 && |>)!nooks_check_memory(f, $1, $2))
		N_FAIL;
|>)m4_dnl
m4_dnl N_RODATA(argument, name, bytes, flags)
m4_define(<|N_RODATA|>, <|	if (!nooks_check_rodata(f, $1, $2, $3, $4))
		N_FAIL;
|>)m4_dnl
m4_dnl N_SELF(argument, name, nullable)
m4_define(<|N_SELF|>, <|	if (m4_ifelse($3, 1, <|$2 && |>)!nooks_check_self(f, $1, $2))
		N_FAIL;
|>)m4_dnl
m4_dnl N_CONDITION(argument, expression, expression for a string)
m4_define(<|N_CONDITION|>, <|	if (!($2)) {
		nooks_refuse(f, $1, "not true: $3");
		N_FAIL;
	}
|>)m4_dnl
m4_dnl N_BINDS(argument, name, object): from here on the driver cannot change what is bound
m4_define(<|N_BINDS|>, <|	nooks_enter_phase(f, &nooks_type_$3, (unsigned long)$2, NOOKS_PHASE_BOUND);
	if (!nooks_binds_$3(f, $1, $2))
		N_FAIL;
|>)m4_dnl
m4_dnl N_UNBIND(failure, type, name)
m4_define(<|N_UNBIND|>, <|	if ($1)
		nooks_leave_phase(f, &$2, (unsigned long)$3, NOOKS_PHASE_BOUND);
|>)m4_dnl
m4_dnl N_TAKE(number, argument, type, key, nullable)
m4_define(<|N_TAKE|>, <|m4_ifelse($5, 1, <|	if ($4) {
		taken$1 = nooks_take(f, $2, &$3, $4);
		if (!taken$1)
			N_FAIL;
	}
|>, <|	taken$1 = nooks_take(f, $2, &$3, $4);
	if (!taken$1)
		N_FAIL;
|>)|>)m4_dnl
m4_dnl N_CALL(has a result, call)
m4_define(<|N_CALL|>, <|	m4_ifelse($1, 1, <|ret = |>)$2;
|>)m4_dnl
m4_dnl N_TAKEN(number, condition under which it is gone)
m4_define(<|N_TAKEN|>, <|m4_ifelse(<|$2|>, <||>, <|	nooks_object_free(taken$1);
|>, <|	if ($2)
		nooks_object_free(taken$1);
	else
		nooks_put_back(f, taken$1);
|>)|>)m4_dnl
m4_dnl N_TWIN_FREE(condition, type, driver's address)
m4_define(<|N_TWIN_FREE|>, <|	m4_ifelse(<|$1|>, <||>, <||>, <|if ($1)
		|>)nooks_twin_free(f->domain, (const void *)($3), &$2);
|>)m4_dnl
m4_dnl N_TWIN_FAILED(failure, type, driver's address): a twin made for a call that failed
m4_define(<|N_TWIN_FAILED|>, <|m4_ifelse(<|$1|>, <||>, <||>, <|	if ($1)
		nooks_twin_free(f->domain, (const void *)($3), &$2);
|>)|>)m4_dnl
m4_dnl N_COPY_OUT(argument, name, bytes)
m4_define(<|N_COPY_OUT|>, <|	if ($2 && !nooks_copy_out(f, $1, $2_driver, $2, $3))
		N_FAIL;
|>)m4_dnl
m4_dnl N_PHASE(success, type, key, bit, phase)
m4_define(<|N_PHASE|>, <|	m4_ifelse(<|$1|>, <||>, <||>, <|if ($1)
		|>)nooks_enter_phase(f, &$2, $3, $4);	/* $5 */
|>)m4_dnl
m4_dnl N_ACQUIRE(success, type, key, bytes, flags, IDL line, gfp), N_AUX..., N_ACQUIRED
m4_define(<|N_ACQUIRE|>, <|m4_ifelse(<|$1|>, <||>, <|	{
|>, <|	if ($1) {
|>)		struct nooks_object *o;

		o = nooks_acquire(f, &$2, $3, $4, $5, "$6", $7);
		if (!o)
			N_FAIL;
|>)m4_dnl
m4_define(<|N_AUX|>, <|		o->aux[$1] = (unsigned long)($2);
|>)m4_dnl
m4_define(<|N_ACQUIRED|>, <|	}
|>)m4_dnl
m4_define(<|N_OUT_LABEL|>, <|out:
|>)m4_dnl
m4_define(<|N_FREE_BUFFER|>, <|	kfree($1_copy);
|>)m4_dnl
m4_dnl N_WRAPPER_END(result)
m4_define(<|N_WRAPPER_END|>, <|	return $1;
}
|>)m4_dnl
m4_dnl N_FAILS(name, reason)
m4_define(<|N_FAILS|>, <|static unsigned long w_$1(struct nooks_frame *f)
{
	nooks_refuse(f, 0, "$2");
	return 0;
}
|>)m4_dnl
m4_dnl
m4_dnl ---- what the gate knows of it ------------------------------------------
m4_dnl
m4_dnl N_DESCRIPTOR(name, IDL line, words, context, flags, has a function)
m4_define(<|N_DESCRIPTOR|>, <|
static struct nooks_wrapper d_$1 m4_ifelse($6, 1, <|__used |>)= {
m4_ifelse($6, 1, <|	.call = w_$1,
|>)	.name = "$1",
	.source = "$2",
	.nargs = $3,
	.context = $4,
	.flags = $5,
};
|>)m4_dnl
m4_define(<|N_GATE|>, <|NOOKS_DEFINE_GATE($1, d_$1);
|>)m4_dnl
m4_dnl N_DEFERRED_GATE(name, value)
m4_define(<|N_DEFERRED_GATE|>, <|NOOKS_DEFINE_DEFERRED($1, d_$1, $2);
|>)m4_dnl
m4_dnl N_LOCAL_GATE(name, target, reason)
m4_define(<|N_LOCAL_GATE|>, <|/* runs inside the domain: $3 */
NOOKS_DEFINE_LOCAL($1, $2);
|>)m4_dnl
m4_dnl N_FORMAT(name, declaration, parameters, arguments of the gate, format, has a result,
m4_dnl          declaration of the gate, IDL line, number of the format)
m4_define(<|N_FORMAT|>, <|NOOKS_DEFINE_GATE($1__text, d_$1);
extern $7 asm("nw_$1__text");

/*
 * $8: runs inside the domain, so that a bad argument of the format faults
 * there; the finished text makes the downcall.
 */
__printf($9, m4_incr($9)) $2($3, ...);
$2($3, ...)
{
	char text[NOOKS_FORMAT_MAX];
	va_list ap;

	va_start(ap, $5);
	vscnprintf(text, sizeof(text), $5, ap);
	va_end(ap);
	m4_ifelse($6, 1, <|return |>)text_$1($4);
}
EXPORT_SYMBOL_GPL(nw_$1);
|>)m4_dnl
m4_dnl
m4_dnl ---- all of them ----------------------------------------------------------
m4_dnl
m4_define(<|N_TABLE_BEGIN|>, <|
struct nooks_wrapper *const nooks_$1_wrappers[] = {
|>)m4_dnl
m4_define(<|N_TABLE_ENTRY|>, <|	&d_$1,
|>)m4_dnl
m4_define(<|N_TABLE_END|>, <|};
const unsigned int nooks_$1_nwrappers = ARRAY_SIZE(nooks_$1_wrappers);
|>)m4_dnl
