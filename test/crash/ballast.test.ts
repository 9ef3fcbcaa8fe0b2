// Scenario: the disk of a receiver fills while what it has taken is not sealed yet.
// Guarantee: the ballast is given up, so that sealing ends; nothing new is taken meanwhile; with
// room again the next batch is taken and the ballast is back; each is told once.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect } from '@jest/globals'
import { audit, ballastBytes, foldersUnder, openLedger } from '@grantlog/ledger'
import { faultTest } from './fault.ts'
import { type ReceiverProcess, startReceiverProcess } from './receiver-process.ts'
import { bodyOf, newPlace, post, type Posted, recordsIn, spansOf } from './senders.ts'
import { mountDisk, whyNot } from './small-disk.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

/** Committed, and of these published. */
async function sizes({ adminEndpoint }: ReceiverProcess): Promise<[number, number]> {
  const answer = await fetch(`${adminEndpoint}/readyz`)
  const { published, size } = (await answer.json()) as { size: number; published: number }
  return [size, published]
}

faultTest(
  {
    where: 'ledger',
    fault: 'its disk (tmpfs) fills before what it took is sealed',
    expected: 'the ballast makes room: all is sealed, 503 meanwhile, goes on by itself, told once',
    skip: whyNot('tmpfs'),
  },
  async () => {
    const disk = mountDisk('tmpfs', 64)
    ends.push(() => disk.close())
    const place = await newPlace(1, disk.folder)
    const receiver = await startReceiverProcess(place.data)
    ends.push(() => receiver.kill())
    const ballast = join(foldersUnder(place.data).ledger, 'ballast')
    expect(statSync(ballast).size).toBe(ballastBytes)
    let next = 0
    const send = (): Promise<Posted> => {
      const body = bodyOf(place.producers[0]!, spansOf(next, 10))
      next += 10
      return post(receiver.endpoint, body, place.receipts)
    }
    let receipted = 0
    const sendUntilFull = async (): Promise<Posted> => {
      for (;;) {
        const posted = await send()
        if (posted.status !== 200) return posted
        receipted += 10
        // At once: sealing comes a quarter of a second later.
        disk.fillTo(100)
      }
    }
    expect(await sendUntilFull()).toMatchObject({
      status: 503,
      retryAfter: expect.stringMatching(/^\d+$/),
    })
    await receiver.event('DISK_FULL')
    expect(statSync(ballast).size).toBe(0)
    let [size, published] = await sizes(receiver)
    while (published < size) [size, published] = await sizes(receiver)
    // There is room, but not for that.
    expect((await send()).status).toBe(503)
    disk.free()
    expect((await send()).status).toBe(200)
    receipted += 10
    await receiver.event('DISK_RECOVERED')
    expect(statSync(ballast).size).toBe(ballastBytes)
    expect(receiver.log().match(/"DISK_(FULL|RECOVERED)"/g)).toEqual([
      '"DISK_FULL"',
      '"DISK_RECOVERED"',
    ])
    expect(await receiver.stop()).toBe(0)
    const report = await audit({ folders: foldersUnder(place.data), logKey: place.logKey })
    expect(report.findings).toEqual([])
    expect(await recordsIn(place.data)).toHaveLength(receipted)
    return `${receipted} receipted and sealed, ${published} leaves of them on the full disk`
  },
)

faultTest(
  {
    where: 'ledger',
    fault: 'it is opened on a full disk (tmpfs)',
    expected: 'it opens, with the room of its ballast, takes nothing, and goes on with room again',
    skip: whyNot('tmpfs'),
  },
  async () => {
    const disk = mountDisk('tmpfs', 64)
    ends.push(() => disk.close())
    const place = await newPlace(1, disk.folder)
    const folders = foldersUnder(place.data)
    const commit = async (ledger: Awaited<ReturnType<typeof openLedger>>): Promise<unknown> =>
      ledger.commit(place.producers[0]!.batch(spansOf(0, 10)))
    await (await openLedger(folders, { ballastBytes })).close()
    disk.fillTo(100)
    const told: string[] = []
    const onDisk = (state: string): unknown => told.push(state)
    const ledger = await openLedger(folders, { ballastBytes, onDisk })
    await expect(commit(ledger)).rejects.toMatchObject({ code: 'LEDGER_FULL' })
    disk.free()
    await commit(ledger)
    await ledger.settle()
    expect([ledger.published, statSync(join(folders.ledger, 'ballast')).size]).toEqual([
      ledger.size,
      ballastBytes,
    ])
    await ledger.close()
    expect(told).toEqual(['full', 'recovered'])
    return `opened, ${told.join(', ')}, ${ledger.published} leaves sealed`
  },
)
