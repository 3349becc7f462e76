/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/caps/interpreter.h"

#include <stddef.h>
#include <string.h>

#define COMMANDS "commands"

/* A version may follow the name: python3.11, lua5.4. */
static const struct {
	const char *name, *runs;
} rows[] = {
	{ "sh", COMMANDS }, { "bash", COMMANDS }, { "dash", COMMANDS }, { "ash", COMMANDS },
	{ "zsh", COMMANDS }, { "ksh", COMMANDS }, { "ksh93", COMMANDS }, { "mksh", COMMANDS },
	{ "rbash", COMMANDS }, { "fish", COMMANDS }, { "csh", COMMANDS }, { "tcsh", COMMANDS },
	{ "busybox", COMMANDS }, { "toybox", COMMANDS }, { "env", COMMANDS }, { "xargs", COMMANDS },
	{ "find", COMMANDS }, { "nice", COMMANDS }, { "timeout", COMMANDS }, { "nohup", COMMANDS },
	{ "nsenter", COMMANDS }, { "unshare", COMMANDS }, { "setpriv", COMMANDS }, { "capsh", COMMANDS },
	{ "chroot", COMMANDS }, { "strace", COMMANDS }, { "ltrace", COMMANDS }, { "gdb", COMMANDS },
	{ "make", COMMANDS }, { "expect", COMMANDS }, { "vi", COMMANDS }, { "vim", COMMANDS },
	{ "vim.basic", COMMANDS }, { "nvim", COMMANDS }, { "emacs", COMMANDS },
	{ "python", "Python programs" }, { "pypy", "Python programs" }, { "perl", "Perl programs" },
	{ "ruby", "Ruby programs" }, { "php", "PHP programs" }, { "php-cgi", "PHP programs" },
	{ "php-fpm", "PHP programs" }, { "lua", "Lua programs" }, { "luajit", "Lua programs" },
	{ "node", "JavaScript programs" }, { "nodejs", "JavaScript programs" },
	{ "deno", "JavaScript programs" }, { "bun", "JavaScript programs" }, { "java", "Java programs" },
	{ "tclsh", "Tcl programs" }, { "wish", "Tcl programs" }, { "guile", "Scheme programs" },
	{ "awk", "awk programs" }, { "gawk", "awk programs" }, { "mawk", "awk programs" },
	{ "Rscript", "R programs" }, { "mono", ".NET programs" }, { "dotnet", ".NET programs" },
	{ "erl", "Erlang programs" }, { "octave", "Octave programs" }, { "bpftrace", "BPF programs" },
	{ "ld.so", "any program" }, { "ld-linux-x86-64.so", "any program" },
	{ "ld-linux-aarch64.so", "any program" },
};

const char *interpreter_runs(const char *name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = strlen(rows[i].name);

		if (!strncmp(name, rows[i].name, n) && !name[n + strspn(name + n, "0123456789.")])
			return rows[i].runs;
	}
	return NULL;
}
