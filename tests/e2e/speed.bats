# SPDX-License-Identifier: BSD-2-Clause
#
# What capsieve costs when it starts, when it is busy and when it is idle. Times on a busy machine say nothing: of many
# the smallest counts, and where even that is over the limit while others want the CPUs too, the test says that it
# cannot tell.

bats_require_minimum_version 1.5.0
load lib

LOADER=41030	# a user that nobody is

setup() {
  if in_guest; then
    skip "an emulated machine has no speed to measure"
  fi
  if [ -n "${SANITIZE-}" ]; then
    skip "sanitizers cost time and memory of their own"
  fi
  cd "$BATS_TEST_TMPDIR" || return
  P=$BATS_TEST_TMPDIR/seen
}

teardown() {
  capsieve_kill
  end_jobs
  rm -f seen.json
}

# Do others want the CPUs?
busy() {
  [ "$(awk -v cpus="$(nproc)" '{ print ($1 > cpus / 2) }' /proc/loadavg)" = 1 ]
}

# From the start of capsieve to the first line on its standard output that is a check, of so many starts, and the CPU time
# that its main thread took until then: milliseconds. Before all others, where that is allowed: then what they want of the
# CPUs changes nothing.
FIRST='
import os, statistics, subprocess, sys, time
capsieve, short, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
took, cpu = [], []
try:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
except OSError:
    pass
