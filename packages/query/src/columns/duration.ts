// Durations in 32 bits: microseconds up to 36 minutes, from there milliseconds up to 24 days. See
// duration.test.ts.

const edge = 2 ** 31

/** `micros`: a whole number, not below 0. Longer ones are told as the longest. */
export function encodeDuration(micros: number): number {
  if (micros < edge) return micros
  return Math.min(edge + Math.floor(micros / 1_000), 2 ** 32 - 1)
}

/** Microseconds. */
export function decodeDuration(stored: number): number {
  return stored < edge ? stored : (stored - edge) * 1_000
}
