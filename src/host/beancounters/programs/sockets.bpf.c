/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Counts the internet sockets of an instance and refuses those beyond its limits. The programs are attached to the instance's
 * group of the v2 hierarchy: they run for its sockets alone, and go when the group goes.
 */
#include "accounts.h"

/* Returns 1 to let it be, 0 to refuse. */
SECTION("sock_create")
int socket_made(struct bpf_sock *ctx)
{
	int is_tcp = ctx->type == SOCK_STREAM && ctx->protocol == IPPROTO_TCP;
	u64 cookie = socket_cookie(ctx);
	int fits = is_tcp ? charge_own(TCP_SOCKETS, cookie) : charge_own(OTHER_SOCKETS, cookie);
	if (!fits)
		answer(-ENOBUFS);
	return fits;
}

/* The last descriptor of a socket is closed, made here or accepted. */
SECTION("sock_release")
int socket_closed(struct bpf_sock *ctx)
{
	release(socket_cookie(ctx));
	return 1;
}

struct packet_start {
	u8 version_and_length;
	u8 unused[5];
	u8 next_header;
	u8 unused_too[2];
	u8 protocol;
};

/* Whether a packet asks for a connection: its TCP header has SYN and not ACK. */
INLINE int asks_for_connection(struct __sk_buff *packet)
{
	struct packet_start ip;
	u8 flags;
	if (packet_bytes(packet, 0, &ip, sizeof(ip)) != 0)
		return 0;
	int is_ip4 = ip.version_and_length >> 4 == 4;
	if ((is_ip4 ? ip.protocol : ip.next_header) != IPPROTO_TCP)
		return 0;
	u32 header = is_ip4 ? (ip.version_and_length & 15) * 4 : 40;
	if (packet_bytes(packet, header + 13, &flags, 1) != 0)
		return 0;
	return (flags & 0x12) == 0x02;
}

/* A client asks a listening socket for a connection: with no room left the packet is as if it had been lost. */
SECTION("ingress")
int packet_arrived(struct __sk_buff *packet)
{
	if (!asks_for_connection(packet))
		return 1;
	struct followed *followed = own_group();
	struct account *account = account_of(followed->group, TCP_SOCKETS);
	if (!account || account->held < followed->limits[TCP_SOCKETS])
		return 1;
	__sync_fetch_and_add(&account->refusals, 1);
	return 0;
}

/* Connections that clients made, from when they stand: they have passed the door above. */
SECTION("sock_ops")
int connection_changed(struct bpf_sock_ops *ctx)
{
	if (ctx->op == PASSIVE_ESTABLISHED) {
		charge(own_group()->group, TCP_SOCKETS, socket_cookie(ctx), ~0ULL);
		tell_of(ctx, STATE_CHANGES_FLAG);
	} else if (ctx->op == STATE_CHANGES && ctx->args[1] == TCP_CLOSE && ctx->sk) {
		/* One that nobody has accepted is never closed by anybody. Others are when their descriptor is. */
		struct sock *sk = (struct sock *)tcp_socket_of(ctx->sk);
		if (sk && !sk->sk_socket)
			release(socket_cookie(ctx));
	}
	return 1;
}
