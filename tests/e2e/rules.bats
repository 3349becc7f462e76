# SPDX-License-Identifier: BSD-2-Clause
#
# Rules with real programs: `trace --rules`, live, on a command and again on the recording of it; `check`; the examples of the
# manual page and the schemas, by a validator that is not ours.

load lib
bats_require_minimum_version 1.5.0

setup_file() {
  D=$(mktemp -d /var/tmp/capsieve-rules.XXXXXX)
  chmod 755 "$D"
  export D
}

setup() {
  host_only
  cd "$D"
  rm -rf ./*
  JOBS=()
}

teardown() {
  capsieve_kill
  end_jobs
}

teardown_file() {
  [ -z "${D-}" ] || rm -rf "$D"
}

# rules TEXT: r.yaml, which begins with its version
rules() {
  printf 'version: 1\n%s\n' "$1" >r.yaml
}

# judged COMMAND...: started under r.yaml; what is shown in out.json, standard error in err
judged() {
  "$CAPSIEVE" trace --json -o out.json --rules r.yaml "${OPTIONS[@]}" -- "$@" 2>err
}

# said FILTER: jq over each check that was shown
said() {
  jq -rc "select(.type == \"check\") | $1" out.json
}

as_nobody() {
  setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

@test "what is allowed is quiet, what is not is an alert with all that belongs to it" {
  OPTIONS=(--fail-on alert -C sys_admin)
  rules 'rules: [{name: unshare may, where: {exe: /usr/bin/unshare}, allow: sys_admin, otherwise: alert}]'
  judged unshare -m true
  [ "$(said '[.action, .rule] | @csv' | sort -u)" = '"allow","unshare may"' ]
  rules 'lists: {risky: [bpf, sys_admin]}
rules:
  - {name: "nobody mounts", where: {user: root, userns: host}, alert: $risky, severity: critical, tags: [T1611, x]}'
  run -3 judged unshare -m true
  [ "$(said '[.action, .rule, .severity, .decided_by, (.tags | join("+")), .rule_at.file, .rule_at.line] | @csv' | sort -u)" = \
    '"alert","nobody mounts","critical","alert","T1611+x","r.yaml",4' ]
  grep -q 'by the rules: [0-9]* alert' err
}

@test "a denial of what is allowed is logged, or what on_denied says" {
  OPTIONS=(--fail-on alert -C sys_admin)
  rules 'rules: [{name: a, where: {exe: /usr/bin/unshare}, allow: sys_admin}]'
  run -1 judged setpriv --reuid 65534 --regid 65534 --clear-groups unshare -m true
  [ "$(said 'select(.verdict == "denied") | [.action, .decided_by] | @csv')" = '"log","on_denied"' ]
  grep -q 'the command ended with status 1' err
  [ "$(jq -c 'select(.type == "stop").command_status' out.json)" = 1 ]
  rules 'rules: [{name: a, where: {exe: /usr/bin/unshare}, allow: sys_admin, on_denied: alert}]'
  run -3 judged setpriv --reuid 65534 --regid 65534 --clear-groups unshare -m true
  [ "$(said 'select(.verdict == "denied") | .action')" = alert ]
}

@test "without --fail-on the command's status is the answer, alert or not" {
  OPTIONS=()
  rules 'rules: [{name: a, alert: all}]'
  run -0 judged unshare -m true
  run -7 judged sh -c 'unshare -m true; exit 7'
  OPTIONS=(--fail-on alert)
  run -127 judged no-such-program
}

@test "what is ignored is not shown, and an alert once_per as long" {
  OPTIONS=(-C sys_admin,chown)
  rules 'rules:
  - {name: quiet, where: {exe: "*/unshare"}, ignore: sys_admin}
  - {name: once, alert: chown, once_per: 10m}'
  judged sh -c 'unshare -m true; touch f; chown 1 f; chown 2 f; chown 3 f'
  [ "$(said 'select(.cap == "CAP_SYS_ADMIN" and .action != "allow") | .comm' | grep -c unshare)" = 0 ]
  [ "$(said 'select(.cap == "CAP_CHOWN") | .action')" = alert ]
  grep -q "rule 'once': 2 more alerts, held back by once_per" err
  grep -q "silenced by the rules" err
  [ "$(jq -c 'select(.type == "stop") | .silent >= 3' out.json)" = true ]
}

