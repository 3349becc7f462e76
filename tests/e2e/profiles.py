#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""profiles.py COUNT DIR: so many profiles of workloads that are nobody's, always the same
profiles.py --hostile DIR: profiles whose names want to be more than names

Each is a file of DIR as `capsieve profile -o` writes it.
"""
import json
import os
import random
import sys

CAPS = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
        "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN",
        "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT",
        "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE",
        "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
        "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND",
        "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE"]
DOCKER = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID",
          "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL",
          "CAP_AUDIT_WRITE"]
# What programs ask for most: capability, part, class, operation, call, function
ASKED = [
    ("CAP_NET_BIND_SERVICE", "needed", "needed", "bind a port below 1024", "bind", "__inet_bind"),
    ("CAP_SETUID", "needed", "needed", "change the user", "setuid", "__sys_setuid"),
    ("CAP_SETGID", "needed", "needed", "change the group", "setgid", "__sys_setgid"),
    ("CAP_CHOWN", "needed", "needed", "change a file's owner", "fchownat", "setattr_prepare"),
    ("CAP_SYS_ADMIN", "advisory", "advisory", "set a seccomp filter", "seccomp", "seccomp_prepare_filter"),
    ("CAP_SYS_RESOURCE", "conditional", "conditional", "raise a hard limit", "prlimit64", "do_prlimit"),
    ("CAP_DAC_OVERRIDE", "needed", "needed", "use what the mode of a file forbids", "openat", "generic_permission"),
    ("CAP_DAC_READ_SEARCH", "spared", "alternative", "read or search what the mode forbids", "openat", "generic_permission"),
    ("CAP_NET_ADMIN", "quality", "quality", "set a socket buffer beyond the limit", "setsockopt", "sk_setsockopt"),
    ("CAP_SYS_PTRACE", "denied", "needed", "look into another process", "openat", "__ptrace_may_access"),
    ("CAP_KILL", "denied", "needed", "signal another user's process", "kill", "kill_ok_by_cred"),
]


def site(rng, row, exe, comm, pid):
    _, part, clazz, operation, call, name = row
    denied = rng.randint(1, 40) if part == "denied" else 0
    second = rng.randrange(86400)
    first = f"2026-11-21T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000000000Z"
    return {"class": clazz, "operation": operation, "condition": None, "alternatives": [], "site": name, "syscall": call,
            "own_credentials": True, "setup": False, "granted": 0 if denied else rng.randint(1, 5000), "denied": denied,
            "denied_failed": denied, "denied_succeeded": 0, "error": "EPERM" if denied else None, "first": first,
            "last": "2026-11-21T23:59:59.000000000Z", "start_up": True, "steady": True, "drops": False,
            "kernels": ["6.12.57"], "pid": pid, "comm": comm, "exe": exe}


def profile(rng, workload, exe, comm, rows, granted, source):
    caps = sorted({r[0] for r in rows if r[1] in ("needed", "conditional")}, key=CAPS.index)
    asked = []
    for row in sorted(rows, key=lambda r: CAPS.index(r[0])):
        asked.append({"capability": row[0], "part": row[1], "advised": row[0] in caps, "phase": "steady",
                      "only_to_drop": False, "instead": None, "sites": [site(rng, row, exe, comm, rng.randint(300, 40000))]})
    unused = [c for c in granted if c not in {r[0] for r in rows if r[1] != "denied"}]
    return {"type": "profile", "version": 1, "status": "estimated", "incomplete": False,
            "advice": {"capabilities": caps, "bounding": caps, "user": None, "group": None, "no_new_privs": True},
            "made": "2026-11-22T00:00:00.000000000Z", "command": None, "workload": workload,
            "granted": {"source": source, "set": granted, "bounding": granted} if granted else None,
            "runs": 1, "kernels": ["6.12.57"], "watched_ms": 86400000, "checks": rng.randint(10, 90000), "lost": 0,
            "start_seen": rng.random() < .3, "sites_known": True, "past_start_up": True, "drops_to": [], "asked": asked,
            "held_not_asked": [], **({"granted_not_asked": unused} if granted else {}), "executed": []}


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
        json.dump(text, f)


def ordinary(count, folder):
    rng = random.Random(7)
    words = ["nginx", "postgres", "redis", "cron", "sshd", "chrony", "shop", "billing", "mail", "backup", "node-exporter"]
    for i in range(count):
        word = f"{rng.choice(words)}-{i}"
        kind = rng.randrange(4)
        name, granted, source = (
            (f"{word}.service", CAPS, "unit"), (f"docker:{word}", DOCKER, "bundle"),
            (f"k8s:prod/{word}-7d9f/{word}", DOCKER[:6], "engine"), (f"/user.slice/{word}", [], None))[kind]
        rows = rng.sample(ASKED, rng.choice([0, 1, 2, 3, 5, 7]))
        write(folder, f"{i:05}.json", profile(rng, name, f"/usr/sbin/{word}", word[:15], rows, granted, source))


HOSTILE = ["<script>pwned=1</script>", "\"><img src=x onerror=pwned=1>", "' autofocus onfocus='pwned=1", "</style><script>pwned=1</script>",
           "</script><script>pwned=1</script>", "<!--", "javascript:pwned=1", "&lt;script&gt;", "evil\u202egpj.exe",
           "\u2066isolate\u2069 \u200bzero", "\x1b[31mred\x07\n\r\tend", "\u05e9\u05dc\u05d5\u05dd", "{{7*7}}${pwned=1}",
           "https://evil.example/x.png", "A" * 4096, "<b>" * 1365]


def hostile(folder):
    rng = random.Random(7)
    for i, name in enumerate(HOSTILE):
        rows = [(c, p, k, name[:200] if i % 2 else o, name[:31].encode()[:31].decode(errors="ignore"),
                 name[:60].encode()[:60].decode(errors="ignore")) for c, p, k, o, _, _ in ASKED]
        text = profile(rng, name, "/" + name, name.encode()[:15].decode(errors="ignore"), rows, DOCKER, "bundle")
        write(folder, f"{i:02}.json", text)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    os.makedirs(sys.argv[2], exist_ok=True)
    if sys.argv[1] == "--hostile":
        hostile(sys.argv[2])
    else:
        ordinary(int(sys.argv[1]), sys.argv[2])
