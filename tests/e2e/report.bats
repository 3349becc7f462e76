# SPDX-License-Identifier: BSD-2-Clause
#
# report: the page that it makes, and what a browser makes of it (tests/e2e/page.py), where there is one.

bats_require_minimum_version 1.5.0
load lib

R=$BATS_TEST_DIRNAME/../replay

# A browser is started once; what it saw stands in a file, a line for each check.
setup_file() {
	local d=$BATS_FILE_TMPDIR axe

	! in_guest || return 0
	/usr/bin/python3 "$BATS_TEST_DIRNAME/profiles.py" 120 "$d/day"
	/usr/bin/python3 "$BATS_TEST_DIRNAME/profiles.py" 5000 "$d/many"
	/usr/bin/python3 "$BATS_TEST_DIRNAME/profiles.py" --hostile "$d/hostile"
	"$CAPSIEVE" report "$R/classes.rec" -o "$d/small.html"
	for name in day many hostile; do
		"$CAPSIEVE" report "$d/$name/"*.json -o "$d/$name.html"
	done
	command -v chromium chromium-browser google-chrome >/dev/null || return 0
	(cd "$d" && timeout 60 npm pack --silent axe-core@4 && tar xzf axe-core-*.tgz package/axe.min.js) >"$d/npm" 2>&1 || :
	axe=$d/package/axe.min.js
	[ -e "$axe" ] || axe=
	timeout 600 /usr/bin/python3 "$BATS_TEST_DIRNAME/page.py" "$d" ${axe:+"$axe"} >"$d/browser" 2>&1 || :
}

setup() {
	host_only
	D=$BATS_FILE_TMPDIR
}

# browser_says NAME: what the check of that name found
browser_says() {
	[ -e "$D/browser" ] || skip "there is no Chromium here"
	grep -qx "ok $1" "$D/browser" || { cat "$D/browser" && false; }
}

@test "the pages open: nothing in the console, no request" {
	browser_says opens
}

@test "filters by word, capability and box, by mouse and keyboard" {
	browser_says filters
}

@test "sorts by mouse and keyboard, and says how" {
	browser_says sorts
}

@test "cells and links lead to a workload, which opens" {
	browser_says leads
}

@test "with scripts off all can be read" {
	browser_says without_scripts
}

@test "hostile names are inert: markup, directions, control bytes, 4 kB" {
	browser_says is_inert
}

@test "fits a phone" {
	browser_says fits
}

@test "on paper all workloads are open" {
	browser_says prints
}

@test "5,000 workloads open in less than two seconds" {
	browser_says many
	grep "^# " "$D/browser" >&3
}

@test "axe-core finds nothing: landmarks, names, contrast; light, dark and narrow" {
	[ ! -e "$D/browser" ] || [ -e "$D/package/axe.min.js" ] || skip "axe-core cannot be had from npm here"
	browser_says accessible
}

@test "a day of a host is less than 500 KB, and nothing but one file" {
	[ "$(stat -c %s "$D/day.html")" -lt 500000 ]
	! grep -oiE '(src|href|action|data|poster)="?(https?:|//|data:|file:)[^ >]*' "$D/day.html" "$D/small.html" || false
	! grep -iE '@import|url\(' "$D/day.html" || false
}

# advised FILE: "WORKLOAD CAP,CAP,..." of each workload of a page, as names of capabilities
advised() {
	/usr/bin/python3 - "$1" <<-'PYTHON'
		import html, re, sys
		for part in open(sys.argv[1], encoding="utf-8").read().split("<details id=")[1:]:
		    name = html.unescape(re.search(r"<h3><bdi>(.*?)</bdi>", part).group(1))
		    caps = re.findall(r">(\w+)</span>", re.search(r"<dt>Advised<dd>(.*?)<dt>", part).group(1))
		    print(name, ",".join(sorted("CAP_" + c.upper() for c in caps)))
	PYTHON
}

