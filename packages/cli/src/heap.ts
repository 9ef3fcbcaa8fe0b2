// Fewer whole collections in the receiver. See `npm run bench -- ack` for what it brings.
import { setFlagsFromString } from 'node:v8'

/** Of what lives in the old generation; V8's own choice is below 100 for a heap that works much. */
const growingPercent = 200

/**
 * Of a receiver's heap about 20 MiB live, and V8 would collect all of it before 20 more have grown
 * old. A young generation has up to 32: with less room than that left V8 marks the heap at once
 * again, several times a second under load, and acknowledgements wait for it. Bodies and frames lie
 * in buffers, which are not counted here.
 */
export function growHeapFreely(): void {
  setFlagsFromString(`--heap-growing-percent=${growingPercent}`)
}
