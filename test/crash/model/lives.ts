// How the processes of a driver live on a disk that fails, and how they end.
import { type MemoryFiles, type Random, systemError } from '@grantlog/journal/testing'

export interface Mortal {
  readonly random: Random
  readonly files: MemoryFiles
  readonly counts: { powerCuts: number; kills: number }
  /** A fault struck in this life. */
  isFaulty: boolean
}

/**
 * One life on a disk that may lose its power at any call; then a power cut, or the end of the
 * process alone. `live` ends quietly when the disk does; `setFaults` lets one call in so many fail,
 * none when it is 0.
 */
export async function liveAndDie(
  world: Mortal,
  setFaults: (oneIn: number) => void,
  live: () => Promise<void>,
): Promise<void> {
  const { counts, files, random } = world
  world.isFaulty = false
  if (!random.oneIn(4)) files.powerOffIn(1 + random.below(random.oneIn(2) ? 120 : 40))
  setFaults(random.oneIn(4) ? 4 + random.below(30) : 0)
  await live()
  files.fault = undefined
  if (random.oneIn(2)) {
    counts.powerCuts++
    files.crash({ torn: !random.oneIn(4) })
  } else {
    counts.kills++
    files.kill()
  }
}

/** The process ends here, between two calls: what it does from now on has no effect. */
export function endBetweenCalls({ files }: Mortal): void {
  if (files.isOff) return
  files.powerOffIn(1)
  try {
    files.commit('/killed', () => undefined)
  } catch {
    return
  }
}

/** What a call fails with: a full disk only where it takes room. */
export function faultOf(random: Random, kind: string): Error {
  const mayBeFull = kind !== 'sync' && kind !== 'syncDirectory' && kind !== 'remove'
  return systemError(mayBeFull && !random.oneIn(3) ? 'ENOSPC' : 'EIO')
}
