import { noLocation, statusCodes } from '#contract/contract.ts';
import type { Operation, OperationNote } from '#contract/contract.ts';
import { formatBytes } from '#base/units.ts';
import type { FaultCode } from '#model/fault.ts';
import type { OperationProgress, OperationState, OperationView } from '#model/operation.ts';

const statuses = {
  pending: 'Pending',
  running: 'Running',
  cancelling: 'Cancelling',
  succeeded: 'Success',
  failed: 'Failure',
  cancelled: 'Cancelled',
} as const satisfies Record<OperationState, Operation['status']>;

export function operationDocument(view: OperationView): Operation {
  const status = statuses[view.state];
  return {
    id: view.id,
    class: 'fds' in view.result ? 'websocket' : 'task',
    description: view.description,
    created_at: view.createdAt,
    updated_at: view.updatedAt,
    status,
    status_code: statusCodes[status],
    resources: resourcePaths(view.resources),
    metadata: { ...view.result, ...(view.progress && { stage_progress: progressText(view.progress) }) },
    may_cancel: view.isCancellable,
    err: view.fault?.message ?? '',
    location: noLocation,
    wadah: noteOf(view),
  };
}

/** Names as API paths. Old clients look for instances under `containers`. */
function resourcePaths(resources: Record<string, string[]>): Record<string, string[]> {
  const { instances } = resources;
  const all = instances ? { ...resources, containers: instances } : resources;
  const pathsOf = ([kind, names]: [string, string[]]): [string, string[]] => [
    kind,
    names.map((name) => `/1.0/${kind}/${encodeURIComponent(name)}`),
  ];
  return Object.fromEntries(Object.entries(all).map(pathsOf));
}

/** `Unpacking packages: 42% (7MiB/s)`. */
function progressText({ stage, percent, bytesPerSecond }: OperationProgress): string {
  const share = percent === undefined ? '' : `: ${Math.floor(percent)}%`;
  const speed = bytesPerSecond === undefined ? '' : ` (${formatBytes(bytesPerSecond)}/s)`;
  return `${stage}${share}${speed}`;
}

function noteOf({ kind, progress, fault }: OperationView): OperationNote {
  return {
    kind,
    ...(progress && {
      progress: {
        stage: progress.stage,
        ...(progress.percent !== undefined && { percent: progress.percent }),
        ...(progress.bytesPerSecond !== undefined && { bytes_per_second: progress.bytesPerSecond }),
      },
    }),
    ...(fault && {
      fault: {
        code: fault.code as FaultCode,
        message: fault.message,
        ...(fault.hint !== undefined && { hint: fault.hint }),
      },
    }),
  };
}
