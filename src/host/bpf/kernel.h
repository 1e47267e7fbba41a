/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What the programs use of the kernel: include/uapi/linux/bpf.h, and structures whose offsets the loader looks up. */
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;

#define SECTION(name) __attribute__((section(name), used))
#define INLINE static __attribute__((always_inline))
#define OF_THE_KERNEL __attribute__((preserve_access_index))

/* The beginnings of the contexts that programs are called with. */
struct bpf_sock {
	u32 bound_dev_if, family, type, protocol;
};

struct bpf_sock_ops {
	u32 op, args[4];
	u32 family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port;
	u32 is_fullsock, snd_cwnd, srtt_us, bpf_sock_ops_cb_flags, state, rtt_min, snd_ssthresh, rcv_nxt, snd_nxt, snd_una;
	u32 mss_cache, ecn_flags, rate_delivered, rate_interval_us, packets_out, retrans_out, total_retrans, segs_in;
	u32 data_segs_in, segs_out, data_segs_out, lost_out, sacked_out, sk_txhash;
	u64 bytes_received, bytes_acked;
	void *sk;
};

struct __sk_buff;

struct socket;

struct sock_common {
	u16 skc_family;
} OF_THE_KERNEL;

struct sock {
	struct sock_common __sk_common;
	struct socket *sk_socket;
} OF_THE_KERNEL;

struct tcp_sock;

struct user_namespace {
	int level;
} OF_THE_KERNEL;

struct cred {
	struct user_namespace *user_ns;
} OF_THE_KERNEL;

struct task_struct;

struct pid_namespace {
	unsigned int level;
	struct task_struct *child_reaper;
	int reboot;
} OF_THE_KERNEL;

struct nsproxy {
	struct pid_namespace *pid_ns_for_children;
} OF_THE_KERNEL;

struct task_struct {
	const struct cred *real_cred;
	s32 tgid;
	u64 start_boottime;
	struct task_struct *group_leader;
	struct nsproxy *nsproxy;
} OF_THE_KERNEL;

struct inode {
	u16 i_mode;
	u32 i_rdev;
} OF_THE_KERNEL;

struct file {
	u32 f_mode;
	struct inode *f_inode;
	const struct cred *f_cred;
} OF_THE_KERNEL;

static void *(*const map_lookup)(void *map, const void *key) = (void *)1;
static long (*const map_update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*const map_delete)(void *map, const void *key) = (void *)3;
static long (*const packet_bytes)(struct __sk_buff *packet, u32 offset, void *to, u32 length) = (void *)26;
static u64 (*const socket_cookie)(void *ctx) = (void *)46;
static long (*const tell_of)(struct bpf_sock_ops *ctx, u32 flags) = (void *)59;
static void *(*const own_storage)(void *map, u64 flags) = (void *)81;
static struct tcp_sock *(*const tcp_socket_of)(void *sk) = (void *)137;
static struct task_struct *(*const current_task)(void) = (void *)158;
static long (*const answer)(int result) = (void *)187;

enum { ANY = 0 /* BPF_ANY */, ONLY_NEW = 1 /* BPF_NOEXIST */ };
enum { AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10, SOCK_STREAM = 1, IPPROTO_TCP = 6 };
enum { ENOMEM = 12, ENFILE = 23, ENOSPC = 28, ENOBUFS = 105 };
enum { PASSIVE_ESTABLISHED = 5, STATE_CHANGES = 10, STATE_CHANGES_FLAG = 1 << 2, TCP_CLOSE = 7 };
enum { FMODE_NOACCOUNT = 1 << 29, S_IFMT = 0170000, S_IFCHR = 0020000, PTMX_DEVICE = 5 << 20 | 2 };
