// Written by scripts/beancounters.mjs from reboots.bpf.c.
import type { ProgramObject } from '../../bpf/object.ts';

export const rebootPrograms: readonly ProgramObject[] = [
  {"name":"process_ends","attachment":"tp_btf/sched_process_exit","code":"hQAAAJ4AAAB5ASAAAAAAAHkRAAAAAAAAYRIQAAAAAABnAgAAIAAAAMcCAAAgAAAAeyr4/wAAAAAWAhYAAAAAAGESAAAAAAAAVgIUAAEAAAB5EQgAAAAAAGECCAAAAAAAYREIAAAAAABeIRAAAAAAAGEBCAAAAAAAZwEAACAAAADHAQAAIAAAAHsa6P8AAAAAeQEYAAAAAAB5ERAAAAAAADcBAACAlpgAexrw/wAAAAC/ogAAAAAAAAcCAADo////v6MAAAAAAAAHAwAA+P///xgBAAAAAAAAAAAAAAAAAAC3BAAAAAAAAIUAAAACAAAAtAAAAAAAAACVAAAAAAAAAA==","maps":[[26,"reboots"]],"fields":[[1,"task_struct.nsproxy"],[2,"nsproxy.pid_ns_for_children"],[3,"pid_namespace.reboot"],[8,"pid_namespace.level"],[10,"pid_namespace.child_reaper"],[11,"task_struct.tgid"],[12,"task_struct.tgid"],[14,"task_struct.tgid"],[18,"task_struct.group_leader"],[19,"task_struct.start_boottime"]]},
];
