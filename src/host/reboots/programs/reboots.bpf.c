/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Notes why the init of a container ends, where reboot(2) ended it: the kernel tells its parent alone, and when that is gone,
 * nobody. ../reboots.ts says the same of the layout.
 */
#include "../../bpf/kernel.h"

/* A process as /proc names it, whose clock ticks 100 times a second. */
struct process {
	u64 pid;
	u64 start_ticks;
};

enum { TICK_NS = 10000000 };

/* The loader makes the map and puts its descriptor where this name is used. */
extern struct map {
	int unused;
} reboots_map;

/*
 * Runs in each thread that ends. Whoever calls reboot(2) in a pid namespace first sets its `reboot`, then kills its init. Those below
 * the first level are the guests' own, and could drive others out of the map.
 */
SECTION("tp_btf/sched_process_exit")
int process_ends(u64 *arguments)
{
	struct task_struct *task = current_task();
	struct pid_namespace *space = task->nsproxy->pid_ns_for_children;
	u64 signal = space->reboot;
	if (signal == 0 || space->level != 1 || space->child_reaper->tgid != task->tgid)
		return 0;
	struct process process = {
		.pid = task->tgid,
		.start_ticks = task->group_leader->start_boottime / TICK_NS,
	};
	map_update(&reboots_map, &process, &signal, ANY);
	return 0;
}
