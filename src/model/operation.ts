/** States of a long job; the last three are final. */
export const operationStates = [
  'pending',
  'running',
  'cancelling',
  'succeeded',
  'failed',
  'cancelled',
] as const;
export type OperationState = (typeof operationStates)[number];

export function isFinal(state: OperationState): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled';
}

export interface OperationProgress {
  /** What is being done, for people: `Unpacking packages`. */
  stage: string;
  /** 0 to 100, where it is known. */
  percent?: number;
  bytesPerSecond?: number;
}

/** A long job as others see it. */
export interface OperationView {
  /** UUID. */
  id: string;
  /** `instance.create`, `image.build` … */
  kind: string;
  description: string;
  state: OperationState;
  createdAt: string;
  updatedAt: string;
  /** What it works on: kind to names, such as `{ instances: ['web1'] }`. */
  resources: Record<string, string[]>;
  progress: OperationProgress | undefined;
  /** What came out of it, such as `{ fingerprint }` or `{ return: 0 }`. */
  result: Record<string, unknown>;
  isCancellable: boolean;
  fault: { code: string; message: string; hint: string | undefined } | undefined;
  project: string;
}
