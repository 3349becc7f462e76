// SPDX-License-Identifier: BSD-2-Clause
/* Acts on sockets, and on the audit system, which is talked to through one. */
#include "tests/trip/caps.h"
#include "tests/trip/trip.h"
#include "tests/trip/world.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#ifndef NETLINK_LISTEN_ALL_NSID
#define NETLINK_LISTEN_ALL_NSID 8
#endif

static int keep_socket(struct trip *t, int domain, int type, int protocol)
{
	t->fd = socket(domain, type | SOCK_CLOEXEC, protocol);
	return t->fd < 0 ? -errno : 0;
}

static int udp_socket(struct trip *t)
{
	return keep_socket(t, AF_INET, SOCK_DGRAM, 0);
}

static int udp_socket_below_privileged_ports(struct trip *t)
{
	long start;

	if (!world_read_number("/proc/sys/net/ipv4/ip_unprivileged_port_start", &start) && start <= 1)
		return trip_cannot(t, "net.ipv4.ip_unprivileged_port_start leaves no privileged port");
	return udp_socket(t);
}

static long do_bind(struct trip *t)
{
	struct sockaddr_in port_1 = {.sin_family = AF_INET, .sin_port = htons(1)};
	return trip_ret(bind(t->fd, (struct sockaddr *)&port_1, sizeof(port_1)));
}

static long do_sndbuf_force(struct trip *t)
{
	int size = 1 << 16;
	return trip_ret(setsockopt(t->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)));
}

static long do_raw_socket(struct trip *t)
{
	return trip_ret(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP));
}

static int route_socket(struct trip *t)
{
	return keep_socket(t, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
}

static long do_listen_all_nsid(struct trip *t)
{
	int on = 1;
	return trip_ret(setsockopt(t->fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &on, sizeof(on)));
}

static int audit_socket(struct trip *t)
{
	int err = keep_socket(t, AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);

	if (err == -EPROTONOSUPPORT)
		return trip_cannot(t, "the kernel runs without audit (audit=0?)");
	return err;
}

static int have_audit(struct trip *t)
{
	int err = audit_socket(t);

	if (!err)
		close(t->fd);
	return err;
}

static long do_audit_bind(struct trip *t)
{
	struct sockaddr_nl log = {.nl_family = AF_NETLINK, .nl_groups = 1 << (AUDIT_NLGRP_READLOG - 1)};
	return trip_ret(bind(t->fd, (struct sockaddr *)&log, sizeof(log)));
}

/* Netlink asks the socket's opener too: let it be the performer. An empty message is not logged. */
static long send_audit(struct trip *t, uint16_t type)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct nlmsghdr message = {
		.nlmsg_len = NLMSG_HDRLEN,
		.nlmsg_type = type,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
	};
	int err = audit_socket(t);

	if (err)
		return err;
	return trip_ret(
		sendto(t->fd, &message, sizeof(message), 0, (struct sockaddr *)&kernel, sizeof(kernel)));
}

static long do_audit_user(struct trip *t)
{
	return send_audit(t, AUDIT_USER);
}

static long do_audit_get(struct trip *t)
{
	return send_audit(t, AUDIT_GET);
}

/* The send is always fine; what became of it stands in the acknowledgement. */
static bool audit_refused(struct trip *t, long ret)
{
	struct timeval second = {.tv_sec = 1};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr err;
		char more[512];
	} answer = {.head.nlmsg_type = NLMSG_NOOP};

	if (ret < 0)
		return true;
	setsockopt(t->fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	while (answer.head.nlmsg_type != NLMSG_ERROR)
		if (recv(t->fd, &answer, sizeof(answer), 0) < 0)
			return true;
	return answer.err.error == -EPERM;
}

/* Setting it once is free; changing it afterwards is not. */
static int login_user_set(struct trip *t)
{
	t->fd = open("/proc/self/loginuid", O_WRONLY | O_CLOEXEC);
	if (t->fd < 0)
		return trip_cannot(t, "the kernel has no login user");
	return write(t->fd, "0", 1) < 0 ? -errno : 0;
}

static long do_loginuid(struct trip *t)
{
	return trip_ret(pwrite(t->fd, "0", 1, 0));
}

const struct act acts_net[] = {
	{
		.name = "bind",
		.cap = CAP_NET_BIND_SERVICE,
		.syscall = "bind",
		.note = "needs net.ipv4.ip_unprivileged_port_start above 1",
		.prepare = udp_socket_below_privileged_ports,
		.perform = do_bind,
	},
	{
		.name = "all-nsid",
		.cap = CAP_NET_BROADCAST,
		.syscall = "setsockopt",
		.prepare = route_socket,
		.perform = do_listen_all_nsid,
	},
	{
		.name = "sndbuf",
		.cap = CAP_NET_ADMIN,
		.syscall = "setsockopt",
		.prepare = udp_socket,
		.perform = do_sndbuf_force,
	},
	{
		.name = "raw-socket",
		.cap = CAP_NET_RAW,
		.syscall = "socket",
		.perform = do_raw_socket,
	},
	{
		.name = "audit-user",
		.cap = CAP_AUDIT_WRITE,
		.syscall = "sendto",
		.answer = ANSWER_EFFECT,
		.note = "needs audit; the refused send succeeds",
		.prepare = have_audit,
		.perform = do_audit_user,
		.refused = audit_refused,
	},
	{
		.name = "loginuid",
		.cap = CAP_AUDIT_CONTROL,
		.syscall = "pwrite64",
		.note = "needs a login user that may be changed",
		.prepare = login_user_set,
		.perform = do_loginuid,
	},
	{
		.name = "audit-get",
		.cap = CAP_AUDIT_CONTROL,
		.syscall = "sendto",
		.answer = ANSWER_EFFECT,
		.note = "needs audit; the refused send succeeds",
		.prepare = have_audit,
		.perform = do_audit_get,
		.refused = audit_refused,
	},
	{
		.name = "audit-bind",
		.cap = CAP_AUDIT_READ,
		.syscall = "bind",
		.note = "needs audit",
		.prepare = audit_socket,
		.perform = do_audit_bind,
	},
	{0},
};