@test "what it advises is what profile advises" {
	local rec

	for rec in targets classes; do
		"$CAPSIEVE" profile --host --json --replay "$R/$rec.rec" |
			jq -r '.workloads[] | "\(.workload) \(.advice.capabilities | sort | join(","))"' | sort >"$D/profile"
		"$CAPSIEVE" report "$R/$rec.rec" -o "$D/page.html"
		advised "$D/page.html" | sort | diff "$D/profile" -
		[ -s "$D/profile" ]
	done
}

@test "of the profiles that profile --host wrote it says the same" {
	"$CAPSIEVE" profile --host --replay "$R/targets.rec" -o "$D/profiles" >/dev/null
	"$CAPSIEVE" report "$D/profiles/"*.json -o "$D/page.html"
	"$CAPSIEVE" report "$R/targets.rec" -o "$D/page2.html"
	diff <(advised "$D/page.html") <(advised "$D/page2.html")
	[ "$(advised "$D/page.html" | wc -l)" = 2 ]
}

@test "and of what profile --host --json printed, with others" {
	"$CAPSIEVE" profile --host --json --replay "$R/targets.rec" >"$D/host.json"
	"$CAPSIEVE" report "$D/host.json" -o "$D/page.html"
	"$CAPSIEVE" report "$R/targets.rec" -o "$D/page2.html"
	diff <(advised "$D/page.html") <(advised "$D/page2.html")
	"$CAPSIEVE" report "$D/host.json" "$D/day/00001.json" -o "$D/page.html"
	[ "$(advised "$D/page.html" | wc -l)" = 3 ]
	jq '.workloads[1].advice.capabilities[0] = "CAP_NET_RW"' "$D/host.json" >"$D/bad.json"
	run -2 --separate-stderr "$CAPSIEVE" report "$D/bad.json"
	[ "$stderr" = "capsieve report: $D/bad.json: workloads[1].advice.capabilities[0]: unknown capability 'CAP_NET_RW'; did you mean 'CAP_NET_RAW'?" ]
}

@test "the file is the owner's, and whole or not there" {
	umask 022
	"$CAPSIEVE" report "$R/targets.rec" -o "$D/mine.html"
	[ "$(stat -c %a "$D/mine.html")" = 600 ]
	run -1 --separate-stderr "$CAPSIEVE" report "$R/targets.rec" -o "$D/no/such.html"
	[ "$stderr" = "capsieve report: $D/no/such.html: No such file or directory" ]
	run -1 "$CAPSIEVE" report "$R/targets.rec" -o /dev/full
	[ -z "$(find "$D" -maxdepth 1 -name '*mine.html?*')" ]
}

@test "of a damaged recording, and of one with losses: incomplete, on the page and in the exit status" {
	head -c 3000 "$R/classes.rec" | head -c 2900 >"$D/cut.rec"
	run -4 --separate-stderr "$CAPSIEVE" report "$D/cut.rec" -o "$D/cut.html"
	grep -q 'class=banner' "$D/cut.html"
	grep -q 'The recording is damaged, was cut off' "$D/cut.html"
	run -4 --separate-stderr "$CAPSIEVE" report "$R/lossy.rec" -o "$D/lossy.html"
	grep -qE '<b class=bad>[0-9,]+ (checks )?lost: the ring buffer was full' "$D/lossy.html"
}

@test "a program with a name that is markup, recorded here: text" {
	cd "$D"
	cp "$TRIP/trip" '<script>pwned=1<b>"&'
	"$CAPSIEVE" trace -q -x --record hostile.rec -o /dev/null -- './<script>pwned=1<b>"&' bind
	"$CAPSIEVE" report hostile.rec -o live.html
	grep -qF '&lt;script&gt;pwned=1&lt;b&gt;&quot;&amp;' live.html
	! grep -qF '<script>pwned' live.html || false
	[ "$(grep -c '<script>' live.html)" = 1 ]
}
