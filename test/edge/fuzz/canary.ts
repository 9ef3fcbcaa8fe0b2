// A reader with a bug, as they are written: it believes a length. A fuzzer that does not find it
// finds nothing.
import { RecordError } from '@grantlog/record'
import type { TargetSource } from './target.ts'

/** Length-prefixed blocks; one of 64 bytes is read as a list, and nobody checked for it. */
export const canary: TargetSource = {
  name: 'canary',
  open: () => ({
    seeds: [Uint8Array.from([3, 1, 2, 3, 1, 9]), Uint8Array.from([2, 7, 7, 4, 1, 2, 3, 4])],
    read(input) {
      for (let at = 0; at < input.length;) {
        const length = input[at]!
        const block = input.subarray(at + 1, at + 1 + length)
        if (length === 64 && block.length > 4) (block as unknown as string[])[9]!.trim()
        if (block.length < length) throw new RecordError('OTLP_MALFORMED', 'cut off')
        at += 1 + length
      }
    },
  }),
}
