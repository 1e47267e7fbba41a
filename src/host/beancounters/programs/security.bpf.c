/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Counts what no hook of a cgroup knows, and refuses what is beyond the limits, in front of the kernel's security
 * functions. What refuses is attached to the instance's group of the v2 hierarchy and runs for its processes alone. What
 * takes back runs for all: whoever lets go of an object last may be anybody, the kernel's own threads too.
 */
#include "accounts.h"

/* The first of all, since it is the soonest made: a host that refuses such programs refuses this one. */
SECTION("lsm/file_free_security")
int file_freed(u64 *arguments)
{
	release(arguments[0]);
	return 0;
}

INLINE int refuse(int error)
{
	answer(error);
	return 0;
}

/*
 * The kernel opens a second file below one of an overlay, as who has mounted that: the host's root, whose user
 * namespace is above that of any guest. It is nobody's, and whoever opens it shall not be refused for it. What the
 * kernel opens for a guest in that way all the same passes `file_opened`.
 */
INLINE int is_of_host(struct file *file)
{
	return file->f_cred->user_ns->level == 0 && current_task()->real_cred->user_ns->level != 0;
}

SECTION("lsm_cgroup/file_alloc_security")
int file_made(u64 *arguments)
{
	struct file *file = (struct file *)arguments[0];
	if (is_of_host(file) || charge_own(FILES, (u64)file))
		return 1;
	return refuse(-ENFILE);
}

/* Of files that have a name: pipes, sockets and the like do not come here. */
SECTION("lsm_cgroup/file_open")
int file_opened(u64 *arguments)
{
	struct file *file = (struct file *)arguments[0];
	/* Not before now it can be told from others, where the guest itself has mounted the overlay. */
	if (file->f_mode & FMODE_NOACCOUNT) {
		release((u64)file);
		return 1;
	}
	if (is_of_host(file) && !charge_own(FILES, (u64)file))
		return refuse(-ENFILE);
	struct inode *inode = file->f_inode;
	int is_terminal = (inode->i_mode & S_IFMT) == S_IFCHR && inode->i_rdev == PTMX_DEVICE;
	if (is_terminal && !charge_own(TERMINALS, (u64)file))
		return refuse(-ENOSPC);
	return 1;
}

/* The socket that accept(2) will give to a server is made, and paid for, by the client that connects. */
SECTION("lsm_cgroup/sk_alloc_security")
int unix_socket_made(u64 *arguments)
{
	if ((int)arguments[1] != AF_UNIX || charge_own(UNIX_SOCKETS, arguments[0]))
		return 1;
	return refuse(-ENOMEM);
}

SECTION("lsm/sk_free_security")
int unix_socket_freed(u64 *arguments)
{
	struct sock *sk = (struct sock *)arguments[0];
	if (sk->__sk_common.skc_family == AF_UNIX)
		release((u64)sk);
	return 0;
}
