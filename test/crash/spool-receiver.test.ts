// Scenario: the receiver hangs, lies, is full, flaps or refuses one batch; the disk is read-only,
// full, damaged or of another key.
// Guarantee: the service answers as always; what the receiver does not have is kept, within the
// bounds, and what finds no room is counted; one bad batch or folder holds up nobody.
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import { type Answer, startSink } from '../../packages/sdk/test/fixtures/sink.ts'
import { faultTest } from './fault.ts'
import { away, createWorld, gapsOf, numbersOf, until, untilWritten } from './spool-service.ts'

const where = 'SDK'
const requests = 30
const all = 'kept until it answers well, then all received'

/** The receiver misbehaves at first: `answer` for its first requests. */
function misbehaving(fault: string, answer: (count: number) => Answer | null): void {
  faultTest({ where, fault, expected: all }, async () => {
    const world = await createWorld()
    let count = 0
    let tries = 0
    world.behave = () => {
      tries++
      return answer(count++)
    }
    const life = await world.start()
    expect(await life.request(requests)).toBe(requests)
    await until(() => tries >= 2, 'a second try')
    world.behave = null
    await until(() => world.sink.records().length >= requests + 1, 'all records')
    await life.request(1, '/end')
    expect(await life.ended).toBe(0)
    expect(gapsOf(world.sink)).toBe(0)
    expect(world.sink.faults).toEqual([])
    expect(world.folders()).toEqual([])
    await world.sink.close()
    return `${tries} bad answers, ${world.sink.records().length} records received`
  })
}

misbehaving('the receiver is full: 503 and Retry-After', () => ({
  status: 503,
  headers: { 'retry-after': '1' },
}))
misbehaving('the receiver gives no receipts', () => ({ status: 200 }))
misbehaving('the receiver flaps', (count) => (count % 2 === 0 ? away() : null))
misbehaving('the receiver gives garbage for receipts', () => ({
  status: 200,
  headers: { 'grantlog-receipt': 'Z2FyYmFnZQ==' },
}))
misbehaving('a partial success says that it rejects all', () => ({
  status: 200,
  body: Buffer.from([0x0a, 0x03, 0x08, 0xe7, 0x07]),
}))

const foreign = {
  where,
  fault: 'receipts are of another log',
  expected: 'worth nothing: kept, and sent by the next process',
} as const

faultTest(foreign, async () => {
  const world = await createWorld()
  const other = await startSink(world.producer)
  const life = await world.start({ GRANTLOG_ENDPOINT: other.endpoint })
  expect(await life.request(requests)).toBe(requests)
  await until(() => life.stderr().includes('RECEIPT_INVALID'), 'a notice')
  await untilWritten(world)
  await life.kill('SIGKILL')
  const next = await world.start()
  await until(() => world.sink.records().length >= requests + 2, 'all records')
  await next.kill('SIGKILL')
  await Promise.all([other.close(), world.sink.close()])
  expect(gapsOf(world.sink)).toBe(0)
  return `${other.bodies.length} bodies there, ${world.sink.records().length} records here`
})

const hanging = {
  where,
  fault: 'the receiver never answers, and the service ends',
  expected: 'it ends within the 2 s, the next process sends all',
} as const

faultTest(hanging, async () => {
  const world = await createWorld()
  world.behave = () => ({ status: 0 })
  const life = await world.start()
  expect(await life.request(requests)).toBe(requests)
  await life.request(1, '/end')
  expect(await life.ended).toBe(0)
  world.behave = null
  const next = await world.start()
  await until(() => world.sink.records().length >= requests + 4, 'all records')
  await next.kill('SIGKILL')
  await world.sink.close()
  expect(gapsOf(world.sink)).toBe(0)
  return `${requests + 3} made, ${world.sink.records().length - 1} received from the next process`
})

const refused = {
  where,
  fault: 'the receiver refuses one batch for good (400)',
  expected: 'it is set aside and kept, those behind it are received',
} as const

faultTest(refused, async () => {
  const world = await createWorld()
  let bad: Buffer | null = null
  let tries = 0
  world.behave = (body) => {
    bad ??= body
    if (!bad.equals(body)) return null
    tries++
    return { status: 400 }
  }
  const life = await world.start()
  await until(() => tries > 0, 'the first batch')
  expect(await life.request(requests)).toBe(requests)
  await until(() => world.sink.records().length >= requests, 'those behind it')
  await untilWritten(world)
  const behind = world.sink.records().length
  await life.kill('SIGKILL')
  world.behave = null
  const next = await world.start()
  await until(() => world.sink.records().length > behind + 1, 'the refused one')
  await next.kill('SIGKILL')
  await world.sink.close()
  expect(gapsOf(world.sink)).toBe(0)
  return `${behind} received behind it, it came once it was taken`
})

const noDisk = {
  where,
  fault: 'the state folder cannot be made (read-only disk)',
  expected: 'one notice, records wait in memory and are received',
} as const

