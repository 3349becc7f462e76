// SPDX-License-Identifier: BSD-2-Clause
/*
 * One check (chroot, CAP_SYS_CHROOT), and gone: short [-q] prints its pid unless quiet, and exits with 0 or
 * the errno. A tracer that looks into /proc for it comes too late.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char line[16];
	int err = chroot("/") ? errno : 0;

	if (argc > 1)
		return err;
	int length = snprintf(line, sizeof(line), "%d\n", getpid());
	return write(STDOUT_FILENO, line, (size_t)length) == length ? err : EIO;
}
