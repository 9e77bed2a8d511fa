// SPDX-License-Identifier: GPL-2.0
/* Whole files: see file.h. */
#include "file.h"
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILE	(512u << 20)

void *nl_file_read(const char *path, size_t *size, char *err, size_t errlen)
{
	size_t room = 0, n = 0;
	struct stat st;
	char *p = NULL;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		goto fail;
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		goto fail;
	}
	for (;;) {
		ssize_t got;

		p = nl_grow(p, &room, n + 65536, 1);
		got = read(fd, p + n, room - n - 1);
		if (got < 0)
			goto fail;
		if (!got)
			break;
		n += got;
		if (n > MAX_FILE) {
			errno = EFBIG;
			goto fail;
		}
	}
	close(fd);
	p[n] = 0;
	*size = n;
	return p;
fail:
	snprintf(err, errlen, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	free(p);
	return NULL;
}

void *nl_file_expand(void *data, size_t *size, char *err, size_t errlen)
{
	static const u8 magic[6] = { 0xfd, '7', 'z', 'X', 'Z', 0 };
	static const u8 zstd[4] = { 0x28, 0xb5, 0x2f, 0xfd };
	lzma_stream s = LZMA_STREAM_INIT;
	size_t room = 0;
	lzma_ret ret;
	u8 *p = NULL;

	if (*size >= sizeof(zstd) && !memcmp(data, zstd, sizeof(zstd))) {
		snprintf(err, errlen, "compressed with zstd: run unzstd on it first");
		return NULL;
	}
	if (*size < sizeof(magic) || memcmp(data, magic, sizeof(magic)))
		return data;
	if (lzma_stream_decoder(&s, 256u << 20, 0) != LZMA_OK) {
		snprintf(err, errlen, "cannot start the xz decoder");
		return NULL;
	}
	s.next_in = data;
	s.avail_in = *size;
	do {
		p = nl_grow(p, &room, s.total_out + 262144, 1);
		s.next_out = p + s.total_out;
		s.avail_out = room - s.total_out;
		ret = lzma_code(&s, LZMA_FINISH);
	} while (ret == LZMA_OK && s.total_out < MAX_FILE);
	*size = s.total_out;
	lzma_end(&s);
	if (ret != LZMA_STREAM_END) {
		snprintf(err, errlen, "damaged xz data");
		free(p);
		return NULL;
	}
	free(data);
	return p;
}

int nl_file_stage(const char *path, const void *data, size_t size, char **tmp,
		  char *err, size_t errlen)
{
	size_t n = strlen(path) + 16, done = 0;
	int fd;

	*tmp = nl_alloc(n, 1);
	snprintf(*tmp, n, "%s.XXXXXX", path);
	fd = mkstemp(*tmp);
	if (fd < 0) {
		snprintf(err, errlen, "%s: %s", path, strerror(errno));
		free(*tmp);
		*tmp = NULL;
		return -1;
	}
	while (done < size) {
		ssize_t w = write(fd, (const char *)data + done, size - done);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			goto fail;
		done += w;
	}
	if (fchmod(fd, 0644) || fsync(fd))
		goto fail;
	if (close(fd)) {
		fd = -1;
		goto fail;
	}
	return 0;
fail:
	snprintf(err, errlen, "%s: %s", *tmp, strerror(errno));
	if (fd >= 0)
		close(fd);
	unlink(*tmp);
	free(*tmp);
	*tmp = NULL;
	return -1;
}

int nl_file_commit(const char *tmp, const char *path, char *err, size_t errlen)
{
	if (!rename(tmp, path))
		return 0;
	snprintf(err, errlen, "%s: %s", path, strerror(errno));
	return -1;
}
