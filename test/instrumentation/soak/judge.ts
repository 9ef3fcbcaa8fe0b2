// Whether memory is flat: the line through what was measured, without the beginning, when caches
// fill and code is compiled.

/** After so many requests, in bytes, when garbage had been collected. */
export interface Sample {
  readonly requests: number
  readonly heapUsed: number
  /** What objects of the heap hold outside of it, such as the bytes of buffers. */
  readonly external: number
  readonly rss: number
}

/** Of the samples, those that are left out. */
const warmupShare = 0.3

/**
 * What the line may rise by from the warm-up to the end. Of a heap it is more than two runs of one
 * program differ by, and over 10⁶ requests less than 9 bytes for each: the smallest object has 12.
 * Of buffers it is some batches on their way. Pages that V8 keeps make the process' own memory less
 * even.
 */
export const riseBytesMax = { heapUsed: 6 << 20, external: 4 << 20, rss: 64 << 20 }

/** What is measured of a process. */
export type Kind = keyof typeof riseBytesMax
export const kinds = ['heapUsed', 'external', 'rss'] as const satisfies readonly Kind[]

export interface Rise {
  readonly kind: Kind
  readonly bytes: number
  /** Bytes that the line rises by with each request. */
  readonly slope: number
  readonly isFlat: boolean
}

/** How far the line of least squares rises, for each kind of memory. At least four samples. */
export function risesOf(samples: readonly Sample[]): readonly Rise[] {
  const warm = samples.slice(Math.ceil(samples.length * warmupShare))
  if (warm.length < 2) throw new Error(`${samples.length} samples are too few`)
  const span = warm.at(-1)!.requests - warm[0]!.requests
  return kinds.map((kind) => {
    const slope = slopeOf(warm.map((sample) => [sample.requests, sample[kind]]))
    const bytes = Math.round(slope * span)
    return { kind, bytes, slope, isFlat: bytes <= riseBytesMax[kind] }
  })
}

/** How many times as much memory the last sample of one has as that of another. */
export function ratioOf(of: readonly Sample[], to: readonly Sample[], kind: Kind): number {
  return of.at(-1)![kind] / to.at(-1)![kind]
}

function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (at: 0 | 1): number =>
    points.reduce((sum, point) => sum + point[at], 0) / points.length
  const [x, y] = [mean(0), mean(1)]
  const above = points.reduce((sum, [one, other]) => sum + (one - x) * (other - y), 0)
  return above / points.reduce((sum, [one]) => sum + (one - x) ** 2, 0)
}
