// npm run bench -- sdk: what the SDK costs the service that it runs in, export included.
//
// An API and the token endpoint of oidc-provider run with and without it, each in a process of its
// own, and get the same requests in interleaved rounds. Records go to a receiver with everything
// on; what that costs is not the host's. Beside it OpenTelemetry's HTTP instrumentation alone.
import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createLedger, foldersUnder } from '@grantlog/ledger'
import { startReceiverProcess } from '../crash/receiver-process.ts'
import type { Asked } from './asker.ts'
import { rounded } from './figures.ts'
import * as hosts from './hosts.ts'
import { threadsUs } from './processes.ts'
import { type Benchmark, type Result, shownRatio } from './result.ts'
import { startSpanSink } from './sink.ts'
import { type Stages, stageCosts } from './stages.ts'
import { type KeptRatio, median, noiseOf, ratioOf } from './statistics.ts'

const main = join(import.meta.dirname, '../../packages/cli/dist/main.js')
/** The last batch is on its way so long at most, and OpenTelemetry's 5 s. */
const settleMs = 1_000
const users = 200

interface Size {
  readonly rounds: number
  readonly starts: number
  readonly paths: number
  readonly requests: Readonly<Record<hosts.HostName, number>>
}

/** The first round is so much longer: it takes thousands of requests until all is compiled. */
const warmUp = 3

const quick: Size = { rounds: 4, starts: 2, paths: 0, requests: { api: 3_000, token: 1_000 } }
const full: Size = { rounds: 15, starts: 9, paths: 7, requests: { api: 10_000, token: 4_000 } }

export const sdk: Benchmark = async ({ folder, tell }, { isFull }) => {
  await using started = new AsyncDisposableStack()
  const size = isFull ? full : quick
  const sink = await startSpanSink()
  started.defer(() => sink.close())
  const { credentials, stop } = await startReceiver(folder)
  started.defer(stop)
  const { jwk, tokens } = hosts.newTokens(users)
  const of = (name: hosts.HostName, how: hosts.How): hosts.HostOptions => ({
    ...{ name, how, credentials, folder, jwk },
    traces: sink.url,
  })
  const requests = { api: hosts.apiRequests(tokens), token: [hosts.tokenRequest()] }
  const startUpMs = await startUps(of, size.starts)
  const added = await addedTo(of, requests, size.paths)
  tell('sdk: start-ups and allocations')
  const stages = await stageCosts({
    folder: join(folder, 'stages'),
    credentials,
    token: tokens[0]!,
  })
  tell('sdk: stages')
  const costs = await cpuCosts({ of, requests, size, tell })
  return resultOf({ added, costs, stages, startUpMs })
}

type Of = (name: hosts.HostName, how: hosts.How) => hosts.HostOptions
type Requests = Readonly<Record<hosts.HostName, readonly string[]>>

/** A receiver on a new ledger, and credentials for it. */
async function startReceiver(folder: string) {
  const data = join(folder, 'receiver')
  await createLedger(foldersUnder(data), 'bench.example/log')
  const receiver = await startReceiverProcess(data, ['--no-console'])
  const credentials = join(folder, 'credentials.json')
  const args = [
    ...[main, 'keys', 'new', '--data', data, '--service', 'bench'],
    ...['--endpoint', receiver.endpoint, '--out', credentials],
    ...['--role', 'authorization_server', '--role', 'resource_server'],
  ]
  execFileSync(process.execPath, args, { stdio: 'pipe' })
  return { credentials, stop: async () => void (await receiver.stop()) }
}

/** Milliseconds of CPU that the SDK adds until a host listens, as it is and as a part. */
async function startUps(of: Of, count: number): Promise<number> {
  const added: number[] = []
  for (let i = 0; i < count; i++) {
    const ms = { with: 0, without: 0 }
    for (const how of ['without', 'with'] as const) {
      const host = await hosts.startHost(of('api', how))
      ms[how] = host.startUpMs
      await host.stop()
    }
    added.push(ms.with - ms.without)
  }
  return median(added)
}

interface Added {
  readonly allocatedBytes: Readonly<Record<hosts.HostName, number>>
  /** Of a token request. Two processes differ more than this is, so only `--full` tells it. */
  readonly tokenPathP50Us: number | null
}

/** What the SDK adds to what a request allocates, and to the path of a token request. */
async function addedTo(of: Of, requests: Requests, pairs: number): Promise<Added> {
  const added = async (name: hosts.HostName, what: 'paths' | 'bytes'): Promise<number> => {
    const served = (how: hosts.How): Promise<number> =>
      hosts.servedBy(of(name, how), what, requests[name][0]!)
    const without = await served('without')
    return (await served('with')) - without
  }
  const allocatedBytes = {
    api: Math.round(await added('api', 'bytes')),
    token: Math.round(await added('token', 'bytes')),
  }
  const us: number[] = []
  for (let i = 0; i < pairs; i++) us.push(await added('token', 'paths'))
  return { allocatedBytes, tokenPathP50Us: us.length === 0 ? null : rounded(median(us)) }
}

