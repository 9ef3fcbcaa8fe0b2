// Each limit: unit, default, reason, and the error above it. Limits are tested at N and N + 1.
import { JournalError } from './errors.ts'

/**
 * Bytes of one frame's payload; above it `append` rejects with JOURNAL_TOO_LARGE.
 * Reason: a frame is read and checked whole, and a torn one is searched whole at open.
 */
export const PAYLOAD_BYTES_MAX: number = 64 * 1024 * 1024

/**
 * Bytes of one segment file before the next one is begun. A frame that is larger gets a segment
 * to itself, so there is no error.
 * Reason: open scans one segment (64 MiB: about 0.1 s), and prune frees whole segments.
 */
export const SEGMENT_BYTES_DEFAULT: number = 64 * 1024 * 1024

/**
 * Bytes that a quota has at least; below it openJournal throws JOURNAL_ARGUMENT.
 * Reason: a segment header and the smallest frame, so that something can be appended at all.
 */
export const QUOTA_BYTES_MIN: number = 72

/**
 * How many times its own bytes must be free before a ballast is taken; else it is not held.
 * Reason: taking the last space would fill the disk at once, and it would be given up again.
 */
export const BALLAST_FREE_FACTOR: number = 3

/**
 * Bytes between two remembered positions of a segment.
 * Reason: finding a frame reads at most this much, for about 4 KB of memory per segment.
 */
export const MARK_BYTES: number = 256 * 1024

/**
 * Bytes fetched by one read while walking a segment.
 * Reason: from here on a larger read is no faster, and a kept payload pins no more than this.
 */
export const READ_BYTES: number = 256 * 1024

/** `value` when it is a whole number in the range, by default 0…2^53 − 1; else JOURNAL_ARGUMENT. */
export function wholeNumber(
  name: string,
  value: number,
  range: { readonly least?: number; readonly most?: number } = {},
): number {
  const { least = 0, most = Number.MAX_SAFE_INTEGER } = range
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  throw new JournalError('JOURNAL_ARGUMENT', `${name} is ${value}, not one of ${least}…${most}`)
}