@test "more_than waits until it is more" {
  OPTIONS=(-C chown)
  rules 'rules: [{name: many, alert: chown, more_than: 3 in 1m}]'
  judged sh -c 'touch f; for i in 1 2 3; do chown $i f; done'
  [ -z "$(said .action)" ]
  grep -q "rule 'many': 3 checks that more_than held back" err
  judged sh -c 'for i in 1 2 3 4 5; do chown $i f; done'
  [ "$(said .action)" = alert ]
}

@test "who renames himself silences nothing; who says another's path from elsewhere neither" {
  OPTIONS=(-C sys_admin)
  rules 'rules: [{name: by name, where: {comm: "*"}, ignore: all}]'
  judged unshare -m true
  [ "$(said .action | sort -u)" = log ]
  rules 'rules: [{name: by path, where: {exe: /usr/*bin/chroot}, except: {user: bin}, ignore: all}]'
  OPTIONS=(-C sys_chroot)
  judged chroot / true
  [ -z "$(said .action)" ]
  judged unshare -m --propagation private chroot / true
  [ "$(said '[.action, .rule] | @csv' | sort -u)" = '"log",' ]
}

@test "who is above, and at which terminal, is looked for while it lives" {
  OPTIONS=(-C chown)
  rules 'default: ignore
rules: [{name: terminal, where: {tty: "pts/9999"}, alert: chown}]'
  judged sh -c 'touch f; chown 1 f; sleep 0.5'
  [ -z "$(said .action)" ]
  rules 'default: ignore
rules: [{name: above, where: {ancestor: sh}, alert: chown}, {name: not, where: {ancestor: "no-such"}, alert: chown}]'
  judged sh -c 'touch f; chown 1 f; sleep 0.5'
  [ "$(said '[.action, .rule, .undecided] | @csv')" = '"alert","above","ancestor"' ]
  rules 'default: ignore
rules: [{name: not, where: {ancestor: "no-such"}, alert: chown}]'
  judged sh -c 'touch f; chown 1 f; sleep 0.5'
  [ -z "$(said .action)" ]
}

