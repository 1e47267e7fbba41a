import type { AsyncAnswer, ErrorAnswer } from '#contract/contract.ts';
import type { Fault } from '#model/fault.ts';
import type { OperationView } from '#model/operation.ts';
import { operationDocument } from '../views/operation.ts';

export function syncAnswer(metadata: unknown): object {
  return {
    type: 'sync',
    status: 'Success',
    status_code: 200,
    operation: '',
    error_code: 0,
    error: '',
    metadata,
  };
}

export const operationPath = (id: string): string => `/1.0/operations/${id}`;

export function asyncAnswer(view: OperationView): AsyncAnswer {
  return {
    type: 'async',
    status: 'Operation created',
    status_code: 100,
    operation: operationPath(view.id),
    error_code: 0,
    error: '',
    metadata: operationDocument(view),
  };
}

/** `status` is the HTTP status. */
export function errorAnswer(fault: Fault, status: number): ErrorAnswer {
  return {
    type: 'error',
    status: '',
    status_code: 0,
    operation: '',
    error_code: status,
    error: fault.message,
    metadata: null,
    wadah: { code: fault.code, ...(fault.hint !== undefined && { hint: fault.hint }) },
  };
}
