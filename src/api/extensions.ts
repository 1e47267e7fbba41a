/**
 * What this server serves beyond the first version of the API. Clients look here before they offer a command, so
 * the list holds exactly what works.
 */
export const apiExtensions: readonly string[] = [
  'etag',
  'patch',
  'api_filtering',
  'api_os',
  'console',
  'container_cpu_time',
  'container_exec_recording',
  'container_exec_signal_handling',
  'container_exec_user_group_cwd',
  'container_full',
  'container_last_used_at',
  'directory_manipulation',
  'entity_description',
  'event_lifecycle',
  'file_append',
  'file_delete',
  'file_get_symlink',
  'file_symlinks',
  'instance_all_projects',
  'instance_bulk_state_change',
  'instance_create_start',
  'instance_get_full',
  'instance_state_started_at',
  'instances',
  'network',
  'operation_description',
  'projects',
  'proxy',
  'proxy_haproxy_protocol',
  'proxy_nat',
  'proxy_priv_drop',
  'proxy_tcp_udp_multi_port_handling',
  'proxy_udp',
  'proxy_unix',
  'proxy_unix_dac_properties',
  'metrics',
  'wadah_beancounters', // limits.tcp_sockets, limits.files and the like: docs/reference/counters.md
  'wadah_counters', // GET /1.0/instances/NAME/counters; the event instance-refused
  'wadah_doctor', // GET and POST /1.0/wadah/doctor: what this host lacks
  'wadah_fault_codes', // `wadah: {code, hint}` in errors and operations
  'wadah_kvm', // `wadah.kvm` in GET /1.0: what KVM does on this host
  'wadah_image_build', // POST /1.0/images with the source `wadah-build`
  'wadah_pending_changes', // `wadah.pending` in instances; `?force=1` when one is changed
  'wadah_openapi', // GET /1.0/openapi.json
  'wadah_instance_run', // `wadah.acceleration` and `wadah.failure` in the state of instances
  'wadah_ready', // `wadah.is_ready` in the state of instances
];
