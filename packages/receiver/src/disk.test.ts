import { expect, test } from '@jest/globals'
import { levelOf, watchDisk } from './disk.ts'
import type { LogEvent } from './flow.ts'
import type { Space } from './io/space.ts'
import { DISK_AMPLE_BYTES } from './limits.ts'

const space = (usedPercent: number, freeBytes = 1_000): Space => ({ usedPercent, freeBytes })

test.each([
  [89, 1_000, 'ok'],
  [90, 1_000, 'low'],
  [94, 1_000, 'low'],
  [95, 1_000, 'very low'],
  [100, 0, 'very low'],
  [95, DISK_AMPLE_BYTES - 1, 'very low'],
  [95, DISK_AMPLE_BYTES, 'ok'],
] as const)('%i %% used and %i bytes free are %s', (usedPercent, freeBytes, level) => {
  expect(levelOf({ usedPercent, freeBytes })).toBe(level)
})

test('the fullest disk counts, and each level is told once', async () => {
  const events: LogEvent[] = []
  const looks = [89, 91, 92, 96, 97, 50].map((percent) => [space(10), space(percent)])
  let spaces = looks[0]!
  const disk = watchDisk({
    folders: ['a', 'b'],
    spaceOf: async (folder) => spaces[folder === 'a' ? 0 : 1]!,
    log: (event) => events.push(event),
  })
  expect(disk.status).toBe(null)
  for (spaces of looks) await disk.look()
  expect(events.map(({ code, level, usedPercent }) => [code, level, usedPercent])).toEqual([
    ['DISK_LOW', 'warn', 91],
    ['DISK_LOW', 'error', 96],
    ['DISK_OK', 'info', 50],
  ])
  expect(disk.status).toEqual({ usedPercent: 50, freeBytes: 1_000, level: 'ok' })
})

test('a disk that says nothing stops nothing', async () => {
  const events: LogEvent[] = []
  const disk = watchDisk({
    folders: ['a'],
    spaceOf: () => Promise.reject(new Error('EIO')),
    log: (event) => events.push(event),
  })
  await disk.look()
  expect(events).toMatchObject([{ code: 'DISK_UNKNOWN' }])
})
