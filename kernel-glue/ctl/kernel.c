// SPDX-License-Identifier: GPL-2.0
/* The running kernel: see kernel.h. */
#include "kernel.h"
#include "ctl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define DEBUGFS		"/sys/kernel/debug"

static const char *root(void)
{
	const char *dir = getenv("NOOKS_DEBUGFS");

	if (dir && *dir)
		return dir;
	if (access(DEBUGFS "/nooks", F_OK) && !access(DEBUGFS, F_OK))
		mount("debugfs", DEBUGFS, "debugfs", 0, NULL);
	return DEBUGFS "/nooks";
}

static char *read_all(const char *path)
{
	size_t room = 65536, n = 0;
	char *p = malloc(room), *more;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	while (p && fd >= 0) {
		got = read(fd, p + n, room - n - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		if (!got) {
			close(fd);
			p[n] = 0;
			return p;
		}
		n += got;
		if (room - n < 4096) {
			room *= 2;
			more = realloc(p, room);
			if (!more)
				break;
			p = more;
		}
	}
	if (fd >= 0) {
		int err = errno;

		close(fd);
		errno = err;
	}
	free(p);
	return NULL;
}

char *kernel_read(const char *path)
{
	char file[512], *text;
	const char *dir = root();

	snprintf(file, sizeof(file), "%s/%s", dir, path);
	text = read_all(file);
	if (text)
		return text;
	if (errno == EACCES || errno == EPERM)
		ctl_fail("%s: permission denied\n    hint: run it as root", file);
	else if (access(dir, F_OK))
		ctl_fail("the Nooks runtime is not loaded (%s does not exist)\n"
			 "    hint: nooksctl load DRIVER loads it", dir);
	else
		ctl_fail("%s: %s", file, strerror(errno));
	return NULL;
}

struct json *kernel_json(const char *path)
{
	char *text = kernel_read(path), err[100];
	struct json *j;

	if (!text)
		return NULL;
	j = json_parse(text, err, sizeof(err));
	if (!j)
		ctl_fail("%s: %s", path, err);
	free(text);
	return j;
}

struct json *kernel_try_json(const char *path)
{
	char file[512], err[100], *text;
	struct json *j;

	snprintf(file, sizeof(file), "%s/%s", root(), path);
	text = read_all(file);
	j = text ? json_parse(text, err, sizeof(err)) : NULL;
	free(text);
	return j;
}

const struct json *kernel_domain(const struct json *status, const char *name)
{
	const struct json *d;

	json_each(d, json_get(status, "domains"))
		if (!strcmp(json_text(d, "name"), name))
			return d;
	return NULL;
}

const char *kernel_pick_domain(const struct json *status, const char *name)
{
	const struct json *domains = json_get(status, "domains"), *d;

	if (name && kernel_domain(status, name))
		return name;
	if (!name && json_length(domains) == 1)
		return json_text(domains->child, "name");
	if (name)
		ctl_fail("there is no domain %s", name);
	else if (json_length(domains))
		ctl_fail("which domain?");
	else
		ctl_fail("there is no domain: no driver is loaded isolated");
	json_each(d, domains)
		fprintf(stderr, "    %s\n", json_text(d, "name"));
	return NULL;
}

/* Module names in sysfs have '_' where file names may have '-'. */
static void sysfs_path(char *path, size_t n, const char *name, const char *file)
{
	char *p;

	snprintf(path, n, "/sys/module/%s%s", name, file);
	for (p = path + strlen("/sys/module/"); *p && *p != '/'; p++)
		if (*p == '-')
			*p = '_';
}

bool kernel_module_loaded(const char *name)
{
	char path[300], *state;
	bool live;

	sysfs_path(path, sizeof(path), name, "/initstate");
	state = read_all(path);
	live = state && !strncmp(state, "live", 4);
	free(state);
	return live;
}

int kernel_module_users(const char *name)
{
	char path[300], *text;
	int n;

	sysfs_path(path, sizeof(path), name, "/refcnt");
	text = read_all(path);
	if (!text)
		return -1;
	n = atoi(text);
	free(text);
	return n;
}

int kernel_load(const char *file, const char *params)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (syscall(SYS_finit_module, fd, params, 0))
		err = -errno;
	close(fd);
	return err;
}

int kernel_unload(const char *name)
{
	char module[128], *p;

	snprintf(module, sizeof(module), "%s", name);
	for (p = module; *p; p++)
		if (*p == '-')
			*p = '_';
	return syscall(SYS_delete_module, module, O_NONBLOCK) ? -errno : 0;
}

const char *kernel_release(void)
{
	static struct utsname u;

	uname(&u);
	return u.release;
}

/* Reading /dev/kmsg from here on gives what comes later. */
long kernel_log_mark(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

void kernel_log_print(long mark)
{
	char line[8192], *text, *end;
	unsigned int shown = 0;
	ssize_t n;

	if (mark < 0)
		return;
	for (;;) {
		n = read(mark, line, sizeof(line) - 1);
		if (n < 0 && errno == EPIPE)
			continue;
		if (n <= 0)
			break;
		line[n] = 0;
		text = strchr(line, ';');
		if (!text)
			continue;
		end = strchr(text, '\n');
		if (end)
			*end = 0;
		if (++shown <= 12)
			fprintf(stderr, "    kernel: %s\n", text + 1);
	}
	if (shown > 12)
		fprintf(stderr, "    kernel: ... %u more lines\n", shown - 12);
	close(mark);
}