for n in range(times):
    begin = time.monotonic()
    p = subprocess.Popen([capsieve, "trace", "--json", "-C", "sys_chroot", "--", short, "-q"],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    for line in p.stdout:
        if b"\"type\":\"check\"" in line:
            took.append((time.monotonic() - begin) * 1000)
            cpu.append(int(open(f"/proc/{p.pid}/schedstat").read().split()[0]) / 1e6)
            break
    p.stdout.read()
    p.wait()
print(len(took), round(min(took)), round(statistics.median(took)), round(max(took)),
      round(min(cpu)), round(statistics.median(cpu)))
'

# CPU time grows by some tenths on a busy machine, and not by more: that much is allowed, always.
@test "the first event is visible within 24 ms of the start, for 24 ms of CPU" {
  for attempt in 1 2 3; do
    read -r count least median most cpu cpu_median < <(python3 -c "$FIRST" "$CAPSIEVE" "$TRIP/short" 20)
    echo "# 20 starts: first event after $least ms at least, $median in the median, $most at most" >&3
    echo "# CPU until then: $cpu ms at least, $cpu_median in the median" >&3
    [ "$count" -eq 20 ]
    [ "$least" -gt 24 ] || [ "$cpu" -gt 24 ] || return 0
    nap 1
  done
  ! busy || skip "$least ms, but others want the CPUs too"
  false
}

# What the verifier goes through is most of a start, and the same on a busy machine. It grows unseen: what is followed on two
# ways, or turn by turn of a loop, takes it several times as long as it looks.
@test "at a start that sends the verifier goes through 3,300 instructions at most for checks, and 1,600 for execs" {
  CALLS=$PWD/calls LD_PRELOAD=$TRIP/calls.so \
    "$CAPSIEVE" trace --json -C sys_chroot -o seen.json -- "$TRIP/short" -q
  [ "$(jq -r 'select(.type == "start").probe' seen.json)" = tp_btf ] || skip "only where it is heard by tp_btf"
  while read -r name most; do
    # What is loaded aside has one in its place that does nothing.
    read -r given through < <(awk -v name="$name" '$3 == name && $4 > 10 { print $4, $5 }' calls)
    echo "# $name: $given instructions, $through gone through" >&3
    [ "$through" -gt 0 ]
    [ "$through" -le "$most" ]
  done <<END
tp_btf_only 3300
on_exec_newer 1600
END
}

# Resident memory in KiB that is not the ring, which is mapped twice. What it shares with others counts.
resident() {
  awk '
    /^[0-9a-f]+-[0-9a-f]+ / { ring = /bpf-map|bpf_map/ }
    $1 == "Rss:" && !ring { own += $2 }
    END { print own }' "/proc/$CAPSIEVE_PID/smaps"
}

@test "after 1,000,000 events it has less than 7 MB resident beside the ring" {
  capsieve_start "$P" -u $LOADER -C sys_boot
  # The lines are numbered: the last ones are longer than the first by six bytes, and some more for greater pids.
  a_million() {
    "$TRIP/load" -n 30000 -s reboot -u $LOADER >/dev/null
    [ $(($(stat -c %s "$P.json") / ($(sed -n '2p;2q' "$P.json" | wc -c) + 12))) -gt 1000000 ]
  }
  wait_for 100 a_million
  # and some hundred processes of which it keeps who they are
  "$TRIP/load" -P 250 -n 20 -s reboot -u $LOADER >/dev/null
  nap 1
  own=$(resident)
  capsieve_stop || [ "$CAPSIEVE_STATUS" -eq 4 ]
  echo "# $own KiB resident after $(stop_line_fast .seen) events" >&3
  [ "$(stop_line_fast .seen)" -ge 1000000 ]
  [ "$own" -lt 7000 ]
}

# own_of EVENTS OPTIONS...: after so many, and when what came faster than it was looked at is gone
own_of() {
  capsieve_start "$P" "${@:2}" -u $LOADER -C sys_boot
  "$TRIP/load" -n "$1" -s reboot -u $LOADER >/dev/null
  for _ in {1..20}; do
    nap 1
    own=$(resident)
    [ "$own" -ge 6144 ] || break
  done
  capsieve_stop || [ "$CAPSIEVE_STATUS" -eq 4 ]
}

@test "to show, to record and to count take less than 6 MiB resident beside the ring, and maps less than 8 MiB" {
  for how in 20000 "1000000 --record seen.rec" "1000000 --count"; do
    # shellcheck disable=SC2086
    own_of $how
    echo "# $how: $own KiB" >&3
    [ "$own" -lt 6144 ]
  done
  maps=$("$CAPSIEVE" doctor --json | jq -r '.items[] | select(.item == "other maps").value')
  [[ $maps =~ ^([0-9]+)\ KiB$ ]]
  [ "${BASH_REMATCH[1]}" -lt 8192 ]
}

stop_line_fast() {
  tail -n1 "$P.json" | jq "$1"
}

# A million checks as fast as they can be made, while it does so with them: how many it lost, and the nanoseconds of its own
# CPU for one, the user's part.
MILLION='
import os, re, subprocess, sys, time
capsieve, load, user, options = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
try:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
except OSError:
    pass
p = subprocess.Popen([capsieve, "trace", "-u", user, "-C", "sys_boot", *options], stdout=subprocess.DEVNULL,
                     stderr=subprocess.PIPE, text=True)
while "hearing" not in p.stderr.readline():
    pass
words = lambda: open(f"/proc/{p.pid}/stat").read().rsplit(")", 1)[1].split()
before, seen = words(), None
subprocess.run(["taskset", "-c", str(os.cpu_count() - 1), load, "-n", "1000000", "-s", "reboot", "-u", user], stdout=subprocess.DEVNULL, check=True)
while seen != (seen := words()):
    time.sleep(0.3)
p.send_signal(2)
said = p.stderr.read()
p.wait()
lost = re.search(r"([\d,]+) lost$", said, re.M).group(1).replace(",", "")
print(lost, (int(seen[11]) - int(before[11])) * 1000 // os.sysconf("SC_CLK_TCK"))
'

# 130 ns are the goal to record, 400 as JSON; beside others that take the caches it is up to twice as much.
@test "of 1,000,000 checks at full blast none is lost, shown or recorded: 400 ns of CPU each as JSON, 130 to record" {
  while read -r most how; do
    for attempt in 1 2 3; do
      # shellcheck disable=SC2086
      read -r lost ns < <(/usr/bin/python3 -c "$MILLION" "$CAPSIEVE" "$TRIP/load" $LOADER $how)
      echo "# ${how:-text}: $lost lost, $ns ns of user CPU each" >&3
      [ "$lost" -gt 0 ] || [ "$ns" -gt "$most" ] || break
    done
    [ "$lost" -eq 0 ] || ! busy || skip "$lost lost, but others want the CPUs too"
    [ "$lost" -eq 0 ]
    [ "$ns" -le "$most" ] || ! busy || skip "$ns ns, but others want the CPUs too"
    [ "$ns" -le "$most" ]
  done <<END
800
800 --json
260 --record seen.rec
END
}

# CPU time of capsieve in milliseconds
cpu() {
  awk -v tick="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print ($12 + $13) * 1000 / tick }' "/proc/$CAPSIEVE_PID/stat"
}

@test "idle, it takes less than a hundredth of a CPU, also while a million checks are outside its filters" {
  capsieve_start "$P" -u $LOADER
  nap 0.5
  before=$(cpu)
  "$TRIP/load" -n 1000000 -s reboot >/dev/null
  nap 2
  spent=$(($(cpu) - before))
  capsieve_stop
  echo "# $spent ms of CPU in more than 2 s, with $(stop_line_fast .outside) checks outside" >&3
  [ "$(stop_line_fast .outside)" -ge 1000000 ]
  [ "$spent" -le 20 ]
}

# How long it takes until a check that comes alone is seen, in tenths of a millisecond: the median and the most of so many;
# then what a second without any costs, in microseconds of CPU, of all threads.
QUIET='
import ctypes, os, select, statistics, subprocess, sys, time
capsieve, times, idle = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
p = subprocess.Popen([capsieve, "trace", "--json", "-C", "sys_boot", "-p", str(os.getpid())],
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
while b"hearing" not in p.stderr.readline():
    pass
p.stdout.readline()
def cpu():
    tasks = f"/proc/{p.pid}/task"
    return sum(int(open(f"{tasks}/{t}/schedstat").read().split()[0]) for t in os.listdir(tasks))
took = []
for n in range(times):
    time.sleep(0.11)
    begin = time.monotonic()
    ctypes.CDLL(None).reboot(0)
    select.select([p.stdout], [], [], 5)
    took.append((time.monotonic() - begin) * 10000)
    os.read(p.stdout.fileno(), 65536)
before = cpu()
time.sleep(idle)
spent = cpu() - before
p.terminate()
p.wait()
print(round(statistics.median(took)), round(max(took)), round(spent / idle / 1000))
'

@test "on a quiet host a check is seen within 50 ms, and idle it takes less than a thousandth of a CPU" {
  read -r median most idle < <(python3 -c "$QUIET" "$CAPSIEVE" 20 5)
  echo "# seen after $((median / 10)).$((median % 10)) ms in the median, $((most / 10)) at most; idle: $idle us a second" >&3
  [ "$idle" -lt 1000 ]
  [ "$median" -gt 500 ] || [ "$most" -gt 500 ] || return 0
  ! busy || skip "$((median / 10)) ms, but others want the CPUs too"
  false
}