@test "live, and again on the recording: the same decisions, the same bytes" {
  rules 'default: ignore
rules:
  - {name: mounting, where: {exe: "*/unshare"}, alert: sys_admin, once_per: 1h}
  - {name: owners, where: {user: root}, log: chown}
  - {name: rest, where: {exe: [/usr/bin/*, "!/usr/bin/mount"]}, allow: all}'
  capsieve_start "$D/live" --rules r.yaml
  unshare -m true
  touch f && chown 1 f
  capsieve_stop
  [ "$(checks live 'select(.rule == "mounting" and .action == "alert") | .cap' | sort -u)" = '"CAP_SYS_ADMIN"' ]
  [ "$(checks live 'select(.rule == "owners" and .comm == "chown") | .action' | sort -u)" = '"log"' ]
  "$CAPSIEVE" trace --record x.rec --json -o now.json --rules r.yaml -- sh -c 'unshare -m true; chown 2 f; chroot / true' 2>now.err
  "$CAPSIEVE" trace --replay x.rec --json -o then.json --rules r.yaml 2>then.err
  jq -c 'select(.type == "check") | del(.site, .operation, .ret, .errno, .outcome)' now.json >now
  jq -c 'select(.type == "check") | del(.site, .operation, .ret, .errno, .outcome)' then.json >then
  [ -s now ]
  diff now then
  diff <(grep 'by the rules' now.err) <(grep 'by the rules' then.err)
  run -3 "$CAPSIEVE" check r.yaml --replay x.rec --json
  [ "$(jq -c 'select(.type == "rule" and .rule == "mounting") | .alert' <<<"$(grep '^{' <<<"$output")")" = 1 ]
}

@test "a mistake ends it before anything is started; all of them are told" {
  printf 'version: 1\nrules:\n  - {name: a, allow: chwon}\n' >bad1.yaml
  printf 'version: 1\nrulez: []\n' >bad2.yaml
  run -2 --separate-stderr "$CAPSIEVE" trace --rules bad1.yaml --rules bad2.yaml -o out -- touch started
  [ ! -e started ]
  [ ! -e out ]
  [ "$stderr" = "bad2.yaml:2:1: unknown key 'rulez'; did you mean 'rules'?
     2 | rulez: []
       | ^
bad1.yaml:3:22: unknown capability 'chwon'; did you mean 'CAP_CHOWN'?
     3 |   - {name: a, allow: chwon}
       |                      ^
capsieve trace: the rules are not usable: 2 mistakes" ]
}

@test "where a file is no YAML from some line on, the mistakes above are told with it, and none that may be no mistake" {
  printf '%s\n' 'version: 1' 'defualt: log' 'rules:' '  - {name: a, alow: chown}' '  - name: b' '    where: {unit: nginx}' \
    '    alert: [chwon, $later]' '    once_per: 5x' '    on_denied: log' '   - name: c' >bad.yaml
  printf '%s\n' 'outputs: {o: {type: fiel}}' 'metrics: {listen: "127.0.0.1:1"' >conf.yaml
  run -2 --separate-stderr "$CAPSIEVE" check bad.yaml conf.yaml
  echo "$stderr"
  [ "$(grep -o '^[a-z.]*yaml:[0-9]*:[0-9]*: [a-z]* [a-z]*' <<<"$stderr")" = "conf.yaml:1:21: unknown word
conf.yaml:3:1: did not
bad.yaml:2:1: unknown key
bad.yaml:4:15: unknown key
bad.yaml:7:13: unknown capability
bad.yaml:8:15: a length
bad.yaml:10:4: did not" ]
}

@test "below a place that is no YAML the mistakes are told with it too, and none that comes of going on" {
  cat >bad.yaml <<'EOR'
version: 1
rules:
  - name: a
    where: {unit: nginx
    alert: chwon
  - name: b
    verdict: deny
   alert: all
  - name: "c
    alert: kil
  - name: d
    where: {user: !root}
    alert: [bpff, $later]
  - {name: e, alow: chown}
defualt: log
lists: {later: [x]
EOR
  cat >conf.yaml <<'EOR'
outputs:
  a: {type: fiel}
  b: {type: webhook, url: "http://127.0.0.1}
  c: {type: file, path: here}
metrics: {lisen: 1}
log: [nowhere]
EOR
  run -2 --separate-stderr "$CAPSIEVE" check bad.yaml conf.yaml
  echo "$stderr"
  [ "$(grep '^[a-z]*.yaml:' <<<"$stderr")" = "conf.yaml:2:13: unknown word 'fiel'; did you mean 'file'?
conf.yaml:3:27: the quotes that begin here do not end
conf.yaml:4:25: a path from the root is needed here, and not 'here'
conf.yaml:5:11: unknown key 'lisen'; did you mean 'listen'?
bad.yaml:5:10: did not find expected ',' or '}'; the '{' of line 4 is not closed
bad.yaml:7:14: unknown word 'deny'; did you mean 'denied'?
bad.yaml:8:4: did not find expected '-' indicator
bad.yaml:9:11: the quotes that begin here do not end
bad.yaml:12:19: a value that begins with '!' is quoted: \"!name\"
bad.yaml:14:15: unknown key 'alow'; did you mean 'allow'?
bad.yaml:15:1: unknown key 'defualt'; did you mean 'default'?
bad.yaml:17:1: did not find expected ',' or '}'; the '{' of line 16 is not closed" ]
  [ "$output" = "2 files: 12 mistakes, 0 warnings" ]
}

@test "check: more mistakes than are shown are counted, and what an output needs and is not there is a warning" {
  { echo outputs: && for i in {1..250}; do echo "  o$i: 1"; done; } >c.yaml
  run -2 "$CAPSIEVE" check c.yaml
  [[ $output == *"and 150 more"*"0 rules in 1 file: 250 mistakes, 0 warnings" ]]
  cat >c.yaml <<-'END'
	outputs:
	  hook: {type: exec, command: [/nosuch/hook, -x]}
	  pager: {type: webhook, url: "https://localhost:8443/x", secret_file: /nosuch/key, ca_file: /nosuch/ca}
	END
  run -0 "$CAPSIEVE" check c.yaml
  [[ $output == *"c.yaml:2:32: warning: this machine has no file '/nosuch/hook'"* ]]
  [[ $output == *"c.yaml:3:"*": warning: this machine has no file '/nosuch/key'"* ]]
  [[ $output == *"warning: this machine has no file '/nosuch/ca'"*"0 mistakes, 3 warnings" ]]
  rules 'rules: [{name: a, allow_profile: lerned, otherwise: alert}]'
  run -2 "$CAPSIEVE" check r.yaml
  [[ $output == *"; did you mean 'learned'?"* ]]
}

@test "of a directory only *.yaml is read, and a *.yml that lies there is told" {
  mkdir d d/rules.d
  rules 'rules: [{name: a, alert: all}]'
  cp r.yaml d/a.yml
  cp r.yaml d/rules.d/b.yml
  run -0 --separate-stderr "$CAPSIEVE" check d
  [ "$output" = "0 rules in 0 files: 0 mistakes, 2 warnings" ]
  [ "$stderr" = "d/a.yml: warning: is not read: of a directory only *.yaml is
d/rules.d/b.yml: warning: is not read: of a directory only *.yaml is" ]
  mkdir empty
  run -0 --separate-stderr "$CAPSIEVE" check empty
  # shellcheck disable=SC2154
  [ "$stderr" = "empty: warning: nothing is read here: of a directory only *.yaml is" ]
  run -0 "$CAPSIEVE" check d/a.yml
  [ "$output" = "1 rule in 1 file: 0 mistakes, 0 warnings" ]
}

@test "drop-in directories: one list by name, and the later directory's file in place of the earlier's" {
  mkdir share etc
  printf 'version: 1\nlists: {l: kill}\nrules: [{name: from share 10, alert: $l}]\n' >share/10-a.yaml
  printf 'version: 1\nrules: [{name: from share 20, alert: bpf}]\n' >share/20-b.yaml
  printf 'version: 1\nrules: [{name: from etc 20, log: bpf}]\n' >etc/20-b.yaml
  printf 'version: 1\nrules: [{name: from etc 05, where: {user: x}, ignore: kill}]\n' >etc/05-c.yaml
  printf 'nonsense' >etc/notes.txt
  run -0 --separate-stderr "$CAPSIEVE" check --json share etc --explain "user=root" -C bpf
  [ "$(jq -rc 'select(.type == "explained") | .steps[] | .rule' <<<"$output")" = "from etc 05
from share 10
from etc 20" ]
  [ "$(jq -rc 'select(.type == "explained") | [.rule, .file, .action] | @csv' <<<"$output")" = '"from etc 20","etc/20-b.yaml","log"' ]
  printf 'version: 1\ndefault: alert\n' >etc/90.yaml
  printf 'version: 1\ndefault: log\n' >share/91.yaml
  run -2 --separate-stderr "$CAPSIEVE" check share etc
  [[ $stderr == *"share/91.yaml:2:10: another default than 'alert' in etc/90.yaml:2"* ]]
}

@test "root reads no rules that others can write" {
  [ "$(id -u)" = 0 ] || skip "for root"
  rules 'rules: [{name: a, alert: all}]'
  "$CAPSIEVE" check -q r.yaml
  chmod 666 r.yaml
  run -2 --separate-stderr "$CAPSIEVE" check r.yaml
  [[ $stderr == *"r.yaml: not trusted: others than root can write it"* ]]
  run -2 "$CAPSIEVE" trace --rules r.yaml -- true
  chmod 644 r.yaml && chown 65534 r.yaml
  run -2 --separate-stderr "$CAPSIEVE" check r.yaml
  [[ $stderr == *"r.yaml: not trusted: it is not root's"* ]]
  chown 0 r.yaml && mkdir open && mv r.yaml open && chmod 777 open
  run -2 --separate-stderr "$CAPSIEVE" check open/r.yaml
  [[ $stderr == *"not trusted: others than root can write a directory on the way"* ]]
  chmod 1777 open
  "$CAPSIEVE" check -q open/r.yaml
  # Who is not root has nothing to lose.
  chmod 777 open && chmod 666 open/r.yaml
  as_nobody "$CAPSIEVE" check -q open/r.yaml
}

@test "allow_profile: a profile that lies beside the rules" {
  cat >web.json <<'JSON'
{"type": "profile", "version": 1, "status": "verified", "incomplete": false,
 "advice": {"capabilities": ["CAP_SYS_ADMIN"], "bounding": ["CAP_SYS_ADMIN"], "user": null, "group": null, "no_new_privs": true}}
JSON
  OPTIONS=(--fail-on alert -C sys_admin,chown)
  rules 'rules: [{name: p, where: {exe: [/usr/bin/unshare, /usr/bin/chown]}, allow_profile: web.json, otherwise: alert}]'
  judged unshare -m true
  [ "$(said '[.action, .decided_by] | @csv' | sort -u)" = '"allow","allow_profile"' ]
  run -3 judged sh -c 'touch f; chown 1 f'
  rules 'rules: [{name: p, allow_profile: gone.json}]'
  run -2 --separate-stderr "$CAPSIEVE" check r.yaml
  [[ $stderr == "r.yaml:2:34: "*"gone.json: No such file or directory"* ]]
  rules 'default: ignore
rules: [{name: p, where: {exe: /usr/bin/unshare}, allow_profile: learned, otherwise: alert}]'
  OPTIONS=(-C sys_admin)
  judged unshare -m true
  [ "$(said '[.action, .undecided] | @csv' | sort -u)" = '"log","allow_profile"' ]
  grep -q "rule 'p': only the daemon learns" err
}

@test "every key has an example in the manual page, which check takes" {
  python3 - "$E2E/../../docs/capsieve-rules.5" "$CAPSIEVE" <<'PY'
import json, os, re, subprocess, sys
page, capsieve = sys.argv[1:]
def schema(which):
    return json.loads(subprocess.run([capsieve, "check", "--schema", which], stdout=subprocess.PIPE, check=True).stdout)
blocks = re.findall(r"\.Bd -literal -offset indent\n(.*?)\.Ed", open(page).read(), re.S)
json.dump({"type": "profile", "version": 1, "status": "verified", "incomplete": False,
           "advice": {"capabilities": [], "bounding": [], "user": None, "group": None, "no_new_privs": True}},
          open("web.json", "w"))
seen = set()
for number, text in enumerate(blocks):
    text = text.replace(r"\&", "").replace(r"\(dq", '"')
    whole = text if text.startswith("version:") else "version: 1\nrules:\n" + text
    name = f"example-{number}.yaml"
    open(name, "w").write(whole)
    got = subprocess.run([capsieve, "check", "-q", name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if got.returncode:
        sys.exit(f"{whole}\n{got.stdout}")
    seen.update(re.findall(r"(?:^|[ {,-])([a-z0-9_]+):", whole, re.M))
def keys(part):
    found = set(part.get("properties", {}))
    for other in part.get("definitions", {}).values():
        found |= keys(other)
    return found
missing = (keys(schema("rules")) | keys(schema("config"))) - seen
sys.exit(f"no example has {', '.join(sorted(missing))}" if missing else 0)
PY
}

@test "every other example of rules and configuration is one that check takes, without a warning about itself" {
  /usr/bin/python3 - "$E2E/../.." <<'PY'
import re, sys
import yaml
root = sys.argv[1]
texts = {"readme-%d" % i: t for i, t in enumerate(re.findall(r"^```yaml\n(.*?)^```", open(root + "/README.md").read(), re.S | re.M))}
for at in "", "image/":
    texts["packaging-" + at.strip("/")] = open(f"{root}/packaging/{at}capsieve.yaml").read()
for part in yaml.safe_load_all(open(root + "/packaging/kubernetes/daemonset.yaml")):
    if part["kind"] == "ConfigMap":
        texts.update({"map-" + name: text for name, text in part["data"].items()})
assert sorted(texts) == ["map-60-cluster.yaml", "packaging-", "packaging-image", "readme-0"], sorted(texts)
for name, text in texts.items():
    open("capsieve.yaml.%s.yaml" % name if name.startswith("packaging") else name + ".yaml", "w").write(text)
PY
  for f in *.yaml; do
    run -0 "$CAPSIEVE" check "$f"
    echo "$output"
    # This machine need not have whom an example names.
    [ -z "$(grep ': warning: ' <<<"$output" | grep -v 'this machine has no')" ]
  done
}

@test "the schemas are those of docs, and a validator and check are of one mind" {
  local which

  for which in rules config; do
    diff <("$CAPSIEVE" check --schema $which | jq -S .) <(jq -S . "$E2E/../../docs/capsieve-$which.schema.json")
  done
  python3 - "$CAPSIEVE" "$E2E/../.." <<'PY'
import json, os, subprocess, sys
import jsonschema, yaml
capsieve, root = sys.argv[1:]
R = "version: 1\nrules:\n- {name: a, %s}\n"
good = {"rules": [open(f"{root}/docs/example-rules.yaml").read(), "version: 1\n", "version: 1\nrules:\n"] + [R % rest for rest in (
    "allow: [net_raw, CAP_KILL, Sys-Admin, 12]", "alert: all", "alert: 'chown, kill'", "log: 12", "otherwise: alert",
    "log: all, where: {user: 1000, tty: ['pts/*']}", "log: all, except: [{unit: a}, {exe: [/a, /b]}]", "log: all, class: all",
    "alert: all, once_per: 1h30m", "alert: all, more_than: 20 in 1m", "alert: all, tags: [T1, 2]", "allow_profile: learned, learn: 7d by image",
    "allow_profile: learned, learn: 1w2d")],
        "config": ["{}\n", "outputs: {a: {type: journal}}\n", "history: {keep: 30d, max_size: 1G}\n", "attach: tp_btf\n",
                   "outputs: {a: {type: webhook, url: 'https://x', format: falco, timeout: 5s}}\n"]}
bad = {"rules": ["rules: []\n", "version: 2\n", "version: 1\nrule: []\n", "version: 1\ndefault: allow\n"] + [R % rest for rest in (
    "alow: kill", "severity: info", "allow: net_rwa", "allow: [all, chwon]", "log: all, where: {}", "log: all, where: {unti: a}",
    "log: all, verdict: denid", "log: all, class: [x]", "alert: all, severity: loud", "alert: all, once_per: soon",
    "alert: all, more_than: 20", "allow_profile: learned, learn: 7d by pod", "otherwise: alarm", "log: all, except: []", "log: []")],
       "config": ["output: {}\n", "outputs: {a: {}}\n", "outputs: {a: {type: mail}}\n", "outputs: {a: {type: file}}\n",
                  "outputs: {a: {type: journal, url: 'http://x'}}\n", "outputs: {a: {type: webhook, url: x}}\n",
                  "outputs: {'a b': {type: journal}}\n", "outputs: {a: {type: file, path: /a, format: slack}}\n",
                  "metrics: {listen: 9435}\n", "history: {keep: soon}\n", "alerts: {max_per_minute: none}\n", "attach: probe\n"]}
def place(text):
    kind = "url" if text.startswith("http") else "address" if text[:6] in ("udp://", "tcp://") else "listen"
    return "metrics: {listen: '%s'}\n" % text if kind == "listen" else "outputs: {a: {type: %s, %s: '%s'}}\n" % (
        "webhook" if kind == "url" else "syslog", kind, text)
for line in open(f"{root}/tests/unit/places.table"):
    if not line.startswith("#"):
        word, text = line.rstrip("\n").split(" ", 1)
        (good if word == "good" else bad)["config"].append(place(text))
wrong = []
for which in good:
    schema = json.load(open(f"{root}/docs/capsieve-{which}.schema.json"))
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    for texts, fine in ((good[which], True), (bad[which], False)):
        for text in texts:
            name = "capsieve.yaml" if which == "config" else "one.yaml"
            open(name, "w").write(text)
            ours = subprocess.run([capsieve, "check", "-q", name], stdout=subprocess.PIPE, stderr=subprocess.PIPE).returncode
            theirs = validator.is_valid(yaml.safe_load(text))
            if (ours == 0) != fine or theirs != fine:
                wrong.append(f"{text!r}: check {ours}, validator {theirs}, and is {'good' if fine else 'bad'}")
sys.exit("\n".join(wrong) or 0)
PY
}

@test "the example rules have no mistake, and say nothing of a quiet machine's programs" {
  cp "$E2E/../../docs/example-rules.yaml" r.yaml
  "$CAPSIEVE" check r.yaml
  OPTIONS=(--fail-on alert)
  judged sh -c 'ls / >/dev/null; id; touch f; chown 1 f'
}

@test "check needs no privileges" {
  rules 'rules: [{name: a, alert: all, where: {unit: no-such}}]'
  run -0 --separate-stderr as_nobody "$CAPSIEVE" check r.yaml
  [ "$output" = "1 rule in 1 file: 0 mistakes, 1 warning" ]
  [[ $stderr == *"r.yaml:2:45: warning: this machine has no unit 'no-such.service'"* ]]
}