interface Cost {
  /** Microseconds of CPU of a request. */
  readonly cpuUs: number
  readonly added: number
  readonly ratio: KeptRatio
}

interface Costs {
  readonly api: Cost
  readonly token: Cost
  readonly httpAlone: Cost
}

interface Rounds {
  readonly of: Of
  readonly requests: Requests
  readonly size: Size
  readonly tell: (line: string) => void
}

/** The CPU of hosts that get the same requests, until each one's next turn. */
async function cpuCosts({ of, requests, size, tell }: Rounds): Promise<Costs> {
  await using started = new AsyncDisposableStack()
  const asker = fork(join(import.meta.dirname, 'asker.ts'), { stdio: ['ignore', 2, 2, 'ipc'] })
  const died = once(asker, 'exit')
  started.defer(() => void asker.kill())
  const all: (hosts.Host & { readonly name: hosts.HostName; readonly marks: number[] })[] = []
  for (const name of ['api', 'token'] as const) {
    for (const how of ['without', 'with', 'httpAlone'] as const) {
      if (name === 'token' && how === 'httpAlone') continue
      const host = await hosts.startHost(of(name, how))
      started.defer(host.stop)
      all.push({ ...host, name, marks: [] })
    }
  }
  for (let round = 0; round <= size.rounds; round++) {
    for (const { marks, name, pid, port } of all) {
      marks.push(threadsUs(pid))
      const asked: Asked = {
        port,
        requests: requests[name],
        count: round === 0 ? warmUp * size.requests[name] : size.requests[name],
      }
      asker.send(asked)
      const [answer] = await Promise.race([once(asker, 'message'), died])
      if (typeof answer !== 'object') throw new Error(`the asker ended with ${answer}`)
    }
    tell(`sdk: round ${round} of ${size.rounds}`)
  }
  await wait(settleMs)
  for (const { marks, pid } of all) marks.push(threadsUs(pid))
  const costs = (name: hosts.HostName, how: hosts.How): number[] => {
    const { marks } = all.find((one) => one.name === name && one.how === how)!
    return marks.slice(2).map((mark, i) => (mark - marks[i + 1]!) / size.requests[name])
  }
  const costOf = (name: hosts.HostName, how: hosts.How): Cost => {
    const [ours, theirs] = [costs(name, how), costs(name, 'without')]
    const added = median(ours.map((cost, i) => cost - theirs[i]!))
    const spread = ratioOf(ours, theirs)
    const ratio = { ratio: rounded(spread.median), noise: rounded(noiseOf(spread)) }
    return { cpuUs: rounded(median(ours)), added: rounded(added), ratio }
  }
  return {
    api: costOf('api', 'with'),
    token: costOf('token', 'with'),
    httpAlone: costOf('api', 'httpAlone'),
  }
}

function resultOf(figures: {
  readonly costs: Costs
  readonly added: Added
  readonly stages: Stages
  readonly startUpMs: number
}): Result {
  const { added, costs, stages } = figures
  const bytes = added.allocatedBytes
  const startUpMs = rounded(figures.startUpMs)
  const { api, httpAlone, token } = costs
  const percent = rounded((token.ratio.ratio - 1) * 100)
  const of = ({ added, cpuUs, ratio }: Cost) => ({ cpuUsAdded: added, cpuUs, ...ratio })
  return {
    json: {
      apiCall: {
        ...of(api),
        onPathP50Us: stages.onPathP50Us,
        allocatedBytes: bytes.api,
      },
      token: {
        ...of(token),
        percent,
        onPathP50Us: added.tokenPathP50Us,
        allocatedBytes: bytes.token,
      },
      httpAlone: of(httpAlone),
      startUpMs,
      stages: stages.costs,
    },
    ratios: { 'sdk/api': api.ratio, 'sdk/token': token.ratio },
    table: [
      ['what', 'added', 'with ÷ without'],
      ['API call', `${api.added} µs of CPU`, shownRatio(api.ratio)],
      ['API call, on its path', `${stages.onPathP50Us} µs`, ''],
      ['API call, allocated', `${bytes.api} B`, ''],
      [
        'API call, HTTP instrumentation alone',
        `${httpAlone.added} µs`,
        shownRatio(httpAlone.ratio),
      ],
      ['token request', `${token.added} µs of CPU`, shownRatio(token.ratio)],
      ['token request, on its path', `${added.tokenPathP50Us ?? '–'} µs`, ''],
      ['token request, allocated', `${bytes.token} B`, ''],
      ['start', `${startUpMs} ms of CPU`, ''],
      ...Object.entries(stages.costs).map(([name, us]) => [`a record: ${name}`, `${us} µs`, '']),
    ],
  }
}
