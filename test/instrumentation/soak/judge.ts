// Whether memory is flat: the line through what was measured, without the beginning, when caches
// fill and code is compiled.

/** After so many requests, in bytes, when garbage had been collected. */
export interface Sample {
  readonly requests: number
  readonly heapUsed: number
  readonly rss: number
}

/** Of the samples, those that are left out. */
const warmupShare = 0.3

/**
 * What the line may rise by from the warm-up to the end. Of a heap it is more than two runs of one
 * program differ by, and over 10⁶ requests less than 9 bytes for each: the smallest object has 12.
 * Pages that V8 keeps make the process' own memory less even.
 */
export const riseBytesMax = { heapUsed: 6 << 20, rss: 64 << 20 }

export interface Rise {
  readonly kind: keyof typeof riseBytesMax
  readonly bytes: number
  readonly isFlat: boolean
}

/** How far the line of least squares rises, for each kind of memory. At least four samples. */
export function risesOf(samples: readonly Sample[]): readonly Rise[] {
  const warm = samples.slice(Math.ceil(samples.length * warmupShare))
  if (warm.length < 2) throw new Error(`${samples.length} samples are too few`)
  const span = warm.at(-1)!.requests - warm[0]!.requests
  return (['heapUsed', 'rss'] as const).map((kind) => {
    const points = warm.map((sample) => [sample.requests, sample[kind]] as const)
    const bytes = Math.round(slopeOf(points) * span)
    return { kind, bytes, isFlat: bytes <= riseBytesMax[kind] }
  })
}

function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (at: 0 | 1): number =>
    points.reduce((sum, point) => sum + point[at], 0) / points.length
  const [x, y] = [mean(0), mean(1)]
  const above = points.reduce((sum, [one, other]) => sum + (one - x) * (other - y), 0)
  return above / points.reduce((sum, [one]) => sum + (one - x) ** 2, 0)
}
