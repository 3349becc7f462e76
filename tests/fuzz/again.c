// SPDX-License-Identifier: BSD-2-Clause
/*
 * A fuzz target without a fuzzer: every file of the folders that are named, once. What once broke something stays mended,
 * with any compiler.
 *
 *   again_NAME tests/fuzz/corpus/NAME
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int try_file(const char *path)
{
	FILE *f = fopen(path, "r");
	struct stat st;
	uint8_t *data;
	size_t size;

	if (!f || fstat(fileno(f), &st)) {
		perror(path);
		return 1;
	}
	data = malloc((size_t)st.st_size + 1);
	size = data ? fread(data, 1, (size_t)st.st_size, f) : 0;
	fclose(f);
	if (size == (size_t)st.st_size)
		LLVMFuzzerTestOneInput(data, size);
	free(data);
	return size != (size_t)st.st_size;
}

static int try_folder(const char *folder, unsigned int *count)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	char path[4096];
	int bad = 0;

	if (!d) {
		perror(folder);
		return 1;
	}
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		bad |= try_file(path);
		++*count;
	}
	closedir(d);
	return bad;
}

int main(int argc, char **argv)
{
	unsigned int count = 0;
	int bad = 0;

	for (int i = 1; i < argc; i++)
		bad |= try_folder(argv[i], &count);
	printf("%u inputs\n", count);
	return bad || !count;
}
