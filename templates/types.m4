m4_dnl SPDX-License-Identifier: GPL-2.0
m4_dnl
m4_dnl nooks_CLASS_types.c: per object its size, field rights, parts, phases and release.
m4_dnl
m4_dnl N_OBJECT_BEGIN(name, IDL line, object or twin)
m4_define(<|N_OBJECT_BEGIN|>, <|
/* $2: $3 $1 */
|>)m4_dnl
m4_define(<|N_ASSERT_SIZE|>, <|NOOKS_ASSERT_SIZE($1, $2);
|>)m4_dnl
m4_define(<|N_ASSERT_FIELD|>, <|NOOKS_ASSERT_FIELD($1, $2, $3, $4);
|>)m4_dnl
m4_dnl N_FIELD_CHECK(function, object, field, condition, IDL line)
m4_define(<|N_FIELD_CHECK|>, <|
/* $5: $3 */
static bool $1(const void *object, const void *value)
{
	const struct $2 *this __maybe_unused = object;
	const typeof(this->$3) *as_written = value;
	typeof(this->$3) new = READ_ONCE(*as_written);

	return $4;
}

|>)m4_dnl
m4_dnl N_BIT_CHECK(function, object, field, condition, IDL line, type, shift, width, bytes)
m4_define(<|N_BIT_CHECK|>, <|
/* $5: $3 */
static bool $1(const void *object, const void *value)
{
	const struct $2 *this __maybe_unused = object;
	u64 bytes = 0;
	$6 new;

	memcpy(&bytes, value, $9);
	new = ($6)((bytes >> $7) & ((1ULL << $8) - 1));
	return $4;
}

|>)m4_dnl
m4_define(<|N_FIELDS_BEGIN|>, <|static const struct nooks_field fields_$1[] = {
|>)m4_dnl
m4_dnl N_FIELD(object, field, IDL line, until, check)
m4_define(<|N_FIELD|>, <|	{
		.name = "$2",
		.source = "$3",
		.offset = offsetof(struct $1, $2),
		.size = sizeof_field(struct $1, $2),
m4_ifelse($4, 0x0u, <||>, <|		.until = $4,
|>)m4_ifelse($5, <||>, <||>, <|		.check = $5,
|>)	},
|>)m4_dnl
m4_dnl N_BITS(field, IDL line, offset, bytes, until, check): the bytes a bit-field lies in
m4_define(<|N_BITS|>, <|	{
		.name = "$1",
		.source = "$2",
		.offset = $3,
		.size = $4,
m4_ifelse($5, 0x0u, <||>, <|		.until = $5,
|>)m4_ifelse($6, <||>, <||>, <|		.check = $6,
|>)	},
|>)m4_dnl
m4_define(<|N_FIELDS_END|>, <|};

|>)m4_dnl
m4_define(<|N_PARTS_BEGIN|>, <|static const struct nooks_part parts_$1[] = {
|>)m4_dnl
m4_dnl N_PART(object, field, type, link)
m4_define(<|N_PART|>, <|	{
		.type = &$3,
		.name = "$2",
		.offset = offsetof(struct $1, $2),
m4_ifelse($4, 1, <|		.link = 1,
|>)	},
|>)m4_dnl
m4_define(<|N_PARTS_END|>, <|};

|>)m4_dnl
m4_define(<|N_PHASES_BEGIN|>, <|static const char *const phases_$1[] = {
|>)m4_dnl
m4_define(<|N_PHASE_NAME|>, <|	"$1",
|>)m4_dnl
m4_define(<|N_PHASES_END|>, <|	NULL,
};

|>)m4_dnl
m4_dnl N_RELEASE_BEGIN(object, IDL line)
m4_define(<|N_RELEASE_BEGIN|>, <|/* $2 */
static void release_$1(struct nooks_domain *d, struct nooks_object *o)
{
|>)m4_dnl
m4_define(<|N_RELEASE|>, <|	$1($2<||>o->key);
|>)m4_dnl
m4_dnl N_TYPE(name, IDL line, size, rights, fields, parts, phases, release), N_TYPE_END(name, release's name)
m4_define(<|N_TYPE|>, <|const struct nooks_type nooks_type_$1 = {
	.name = "$1",
	.source = "$2",
	.size = $3,
	.rights = $4,
m4_ifelse($5, 1, <|	.fields = fields_$1,
	.nfields = ARRAY_SIZE(fields_$1),
|>)m4_ifelse($6, 1, <|	.parts = parts_$1,
	.nparts = ARRAY_SIZE(parts_$1),
|>)m4_ifelse($7, 1, <|	.phases = phases_$1,
|>)m4_ifelse($8, <||>, <||>, <|	.release = $8,
|>)|>)m4_dnl
m4_define(<|N_TYPE_END|>, <|m4_ifelse(<|$2|>, <||>, <||>, <|	.release_name = "$2",
|>)};
EXPORT_SYMBOL_GPL(nooks_type_$1);
|>)m4_dnl
m4_dnl
m4_dnl ---- binding of what an object points to ------------------------------------
m4_dnl
m4_define(<|N_BINDS_BEGIN|>, <|
/* $2 */
bool nooks_binds_$1(struct nooks_frame *f, unsigned int arg, struct $1 *this)
{
	const void *ops __maybe_unused;

|>)m4_dnl
m4_dnl N_BIND_OPS(field, interface, flags)
m4_define(<|N_BIND_OPS|>, <|	ops = READ_ONCE(this->$1);
	if (!nooks_bind_ops(f, arg, &ops, &nooks_ops_$2, $3))
		return false;
	WRITE_ONCE(this->$1, ops);
|>)m4_dnl
m4_define(<|N_BIND_CALLBACK|>, <|	if (!nooks_bind(f, arg, (const void *)READ_ONCE(this->$1), &$2, $3))
		return false;
|>)m4_dnl
m4_define(<|N_BINDS_END|>, <|	return true;
}
EXPORT_SYMBOL_GPL(nooks_binds_$1);
|>)m4_dnl
