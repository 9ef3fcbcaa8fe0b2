// Where a growing ledger is measured. See growth-points.test.ts.

/** Bytes of a record on the disk, and some more. */
const bytesPerRecord = 1_600
/** Left free for everybody else. */
const reservedBytes = 2 * 1024 ** 3
const smallest = 10_000

/** How many records a disk with so many free bytes has room for. */
export function recordsThatFit(freeBytes: number): number {
  return Math.max(0, Math.floor((freeBytes - reservedBytes) / bytesPerRecord))
}

/** Each power of ten from 10,000 on, and the most. RangeError: there is no room for a first one. */
export function growthPoints(most: number): number[] {
  if (most < smallest) throw new RangeError(`room for ${most} records, ${smallest} are the least`)
  const points: number[] = []
  for (let records = smallest; records < most; records *= 10) points.push(records)
  return [...points, most]
}

/** The most divided by the least: 1 is flat. */
export function flatness(figures: readonly number[]): number {
  return Math.max(...figures) / Math.min(...figures)
}
