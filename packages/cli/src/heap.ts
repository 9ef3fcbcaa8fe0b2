// Fewer whole collections in the receiver and in a verification, and less memory. See
// `npm run bench -- ack`, `ingest` and `verify` for what it brings.
import { setFlagsFromString } from 'node:v8'

/**
 * By how much the old generation may grow before V8 looks at all of it again, in parts of what
 * lives there. Its own choice is below 100 where much is done, and 30 in a process that had nothing
 * to do for a while.
 */
const growingBy = (percent: number): string => `--heap-growing-percent=${percent}`

/** For a process whose heap lives on little. */
export const growingFlag = growingBy(200)
/** For detection, which knows much: 100 MB and more. */
export const knowingFlag = growingBy(100)

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