faultTest(noDisk, async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'grantlog-file-')), 'file')
  writeFileSync(file, '')
  const world = await createWorld(join(file, 'state'))
  world.behave = away
  const life = await world.start()
  expect(await life.request(requests)).toBe(requests)
  await until(() => life.stderr().includes('SPOOL_UNAVAILABLE'), 'a notice')
  world.behave = null
  await until(() => world.sink.records().length >= requests + 1, 'all records')
  await life.kill('SIGKILL')
  await world.sink.close()
  const notices = life.stderr().match(/SPOOL_UNAVAILABLE/g) ?? []
  expect(notices).toHaveLength(1)
  return `${notices.length} notice, ${world.sink.records().length} records received`
})

const isRoot = process.getuid?.() === 0
const mounts = isRoot && process.platform === 'linux' ? null : 'needs root on Linux to mount'

const fullDisk = {
  where,
  fault: 'the disk is full (tmpfs of 96 KiB)',
  expected: 'answers go on, records wait in memory and are received',
  skip: mounts,
} as const

faultTest(fullDisk, async () => {
  const state = mkdtempSync(join(tmpdir(), 'grantlog-tmpfs-'))
  expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=96k', 'tmpfs', state]).status).toBe(0)
  try {
    const world = await createWorld(state)
    world.behave = away
    const life = await world.start()
    const many = 200
    expect(await life.request(many)).toBe(many)
    await until(() => life.stderr().includes('SPOOL_FULL'), 'a notice')
    world.behave = null
    await until(() => world.sink.records().length >= many + 1, 'all records')
    expect(gapsOf(world.sink)).toBe(0)
    await life.kill('SIGKILL')
    await world.sink.close()
    return `${world.sink.records().length} records received, 0 missing`
  } finally {
    spawnSync('umount', ['-l', state])
  }
})

const quota = {
  where,
  fault: 'GRANTLOG_SPOOL_BYTES is used up, and the service is killed',
  expected: 'the oldest are kept within the bound, the rest is a numbered loss',
} as const

faultTest(quota, async () => {
  const bytesMax = 64 * 1024
  const world = await createWorld()
  world.behave = away
  const life = await world.start({ GRANTLOG_SPOOL_BYTES: `${bytesMax}` })
  // These fit in any case, whatever is signed together later.
  await life.request(20)
  await untilWritten(world)
  expect(await life.request(130)).toBe(130)
  await until(() => life.stderr().includes('SPOOL_FULL'), 'a notice')
  await untilWritten(world)
  const bytes = world.files().reduce((sum, file) => sum + file.bytes, 0)
  expect(bytes).toBeLessThan(bytesMax + 2048)
  const [dead] = world.folders()
  await life.kill('SIGKILL')
  world.behave = null
  const next = await world.start()
  // The next has no folder of its own while its records are answered.
  await until(() => !world.folders().includes(dead!), 'the end of the folder')
  await next.kill('SIGKILL')
  await world.sink.close()
  const kept = Math.max(...[...numbersOf(world.sink).values()].map((numbers) => numbers.length))
  expect(gapsOf(world.sink)).toBe(0)
  expect(kept).toBeGreaterThan(20)
  return `${bytes} bytes on disk, numbers 0 to ${kept - 1} received of 151`
})

const damaged = {
  where,
  fault: 'bits of a left folder flip, another is of another key',
  expected: 'both are left alone with a notice, and block nobody',
} as const

faultTest(damaged, async () => {
  const world = await createWorld()
  world.behave = away
  const lives: string[] = []
  const other = await createWorld(world.state)
  other.behave = away
  for (const producer of [world, world, other]) {
    const life = await producer.start()
    await life.request(requests)
    await untilWritten(world)
    await life.kill('SIGKILL')
    const fresh = world.folders().filter((name) => !lives.includes(name))
    lives.push(...fresh)
  }
  flip(join(world.state, 'spool', lives[0] as string))
  world.behave = null
  const next = await world.start()
  await until(() => world.sink.records().length >= requests + 2, 'the sound one')
  await until(() => asideIn(world.state) === 1, 'the damaged one set aside')
  await until(() => next.stderr().includes('SPOOL_FOREIGN'), 'a notice of the other one')
  expect(next.stderr()).toContain('SPOOL_DAMAGED')
  expect(world.folders()).toEqual(expect.arrayContaining([lives[0], lives[2]]))
  expect(await next.request(1)).toBe(1)
  await next.kill('SIGKILL')
  await Promise.all([world.sink.close(), other.sink.close()])
  return `2 of 3 folders left alone, ${world.sink.records().length} records received beside them`
})

/** How many folders have been set aside. */
function asideIn(state: string): number {
  const spool = join(state, 'spool')
  return readdirSync(spool).filter((name) => readdirSync(join(spool, name)).includes('aside'))
    .length
}

/** Flips a bit in the middle of a frame that others follow. */
function flip(folder: string): void {
  const segment = readdirSync(folder).find((name) => name.endsWith('.seg')) as string
  const file = openSync(join(folder, segment), 'r+')
  writeSync(file, Buffer.from('flipped'), 0, 7, 200)
  closeSync(file)
}
