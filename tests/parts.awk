# SPDX-License-Identifier: BSD-2-Clause
#
# What tests/e2e/run printed, file by file: of each there is DIR/FILE, behind a line that says what it is of. A part ends with
# a line of the file's name and the seconds that it took; a file without one ended the machine.
#
#   awk -v dir=DIR -v of=OF [-v status=N -v files="FILE..."] [-v pass=1] -f tests/parts.awk
#
# status, files: the machine's exit status, and what it was to run. pass: all of it is printed, too.

function put(file, more) {
	printf "# %s\n%s%s\n", of, text, more >(dir "/" file)
	close(dir "/" file)
	text = ""
}

BEGIN { n = split(files, list, /[ \n]+/) }

pass {
	print
	fflush()
}

/^# tests\/e2e\/[^ :]+: [0-9]+ s$/ {
	end = $0
	sub(/^# tests\/e2e\//, "", end)
	put(substr(end, 1, index(end, ":") - 1), "# " end)
	at++
	next
}

{ text = text $0 "\n" }

END {
	if (status > 1 && at < n)
		put(list[at + 1], "not ok - the guest ended with exit status " status)
}
