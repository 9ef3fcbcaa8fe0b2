// Scenario: a disk fills under a ledger, and has room again; in the filesystem model.
// Guarantee: what was committed is sealed all the same, nothing new is taken meanwhile, both is
// told once, and it goes on by itself.
import { describe, expect, test } from '@jest/globals'
import { openBallast } from '@grantlog/journal'
import { createMemoryFiles, type MemoryFiles } from '@grantlog/journal/testing'
import { LedgerError } from './codes.ts'
import { FullDisk } from './full-disk.ts'
import type { Schedule } from './seal/loop.ts'

const bytes = 1000
const path = '/data/ballast'

interface Bench {
  readonly files: MemoryFiles
  readonly told: string[]
  readonly disk: FullDisk
  /** A commit of a file of so many bytes. */
  commit(size: number): Promise<void>
  /** Runs what is scheduled. */
  tick(): Promise<void>
}

async function bench(capacityBytes = 5000, files = createMemoryFiles()): Promise<Bench> {
  files.capacityBytes = capacityBytes
  await files.makeDirectory('/data')
  const told: string[] = []
  const planned: (() => void)[] = []
  const schedule: Schedule = (work) => {
    planned.push(work)
    return () => planned.splice(planned.indexOf(work), 1)
  }
  const ballasts = [await openBallast({ path, bytes, files })]
  const disk = new FullDisk({ ballasts, schedule, onChange: (state) => told.push(state) })
  const firstName = (await files.list('/data')).length
  let count = firstName
  const write = async (size: number): Promise<void> => {
    const file = await files.open(`/data/${files.lives}-${count++}`, 'create')
    await file.write([new Uint8Array(size)], 0).catch((cause: unknown) => {
      throw new LedgerError('LEDGER_FULL', 'full', { cause })
    })
  }
  return {
    ...{ files, told, disk },
    commit: (size) => disk.commit(() => write(size)),
    async tick() {
      for (const work of planned.splice(0)) work()
      // What it began is done when the ballast answers again.
      await ballasts[0]?.restore()
    },
  }
}

const isFull = expect.objectContaining({ code: 'LEDGER_FULL' }) as object

describe('a full disk', () => {
  test('gives up the ballast, refuses commits until it is back, and tells each once', async () => {
    const { commit, disk, files, told } = await bench()
    await commit(3900)
    await expect(commit(200)).rejects.toEqual(isFull)
    expect([told, await files.freeBytes('/')]).toEqual([['full'], 1000])
    // There would be room; it is for others.
    await expect(commit(10)).rejects.toEqual(isFull)
    await disk.full('seal', new LedgerError('LEDGER_FULL', 'full'))
    disk.wrote('seal')
    expect(told).toEqual(['full'])
    files.capacityBytes += 3 * bytes
    await commit(10)
    expect([told, await files.size(path)]).toEqual([['full', 'recovered'], bytes])
  })

  test('is looked at again when nobody commits', async () => {
    const { commit, disk, files, told, tick } = await bench()
    expect(disk.isFull).toBe(false)
    await expect(commit(9000)).rejects.toEqual(isFull)
    await tick()
    expect([told, disk.isFull]).toEqual([['full'], true])
    files.capacityBytes += 6000
    await tick()
    await commit(1)
    expect([told, disk.isFull]).toEqual([['full', 'recovered'], false])
  })

  test('is still known after a restart', async () => {
    const { commit, files } = await bench()
    await commit(3900)
    await expect(commit(200)).rejects.toEqual(isFull)
    const again = await bench(5000, files)
    again.disk.start()
    await expect(again.commit(10)).rejects.toEqual(isFull)
    files.capacityBytes += 3 * bytes
    await again.commit(10)
    expect(again.told).toEqual(['full', 'recovered'])
  })

  test('that is too small for a ballast is tried at each commit', async () => {
    const { commit, disk, files, told } = await bench(2000)
    await expect(commit(2001)).rejects.toEqual(isFull)
    await disk.full('seal', new LedgerError('LEDGER_FULL', 'full'))
    files.capacityBytes = 4000
    await commit(10)
    // Sealing still waits.
    expect(told).toEqual(['full'])
    disk.wrote('seal')
    expect(told).toEqual(['full', 'recovered'])
  })
})
