/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nooksgen: from the IDL and a kernel tree to checked wrappers and stubs.
 *
 * Read this header in order, it is the table of contents of the pipeline:
 *
 *   util.c diag.c        memory, text buffers, diagnostics
 *   lexer.c attr.c parser.c          .idl text           -> declarations
 *   kernel_tree.c facts.c ctype.c    kernel headers      -> facts (libclang)
 *   model.c                          declarations + facts -> model
 *   check_*.c                        what must hold of the model
 *   plan_*.c             model -> a list of template calls
 *   emit.c               template calls -> m4 -> C files
 *   lock.c scaffold.c explain.c json.c main.c        the commands
 *
 * All memory comes from one arena and lives until nooksgen_reset(): the tool
 * runs for a second and nothing is ever freed piecemeal.
 */
#ifndef NOOKSGEN_H
#define NOOKSGEN_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define NOOKSGEN_VERSION "0.1"

/* ---- util.c: arena, strings, growing text --------------------------------------------- */

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

void *xalloc(size_t n);				/* zeroed */
char *xstrndup(const char *s, size_t n);
char *xstrdup(const char *s);
char *xfmt(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void arena_reset(void);
bool streq(const char *a, const char *b);	/* NULL-safe */
bool starts_with(const char *s, const char *prefix);

/* Append to a vector: `list` and its count, doubled in the arena as needed. */
void *grow(void *list, size_t count, size_t size);
#define push(list, count, value) \
	((list) = grow((list), (count), sizeof(*(list))), (list)[(count)++] = (value))

struct buf {
	char *s;
	size_t n, cap;
};
void buf_add(struct buf *b, const char *s, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *buf_str(struct buf *b);		/* never NULL */

char *read_file(const char *path, size_t *n);	/* NULL: errno says why */
bool mentions(const char *expr, const char *name);	/* as an identifier, not as a member */

/* ---- diag.c: file:line:col: error: ... [-Wname] --------------------------------------- */

struct source {
	const char *path;		/* as given, for messages */
	const char *name;		/* "idl/net.idl", for generated text */
	const char *text;
	size_t size;
};

struct loc {
	const struct source *src;
	int line, col;			/* from 1; 0: the file as a whole */
};

enum code {
#define CODE(id, name, severity, text) E_##id,
#include "codes.def"
#undef CODE
	NR_CODES
};

struct diag;
struct diag *diag(struct loc at, enum code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Both accept NULL.  A note's location may be outside the .idl: file and line only. */
void diag_note(struct diag *d, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void diag_hint(struct diag *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
unsigned int diag_errors(void);
void diag_flush(FILE *out, bool json);	/* print all, sorted, and forget */
const char *code_name(enum code c);
const char *code_text(enum code c);
int code_find(const char *name);	/* -1: unknown */

/* ---- suggest.c: "did you mean" ---- */

struct suggestion {
	const char *wanted, *best;
	unsigned int distance;
};
void suggest_from(struct suggestion *s, const char *candidate);
void suggest_hint(struct suggestion *s, struct diag *d);	/* if anything is near enough */

/* ---- lexer.c: tokens of an .idl file -------------------------------------------------- */

enum token_kind { T_END, T_NAME, T_NUMBER, T_STRING, T_HEADER, T_ELLIPSIS, T_PUNCT, T_BAD };

struct token {
	enum token_kind kind;
	const char *text;		/* string and header: without the quotes */
	struct loc loc;
};

struct expr {
	const char *text;		/* C, without the parentheses around it */
	struct loc loc;			/* of its first character */
};

struct lexer {
	const struct source *src;
	const char *p;
	int line, col;
	bool want_header;		/* <...> is a header name here */
	bool quiet;			/* skipping to where the parser goes on */
};
void lexer_init(struct lexer *lx, const struct source *src);
struct token lexer_next(struct lexer *lx);
/*
 * The text up to a comma (if @split) or the closing parenthesis at this depth,
 * which is left to be read.  False: the parentheses do not match.
 */
bool lexer_expr(struct lexer *lx, bool split, struct expr *e);

/* ---- attr.c: the attributes of parameters, functions and ops -------------------------- */

enum attr_kind {
#define ATTR(id, word, where, syntax) A_##id,
#include "attrs.def"
#undef ATTR
	NR_ATTRS
};

enum {					/* where an attribute may stand */
	ON_FPARAM = 1, ON_OPARAM = 2, ON_PARAM = 3,
	ON_FUNCTION = 4, ON_OP = 8, ON_CALL = 12,
};

struct attr {
	enum attr_kind kind;
	struct loc loc;
	const char *name;		/* the NAME it refers to */
	struct loc name_loc;
	struct expr *args;		/* expressions in parentheses */
	unsigned int nargs;
	const char *reason;		/* string */
	bool by;			/* `onfault(by NAME)`, `local by NAME` */
	bool cond;			/* `give if(expr)` */
	long value;			/* model: of the expression, where it must be constant */
};

struct attrs {
	struct attr *v;
	unsigned int n;
};
const char *attr_word(enum attr_kind k);
int attr_find(const char *word);	/* -1 */
unsigned int attr_where(enum attr_kind k);
int attr_syntax(enum attr_kind k);
const struct attr *attr_get(const struct attrs *a, enum attr_kind k);	/* first, or NULL */

/* ---- parser.c: declarations ----------------------------------------------------------- */

struct ctype;
struct decl;
struct program;

struct param {
	const char *name;
	struct loc loc;
	struct attrs attrs;
	/* model */
	const struct ctype *type;
	struct decl *object;		/* object or twin it is, by its type or by `object NAME` */
	struct decl *ref;		/* callback or interface bound */
};

/* A function, an op or a callback: everything that has parameters. */
struct sig {
	const char *name;
	struct loc loc;
	struct param *params;
	unsigned int nparams;
	bool variadic;
	struct attrs attrs;
	const char *unsupported;	/* reason, or NULL */
	const char *like;		/* STRUCT or FUNCTION, or NULL */
	const char *like_member;	/* FIELD or PARAM, or NULL */
	struct loc like_loc;
	/* model */
	struct decl *decl;
	const struct func_fact *fact;
	unsigned int id;
};

enum item_kind {
	I_KEY, I_SIZE, I_ARRAY, I_RELEASE, I_QUIET, I_PHASES, I_WRITE, I_WRITE_ALL, I_PART, I_LINK,
	I_BIND, I_PRIVATE,
};

/* One `item;` of an object; lists (`write a, b`) become one item per element. */
struct item {
	enum item_kind kind;
	struct loc loc;
	const char *path;		/* field path, or NAME */
	const char *name;		/* TYPE, INTERFACE, CALLBACK */
	struct loc name_loc;
	struct expr expr;		/* size, check */
	bool has_expr, by, nullable;
	const char *until;
	struct loc until_loc;
	/* model */
	unsigned int until_bit;
	struct decl *ref;
	const struct field_fact *field;
};

enum decl_kind { D_OBJECT, D_TWIN, D_CALLBACK, D_INTERFACE, D_FUNCTION };

struct decl {
	enum decl_kind kind;
	const char *name;
	struct loc loc;
	bool is_struct;			/* object struct NAME */
	struct item *items;
	unsigned int nitems;
	struct sig *sigs;		/* ops; or the one function or callback */
	unsigned int nsigs;
	const char *rest;		/* reason of `default unsupported`, or NULL */
	struct file *file;
	/* model */
	const struct record_fact *record;
	bool used;
};

struct header {
	const char *name;
	struct loc loc;
};

struct file {
	struct source src;
	const char *class;		/* "net" */
	struct header *uses;
	unsigned int nuses;
	struct header *imports;
	unsigned int nimports;
	struct header *glues;
	unsigned int nglues;
	struct decl **decls;
	unsigned int ndecls;
	/* model */
	struct file **imported;		/* transitive, in order, without itself */
	unsigned int nimported;
	struct facts *facts;
};

/* Parses; errors are reported, and what could be understood is returned. */
struct file *parse_text(const char *path, const char *text, size_t n);

/* ---- kernel_tree.c: compiler flags for a kernel's headers ----------------------------- */

struct kernel_tree {
	const char *build;		/* what /lib/modules/RELEASE/build is */
	const char *source;
	const char *release;
	const char **flags;
	unsigned int nflags;
};
/* NULL after reporting; @where: directory, release, or NULL for the running or only one. */
struct kernel_tree *kernel_tree_find(const char *where);

/* ---- facts.c, ctype.c: what the kernel headers say ------------------------------------ */

enum ctype_kind {
	C_VOID, C_BOOL, C_INT, C_ENUM, C_POINTER, C_FUNCTION, C_RECORD, C_ARRAY, C_OTHER,
};

struct ctype {
	enum ctype_kind kind;
	const char *spelled;		/* as written in the header, kernel qualifiers put back */
	const char *canonical;
	bool is_const, is_signed, incomplete;
	unsigned int space;		/* 1 user, 2 iomem, 3 percpu */
	long size;			/* bytes, -1 unknown */
	const char *record;		/* C_RECORD: name without struct */
	const char *typedef_name;	/* if spelled as one */
	const struct ctype *to;		/* pointer, array: what it points to */
	const struct func_fact *func;	/* C_FUNCTION; through a pointer: to->func */
};

struct func_fact {
	const char *name;
	const struct ctype *ret;
	const struct ctype **params;
	const char **names;		/* "" if the header has none */
	unsigned int nparams;
	bool variadic;
	bool is_static;			/* static inline in a header: no symbol to wrap */
	const char *canonical;		/* of the whole */
	const char *file;		/* NULL: of a typedef or parameter */
	int line;
};

struct field_fact {
	const char *name;
	const struct ctype *type;
	long bit_offset;
	long bit_width;			/* of a bit-field, else -1 */
	const struct func_fact *func;	/* pointer to function, or NULL */
	const char *file;
	int line;
};

struct record_fact {
	const char *name;
	bool is_union, complete;
	long size;
	struct field_fact *fields;	/* anonymous members are flattened */
	unsigned int nfields;
	const char *file;
	int line;
};

struct facts *facts_load(struct program *pr, struct file *f);
const struct func_fact *facts_function(struct facts *fs, const char *name);
void facts_suggest_function(struct facts *fs, struct suggestion *s);
const struct record_fact *facts_record(struct facts *fs, const char *name);
const struct ctype *facts_typedef(struct facts *fs, const char *name);
/* Resolves `dev.parent`; bit_offset is from the start of @r. NULL: no such field. */
const struct field_fact *facts_path(struct facts *fs, const struct record_fact *r,
				    const char *path);
void facts_free(struct facts *fs);
/*
 * Compile @text after the headers and report clang's errors; those whose
 * presumed file is the .idl land there.
 */
void facts_compile(struct facts *fs, const char *text);
/* Value of an enumerator of the text compiled last. */
bool facts_value(struct facts *fs, const char *name, long *value);

const char *declare(const struct ctype *t, const char *name);	/* "int (*name)(void)" */

/* ---- model.c -------------------------------------------------------------------------- */

struct program {
	struct file **files;		/* each behind those it imports */
	unsigned int nfiles;
	struct file **loading;		/* whose imports are being read */
	unsigned int nloading;
	const struct kernel_tree *kernel;
	const char **glue_dirs;		/* where `glue` headers are */
	unsigned int nglue_dirs;
	const char **include_dirs;	/* for what they include: nooks/... */
	unsigned int ninclude_dirs;
	bool allow_todo;
};

bool program_load(struct program *pr, char **paths, unsigned int n);
void model_resolve(struct program *pr, struct file *f);
struct decl *find_decl(struct file *f, const char *name, unsigned int kinds);
struct decl *find_object(struct file *f, const char *name);	/* object or twin, not built in */
const char *builtin_type(const char *name);	/* "nooks_type_memory", or NULL */
const struct item *find_item(const struct decl *d, enum item_kind kind);
bool key_is_number(const struct decl *d);
unsigned int phase_bit(const struct decl *d, const char *name);	/* 0: none */
const struct param *find_param(const struct sig *s, const char *name);

/* What a result says about failure. */
enum ret_fail { RET_NEVER, RET_NULL, RET_ERR, RET_NULL_ERR, RET_NEGATIVE };
enum ret_fail sig_ret(const struct sig *s);
bool sig_runs_in_domain(const struct sig *s);	/* local */
bool sig_skips_checks(const struct sig *s);	/* local, fails, unchecked */

/* ---- check_*.c ------------------------------------------------------------------------ */

void check_params(struct program *pr, struct file *f);	/* every pointer is classified */
void check_calls(struct program *pr, struct file *f);	/* attributes fit each other */
void check_objects(struct program *pr, struct file *f);
void check_exprs(struct program *pr, struct file *f);	/* clang type-checks all expressions */

/* ---- plan_*.c: what is to be written, as template calls ------------------------------- */

struct step {
	const char *macro;
	const char **args;
	unsigned int nargs;
};

struct plan {
	const char *file;		/* "nooks_net_stubs.c" */
	const char *template;		/* "stubs.m4" */
	struct step *steps;
	unsigned int nsteps;
};
void plan_step(struct plan *p, const char *macro, ...);	/* strings, NULL-terminated */
const char *src_line(struct loc at);			/* "idl/net.idl:41" */
const char *cquote(const char *s);			/* for inside a C string */
const char *object_symbol(const char *name);		/* "nooks_type_net_device" */
const char *stub_symbol(const struct sig *s);		/* "nooks_stub_net_device_ops_ndo_open" */
const char *stub_name(const struct sig *s);		/* "net_device_ops.ndo_open" */
const char *context_name(const struct sig *s);		/* "NOOKS_CTX_SLEEPS" */
const char *gfp_name(const struct sig *s);
const char *check_flags(const struct param *p);		/* "NOOKS_NULLABLE | NOOKS_KEPT", "0" */
const char *success_of(const struct sig *s);		/* condition on `ret`; "": it cannot fail */
const char *failure_of(const struct sig *s);
const char *func_pointer(const struct func_fact *f);	/* "int (*)(void)" */
const char *unqualified(const struct ctype *t);		/* without the outermost const */
const char *force_of(const struct ctype *t);		/* "__force " or "" */
const char *cast_to(const struct ctype *t);		/* with it */
/* What a param is, in the order in which attributes win over types. */
enum shape {
	SH_NUMBER, SH_KEY, SH_OBJECT, SH_TWIN, SH_IN, SH_OUT, SH_INOUT, SH_STRING, SH_FORMAT,
	SH_CALLBACK, SH_OPS, SH_MEMORY, SH_PASS, SH_RODATA, SH_SELF, SH_IOMEM, SH_LOCK, SH_NONE,
};
enum shape shape_of(const struct param *p);
const char *param_object(const struct param *p);	/* symbol of its type, or NULL */
/* Bytes behind the pointer as a C expression; NULL: unknown. @fixed: a constant. */
const char *param_bytes(const struct param *p, bool *fixed);
void plan_wrappers(struct file *f, struct plan *p);
void plan_stubs(struct file *f, struct plan *p);
void plan_types(struct file *f, struct plan *p);
void plan_header(struct file *f, struct plan *p);
void plan_main(struct file *f, struct plan *p);

/* ---- emit.c --------------------------------------------------------------------------- */

struct plan *plan_file(struct file *f, unsigned int i);	/* i-th artefact; NULL: no more */
const char *plan_text(const struct plan *p);		/* as m4 input */
bool emit(struct program *pr, const char *outdir, const char *templates);

/* ---- the other commands --------------------------------------------------------------- */

/* @strict: also report what is missing on either side, and if there is no lock. */
void lock_compare(const struct program *pr, const char *path, bool strict);
bool lock_write(const struct program *pr, const char *path);
int cmd_scaffold(struct program *pr, char **names, unsigned int n, char **headers, unsigned int nh);
int cmd_explain(const char *name);

struct json {
	FILE *out;
	int depth;
	bool first;
};
void json_open(struct json *j, const char *key, char bracket);
void json_close(struct json *j, char bracket);
void json_str(struct json *j, const char *key, const char *s);
void json_int(struct json *j, const char *key, long v);
void json_bool(struct json *j, const char *key, bool v);
int cmd_dump(struct program *pr, const char *what, FILE *out);

void nooksgen_reset(void);	/* for tests and fuzzing */

#endif
