// Fewer whole collections in the receiver and in a verification, and less memory. See
// `npm run bench -- ack`, `ingest` and `verify` for what it brings.
import { setFlagsFromString } from 'node:v8'

/**
 * Of what lives in the old generation; V8's own choice is below 100 for a heap that works much. For
 * a process whose heap lives on little; detection's does not.
 */
export const growingFlag = '--heap-growing-percent=200'

/**
 * Of a receiver's heap about 20 MiB live, and V8 would collect all of it before 20 more have grown
 * old. With less room than the young generation takes V8 marks the heap at once again, several
 * times a second under load, and acknowledgements wait for it. The young generation stays as small
 * as it begins: bodies and records lie in buffers outside of it, and with what V8 would make of it
 * the process takes 90 MiB more at full load, and no less time. A verification lives on as little,
 * and what it reads comes in large buffers, for each few of which all of it would be collected.
 */
export function growHeapFreely(): void {
  setFlagsFromString(growingFlag)
  setFlagsFromString('--semi-space-growth-factor=1')
}
