// Memory of processes and bytes of folders over time, and whether they grow.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

export interface Series {
  readonly name: string
  /** Seconds since the start, and MiB. */
  readonly points: { readonly at: number; readonly mib: number }[]
}

export interface Trend {
  readonly name: string
  readonly firstQuarter: number
  readonly lastQuarter: number
  readonly most: number
  /** MiB an hour, by least squares. */
  readonly slope: number
}

/** Resident memory of a process; null when it is gone. */
export function residentMib(pid: number): number | null {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
    return (pages * 4096) / 2 ** 20
  } catch {
    const { stdout } = spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })
    return Number(stdout) > 0 ? Number(stdout) / 1024 : null
  }
}

/** All files below a folder; what goes away meanwhile does not count. */
export function folderMib(folder: string): number {
  let bytes = 0
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    try {
      const found = statSync(join(folder, name))
      if (found.isFile()) bytes += found.size
    } catch {
      continue
    }
  }
  return bytes / 2 ** 20
}

/** Null for fewer than eight points: two quarters of one are no trend. */
export function trendOf({ name, points }: Series): Trend | null {
  if (points.length < 8) return null
  const end = points.at(-1)!.at
  const quarter = (from: number, to: number): number => {
    const inside = points.filter(({ at }) => at >= from && at <= to)
    return inside.reduce((sum, { mib }) => sum + mib, 0) / Math.max(1, inside.length)
  }
  const start = points[0]!.at
  const length = end - start
  const [meanAt, meanMib] = [
    points.reduce((sum, { at }) => sum + at, 0) / points.length,
    points.reduce((sum, { mib }) => sum + mib, 0) / points.length,
  ]
  const [above, below] = points.reduce(
    ([a, b], { at, mib }) => [a + (at - meanAt) * (mib - meanMib), b + (at - meanAt) ** 2],
    [0, 0],
  )
  return {
    name,
    firstQuarter: quarter(start, start + length / 4),
    lastQuarter: quarter(end - length / 4, end),
    most: Math.max(...points.map(({ mib }) => mib)),
    slope: (above / below) * 3600,
  }
}
