// Scenario: a receiver of several tenants under load is killed again and again; and one tenant's
// disk is full while another's has room. Guarantee: each tenant's ledger has what has its receipts,
// and nothing of another's; whatever happens to one, the others are answered.
import { symlinkSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from '@jest/globals'
import { newDataFolder, requireSound } from './data-folder.ts'
import { faultTest } from './fault.ts'
import { type ReceiverProcess, startReceiverProcess } from './receiver-process.ts'
import { startSenders } from './sender-loop.ts'
import { bodyOf, newTenantPlace, post, recordsIn, spansOf } from './senders.ts'
import { mountDisk, whyNot } from './small-disk.ts'

const noConsole = ['--no-console']
const kills = 8

const killed = {
  where: 'receiver',
  fault: `kill -9 under load of three tenants, ${kills} times`,
  expected: 'of each: what has a receipt is in its place, in its own ledger; each log verifies',
} as const

faultTest(killed, async () => {
  await using main = await newDataFolder()
  const places = [main, await newTenantPlace(main, 'a', 2), await newTenantPlace(main, 'b', 2)]
  let receiver = await startReceiverProcess(main.data, noConsole)
  const senders = places.map((place) => startSenders(place, receiver.endpoint))
  for (let i = 0; i < kills; i++) {
    // Not at a multiple of the seal interval: kills must hit commits, seals and idle moments.
    await delay(60 + ((i * 137) % 400))
    await receiver.kill()
    receiver = await startReceiverProcess(main.data, noConsole)
    for (const each of senders) each.aim(receiver.endpoint)
  }
  await Promise.all(senders.map((each) => each.more(60)))
  const totals = await Promise.all(senders.map((each) => each.stop()))
  expect(await receiver.stop()).toBe(0)
  const counts: string[] = []
  for (const [at, place] of places.entries()) {
    const { receipted } = senders[at]!
    const inLog = await requireSound(place, receipted)
    expect(inLog).toBeGreaterThanOrEqual(totals[at]!)
    const own = new Set(place.producers.map(({ kid }) => kid))
    const foreign = (await recordsIn(place.data)).filter(({ kid }) => !own.has(kid))
    expect(foreign).toEqual([])
    counts.push(`${receipted.length} of ${inLog}`)
  }
  return `records with receipts, of those in the log: ${counts.join(', ')}`
})

const full = {
  where: 'receiver',
  fault: "a tenant's disk (tmpfs) is full under load, and has room again",
  expected: "its own are told to come again, all of the other's are taken; it goes on by itself",
  skip: whyNot('tmpfs'),
} as const

faultTest(full, async () => {
  const disk = mountDisk('tmpfs', 48)
  let receiver: ReceiverProcess | undefined
  try {
    await using main = await newDataFolder()
    const b = await newTenantPlace(main, 'b', 1)
    await mkdir(join(main.data, 'tenants'), { recursive: true })
    const a = await newTenantPlace({ data: disk.folder }, 'a', 1)
    symlinkSync(a.data, join(main.data, 'tenants', 'a'))
    receiver = await startReceiverProcess(main.data, noConsole)
    const { endpoint } = receiver
    let next = 0
    const statuses = { a: new Map<number, number>(), b: new Map<number, number>() }
    const sendBoth = async (): Promise<void> => {
      const spans = spansOf(next, 10)
      next += 10
      const [ofA, ofB] = await Promise.all(
        [a, b].map((each) => {
          return post(endpoint, bodyOf(each.producers[0]!, spans), each.receipts)
        }),
      )
      statuses.a.set(ofA!.status, (statuses.a.get(ofA!.status) ?? 0) + 1)
      statuses.b.set(ofB!.status, (statuses.b.get(ofB!.status) ?? 0) + 1)
    }
    for (let i = 0; i < 5; i++) await sendBoth()
    if (statuses.a.get(200) !== 5) throw new Error(receiver.log())
    disk.fillTo(100)
    // What is on the way may find room still.
    while (!statuses.a.has(503)) await sendBoth()
    for (let i = 0; i < 20; i++) await sendBoth()
    expect(statuses.a.get(503)).toBe(21)
    disk.free()
    const before = statuses.a.get(200)!
    while (statuses.a.get(200)! < before + 5) await sendBoth()
    expect([...statuses.b.keys()]).toEqual([200])
    expect(await receiver.stop()).toBe(0)
    const inB = await requireSound(b, [])
    expect(inB).toBe(statuses.b.get(200)! * 10)
    expect(await recordsIn(a.data)).toHaveLength(statuses.a.get(200)! * 10)
    await rm(join(main.data, 'tenants', 'a'))
    return `${statuses.a.get(503)} × 503 for it, ${statuses.b.get(200)} × 200 for the other`
  } finally {
    await receiver?.kill()
    disk.close()
  }
})
