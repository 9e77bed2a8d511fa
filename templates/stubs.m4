m4_dnl SPDX-License-Identifier: GPL-2.0
m4_dnl
m4_dnl nooks_CLASS_stubs.c: two functions per op: the call, and what a dead driver answers.
m4_dnl
m4_dnl N_OP(name, IDL line)
m4_define(<|N_OP|>, <|
/* $2: $1 */
|>)m4_dnl
m4_define(<|N_ASSERT_OP|>, <|NOOKS_ASSERT_OP($1, $2, $3);
|>)m4_dnl
m4_define(<|N_STUB_BEGIN|>, <|static void s_$1(struct nooks_frame *f)
{
|>)m4_dnl
m4_dnl N_LEND(type, name, bytes, IDL line, on failure)
m4_define(<|N_LEND|>, <|	if (!nooks_lend(f, &$1, $2, $3, "$4"))
		$5;
|>)m4_dnl
m4_dnl N_KEEP(type, name, bytes, IDL line, on failure): stays after the call
m4_define(<|N_KEEP|>, <|	if (!nooks_lend_for_long(f, &$1, $2, $3, "$4"))
		$5;
|>)m4_dnl
m4_dnl N_TWIN_DRIVER(argument, name): the driver sees its own structure
m4_define(<|N_TWIN_DRIVER|>, <|	f->arg[$1] = (unsigned long)nooks_twin_driver($2);
|>)m4_dnl
m4_dnl N_ENTER(function, something follows)
m4_define(<|N_ENTER|>, <|	m4_ifelse($2, 1, <|entered = !$1(f);|>, <|$1(f);|>)
|>)m4_dnl
m4_dnl N_JUDGE: what the driver answered, unless it failed
m4_define(<|N_JUDGE|>, <|	if (entered) {
|>)m4_dnl
m4_define(<|N_GET_RET|>, <|		ret = ($1)m4_ifelse($2, 1, <|(u8)|>)f->ret;
|>)m4_dnl
m4_dnl N_RESULT(argument, expression, expression for a string)
m4_define(<|N_RESULT|>, <|		if (!($2))
			nooks_refuse(f, $1, "not true after the call: $3");
|>)m4_dnl
m4_dnl N_RESULT_OBJECT(type, success)
m4_define(<|N_RESULT_OBJECT|>, <|		m4_ifelse(<|$2|>, <||>, <||>, <|if ($2)
			|>)nooks_check_object(f, 0, ret, &$1, 0);
|>)m4_dnl
m4_define(<|N_ENTERED|>, <|		entered = !f->failed;
|>)m4_dnl
m4_define(<|N_JUDGED|>, <|	}
|>)m4_dnl
m4_define(<|N_LABEL|>, <|take_back_$1:
|>)m4_dnl
m4_define(<|N_UNLEND|>, <|	nooks_unlend(f, &$1, $2);
|>)m4_dnl
m4_dnl N_UNGIVE(type, name, condition): given unless the call failed or the condition is false
m4_define(<|N_UNGIVE|>, <|	if (!entered<||>m4_ifelse(<|$3|>, <||>, <||>, <| || !($3)|>))
		nooks_ungive(f, &$1, $2);
|>)m4_dnl
m4_dnl N_UNKEEP(type, name, failure)
m4_define(<|N_UNKEEP|>, <|	if (!entered<||>m4_ifelse(<|$3|>, <||>, <||>, <| || $3|>))
		nooks_object_drop(f->domain, &$1, (unsigned long)$2);
|>)m4_dnl
m4_define(<|N_UNKEEP_ALWAYS|>, <|	nooks_object_drop(f->domain, &$1, (unsigned long)$2);
|>)m4_dnl
m4_dnl
m4_define(<|N_FAULT_BEGIN|>, <|
static void sf_$1(struct nooks_frame *f)
{
|>)m4_dnl
m4_define(<|N_FAULT_BY|>, <|	$1(f);
|>)m4_dnl
m4_dnl N_FAULT_VALUE(type, value, __force)
m4_define(<|N_FAULT_VALUE|>, <|	f->ret = ($3<||>unsigned long)($1)($2);
|>)m4_dnl
m4_define(<|N_FAULT_NOTHING|>, <|	f->ret = 0;
|>)m4_dnl
m4_dnl N_STUB(symbol, name, IDL line, words, context, id)
m4_define(<|N_STUB|>, <|
const struct nooks_stub nooks_stub_$1 = {
	.name = "$2",
	.source = "$3",
	.call = s_$1,
	.fault = sf_$1,
	.nargs = $4,
	.context = $5,
	.id = $6,
};
EXPORT_SYMBOL_GPL(nooks_stub_$1);
|>)m4_dnl
m4_dnl
m4_dnl ---- interfaces -------------------------------------------------------------
m4_dnl
m4_define(<|N_OPS_BEGIN|>, <|
/* $2: interface $1 */
|>)m4_dnl
m4_define(<|N_OPS_OFFSETS|>, <|static const u32 offsets_$1[] = {
|>)m4_dnl
m4_define(<|N_OPS_OFFSET|>, <|	offsetof(struct $1, $2),
|>)m4_dnl
m4_define(<|N_OPS_STUBS|>, <|
static const struct nooks_stub *const stubs_$1[] = {
|>)m4_dnl
m4_define(<|N_OPS_STUB|>, <|	&$1,
|>)m4_dnl
m4_define(<|N_OPS_NONE|>, <|	NULL,	/* $1: not supported */
|>)m4_dnl
m4_define(<|N_OPS_CLOSE|>, <|};
|>)m4_dnl
m4_dnl N_OPS_END(name, IDL line)
m4_define(<|N_OPS_END|>, <|
const struct nooks_ops nooks_ops_$1 = {
	.name = "$1",
	.source = "$2",
	.size = sizeof(struct $1),
	.nops = ARRAY_SIZE(offsets_$1),
	.offsets = offsets_$1,
	.stubs = stubs_$1,
};
EXPORT_SYMBOL_GPL(nooks_ops_$1);
|>)m4_dnl
