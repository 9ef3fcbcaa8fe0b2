// Scenario: a call on the offset or the dead letters of a sink fails, or the process dies in it,
// while the sink refuses one record in forty beside others that it takes.
// Guarantee: the sink gets each record at least once, or has a letter with its index; none is
// skipped, and no letter names a record that was not refused. A disk that fails stops that sink
// alone, until the next start.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { readDeadLetters } from '../../packages/receiver/src/forward/io/dead-letter.ts'
import { spansIn, textOf } from '../../packages/sdk/test/fixtures/otlp.ts'
import { newDataFolder } from './data-folder.ts'
import { faultTest } from './fault.ts'
import { playIn } from './story.ts'
import { type Injection, noStrace } from './strace.ts'

interface Picky extends AsyncDisposable {
  readonly url: string
  /** What the receiver calls it. */
  readonly name: string
  /** Indexes of records that it took. */
  readonly taken: ReadonlySet<number>
}

const isRefused = (index: number): boolean => index % 40 === 7

async function startPicky(): Promise<Picky> {
  const taken = new Set<number>()
  const server = createServer(async (request, response) => {
    const indexes = spansIn(await buffer(request)).map((span) =>
      Number(textOf(span, 'grantlog.index')),
    )
    const isBad = indexes.some(isRefused)
    if (!isBad) for (const index of indexes) taken.add(index)
    response.writeHead(isBad ? 400 : 200, { 'content-type': 'application/x-protobuf' }).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/v1/traces`
  const tail = createHash('sha256').update(url).digest('hex').slice(0, 8)
  return {
    url,
    name: `127-0-0-1-${port}-${tail}`,
    taken,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Ends of their names. */
const files = {
  offset: 'offset.tmp',
  'dead letters': 'dead.jsonl',
} as const

type Row = [
  file: keyof typeof files,
  calls: string,
  effect: Pick<Injection, 'error' | 'signal'>,
  when: string,
  reaction: keyof typeof reactions,
  isLong?: boolean,
]

const writes = 'write,pwritev,pwrite64'
const eio = { error: 'EIO' } as const
const enospc = { error: 'ENOSPC' } as const
const kill = { signal: 'KILL' } as const

const rows: readonly Row[] = [
  ['offset', writes, eio, '3', 'stops'],
  ['offset', 'fdatasync', eio, '3', 'stops'],
  ['offset', writes, enospc, '2..4', 'waits'],
  ['offset', writes, kill, '3', 'dies'],
  ['offset', 'fdatasync', kill, '2', 'dies', true],
  ['dead letters', writes, eio, '2', 'stops'],
  ['dead letters', 'fdatasync', eio, '2', 'stops'],
  ['dead letters', writes, enospc, '2..3', 'waits'],
  ['dead letters', writes, kill, '2', 'dies', true],
  ['dead letters', 'fdatasync', kill, '3', 'dies'],
]

/** What must be seen at once; then, of another process, the same of them all. */
const reactions = {
  stops: ['this sink alone stops, told; a new process goes on', 'SINK_STOPPED'],
  waits: ['it waits for space', undefined],
  dies: ['a new process goes on', undefined],
} as const

for (const [file, calls, effect, when, reaction, isLong = false] of rows) {
  const what = effect.signal === undefined ? `fails with ${effect.error}` : 'kills the process'
  const fault = `${calls.split(',')[0]} of a sink's ${file} ${what} (call ${when})`
  const [first, told] = reactions[reaction]
  const expected = `${first}; each record is at the sink or has a letter, none is lost`
  faultTest({ where: 'sink', fault, expected, skip: noStrace(), isLong }, async () => {
    await using place = await newDataFolder()
    await using sink = await startPicky()
    const queue = join(place.data, 'queue')
    const lettered = async (): Promise<number[]> =>
      (await readDeadLetters(queue, sink.name)).flatMap(({ indexes }) => indexes)
    const seen = await playIn(place, {
      inject: () => ({
        calls,
        ...effect,
        when,
        paths: [join(queue, `${sink.name}.${files[file]}`)],
      }),
      reaction: reaction === 'dies' ? 'is killed' : 'goes on',
      ...(told !== undefined && { told }),
      args: ['--forward', sink.url],
      // Else the sink gets thousands at once, and its third request is far away.
      pauseMs: 50,
      beforeStop: async (receipted) => {
        let missing: number[]
        do {
          const buried = new Set(await lettered())
          const all = receipted.map(({ index }) => index)
          missing = all.filter((index) => !(isRefused(index) ? buried : sink.taken).has(index))
          await delay(50)
        } while (missing.length > 0)
      },
    })
    const letters = await lettered()
    const wrong = letters.filter((index) => !isRefused(index))
    if (wrong.length > 0) throw new Error(`letters of what was taken: ${wrong.join()}`)
    return `${seen}; ${sink.taken.size} at the sink, ${letters.length} letters`
  })
}
