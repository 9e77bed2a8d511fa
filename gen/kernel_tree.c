// SPDX-License-Identifier: GPL-2.0
/*
 * Where a kernel's headers are, and the flags with which clang reads them.
 *
 * A kernel tree is a build directory (what /lib/modules/RELEASE/build points
 * to) and perhaps a separate source directory, which a distribution's build
 * directory names in its Makefile.  Flags that only gcc or code generation
 * understand are left out: function bodies are never compiled.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "nooksgen.h"

static bool exists(const char *path)
{
	struct stat st;

	return !stat(path, &st);
}

static bool is_tree(const char *dir)
{
	return exists(xfmt("%s/include/generated/autoconf.h", dir));
}

static const char *tree_of_release(const char *release)
{
	static const char *const places[] = { "/lib/modules/%s/build",
					      "/usr/src/linux-headers-%s" };

	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++) {
		char path[4096];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(path, sizeof(path), places[i], release);
#pragma GCC diagnostic pop
		if (is_tree(path))
			return xstrdup(path);
	}
	return NULL;
}

/* The running kernel's tree; else the only one installed. */
static const char *default_tree(void)
{
	const char *found = NULL;
	struct utsname u;
	struct dirent *e;
	DIR *d;

	if (!uname(&u)) {
		found = tree_of_release(u.release);
		if (found)
			return found;
	}
	d = opendir("/lib/modules");
	while (d && (e = readdir(d))) {
		const char *t = *e->d_name == '.' ? NULL : tree_of_release(e->d_name);

		if (t && found) {	/* several: ask */
			found = NULL;
			break;
		}
		if (t)
			found = t;
	}
	if (d)
		closedir(d);
	return found;
}

/* A distribution's build directory has a Makefile of one line: include SOURCE/Makefile. */
static const char *source_of(const char *build)
{
	char *text = read_file(xfmt("%s/Makefile", build), NULL);
	char *p = text, *end;

	while (p) {
		if (starts_with(p, "include ")) {
			p += 8;
			end = strstr(p, "/Makefile");
			if (end && end < p + strcspn(p, "\n")) {
				const char *dir = xstrndup(p, (size_t)(end - p));

				if (exists(xfmt("%s/include/linux/kconfig.h", dir)))
					return dir;
			}
		}
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	return build;
}

static const char *release_of(const char *build)
{
	char *text = read_file(xfmt("%s/include/generated/utsrelease.h", build), NULL);
	char *p = text ? strstr(text, "UTS_RELEASE \"") : NULL;

	if (p) {
		p += strlen("UTS_RELEASE \"");
		return xstrndup(p, strcspn(p, "\""));
	}
	text = read_file(xfmt("%s/include/config/kernel.release", build), NULL);
	return text ? xstrndup(text, strcspn(text, "\n")) : "unknown";
}

static void flag(struct kernel_tree *kt, const char *s)
{
	push(kt->flags, kt->nflags, s);
}

static void include_dirs(struct kernel_tree *kt)
{
	static const char *const dirs[] = {
		"arch/x86/include", "arch/x86/include/generated", "include",
		"arch/x86/include/uapi", "arch/x86/include/generated/uapi", "include/uapi",
		"include/generated/uapi",
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(dirs); i++) {
		flag(kt, xfmt("-I%s/%s", kt->source, dirs[i]));
		if (!streq(kt->source, kt->build))
			flag(kt, xfmt("-I%s/%s", kt->build, dirs[i]));
	}
}

static void include_first(struct kernel_tree *kt, const char *header)
{
	const char *path = xfmt("%s/include/linux/%s", kt->source, header);

	if (!exists(path))
		return;
	flag(kt, "-include");
	flag(kt, path);
}

static struct kernel_tree *open_tree(const char *build)
{
	static const char *const flags[] = {
		"-D__KERNEL__",
		"-DMODULE",
		"-DKBUILD_BASENAME=\"idl\"",
		"-DKBUILD_MODNAME=\"idl\"",
		"-DKBUILD_MODFILE=\"idl\"",
		"-std=gnu11",
		"-fshort-wchar",
		"-m64",
		"-mcmodel=kernel",
		"-mno-sse",
		"-mno-mmx",
		"-mno-sse2",
		"-mno-red-zone",
		"-DCC_USING_FENTRY",
		"-O2",
		"-Wno-everything",
		"-ferror-limit=0",
	};
	struct kernel_tree *kt = xalloc(sizeof(*kt));

	kt->build = build;
	kt->source = source_of(build);
	kt->release = release_of(build);
	flag(kt, "-nostdinc");
	include_dirs(kt);
	include_first(kt, "compiler-version.h");
	include_first(kt, "kconfig.h");
	include_first(kt, "compiler_types.h");
	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++)
		flag(kt, flags[i]);
	return kt;
}

struct kernel_tree *kernel_tree_find(const char *where)
{
	const char *dir = NULL;
	struct diag *d;

	if (!where)
		dir = default_tree();
	else if (is_tree(where))
		dir = where;
	else if (!strchr(where, '/'))
		dir = tree_of_release(where);
	if (dir)
		return open_tree(dir);
	if (where)
		d = diag((struct loc){ 0 }, E_KERNEL_TREE, "no kernel headers at or for `%s`",
			 where);
	else
		d = diag((struct loc){ 0 }, E_KERNEL_TREE,
			 "no kernel headers found, or several and none is the running kernel's");
	diag_hint(
		d,
		"give --kernel DIR or --kernel RELEASE; on Debian: apt install linux-headers-amd64");
	return NULL;
}
