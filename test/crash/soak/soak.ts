// A soak run: calibrate the most that services and receiver can do, then run at a part of it while
// parts are killed at random, then hold what was answered against what was sealed.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { verifyFolder } from '../data-folder.ts'
import { breakParts } from './hands.ts'
import { createLoad, type Load } from './load.ts'
import { folderMib, residentMib, type Series, type Trend, trendOf } from './memory.ts'
import { type Guarantee, newWorld, type World } from './parts.ts'
import { type Balance, balance } from './truth.ts'

export interface SoakOptions {
  readonly guarantee: Guarantee
  readonly minutes: number
  /** Part of the calibrated maximum. */
  readonly load: number
  readonly seed: number
  readonly services: number
  /** Seconds of calibration. */
  readonly calibrateSeconds: number
  /** Seconds between two faults, on average. */
  readonly faultSeconds: number
  /** Requests a second, instead of a part of what calibration finds. */
  readonly rate?: number
  /** What is done to the parts, instead of random faults for so many minutes. */
  readonly script?: (world: World) => Promise<void>
  /** A folder of its own, for everything. */
  readonly folder: string
  /** A line of progress. */
  readonly tell: (line: string) => void
}

export interface SoakReport {
  readonly guarantee: Guarantee
  readonly seed: number
  readonly minutes: number
  /** Records a second: the most, and what was asked for. */
  readonly maximum: number
  readonly rate: number
  readonly sent: number
  readonly answered: number
  readonly refused: number
  readonly faults: Readonly<Record<string, number>>
  readonly balance: Balance
  readonly trends: readonly Trend[]
  /** MiB of what is on disk for a while only: the most of each. */
  readonly disk: Readonly<Record<string, number>>
  /** Whether all that waited in services and for the sink came through in the end. */
  readonly isDrained: boolean
  readonly verifiedRecords: number
  /** Numbers that `grantlog verify` misses. */
  readonly gaps: number
}

interface Status {
  readonly committed: number
  readonly duplicates: number
  readonly size: number
  readonly published: number
  readonly sinks: readonly { readonly lag: { readonly commits: number } }[]
}

export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { guarantee, minutes, seed, tell } = options
  const maximum = options.rate ?? (await calibrate(options))
  const rate = options.rate ?? Math.max(1, maximum * options.load)
  tell(`the most is ${Math.round(maximum)} records a second; asking for ${Math.round(rate)}`)
  const world = await startWorld(options, 'run')
  try {
    const load = createLoad(world.issuer.token({ exp: Math.floor(Date.now() / 1000) + 86_400 }))
    const watch = watchParts(world, load, tell)
    const stopLoad = load.open(() => world.services.map(({ target }) => target), rate)
    const faults = await breakFor(world, options)
    await stopLoad()
    tell('no more load; waiting until everything came through')
    const quietSeconds = quietSecondsOf(minutes)
    const isDrained = await drain(world, quietSeconds)
    watch.stop()
    for (const service of world.services) await service.end()
    // What a process could not send before its end waits for the next one.
    for (const service of world.services) await service.start()
    const wasAdopted = await drain(world, quietSeconds)
    for (const service of world.services) await service.end()
    await drain(world, 1)
    await world.receiver.stop()
    await world.sink.kill()
    tell('comparing what was answered with what is sealed')
    const verified = await verifyFolder(world.data, world.logKey, { withGaps: true })
    const { kids, lives } = world
    return {
      guarantee,
      seed,
      minutes,
      maximum,
      rate,
      sent: load.sent,
      answered: load.answered,
      refused: load.refused,
      faults,
      balance: await balance(world.data, { kids, lives, load, sinkFile: world.sink.file }),
      trends: watch.series.map(trendOf).filter((trend) => trend !== null),
      disk: watch.disk,
      isDrained: isDrained && wasAdopted,
      verifiedRecords: verified.verified,
      gaps: verified.gaps,
    }
  } finally {
    await endWorld(world)
  }
}

async function breakFor(
  world: World,
  { faultSeconds, minutes, script, seed }: SoakOptions,
): Promise<Readonly<Record<string, number>>> {
  if (script !== undefined) {
    await script(world)
    return {}
  }
  const hands = breakParts(world, seed, faultSeconds)
  await delay(minutes * 60_000)
  await hands.stop()
  return hands.counts
}

async function startWorld(
  { folder, guarantee, services }: SoakOptions,
  name: string,
): Promise<World> {
  const place = join(folder, name)
  mkdirSync(place, { recursive: true })
  const world = await newWorld(place, guarantee, services)
  try {
    await world.sink.start()
    await world.receiver.start()
    for (const service of world.services) await service.start()
    return world
  } catch (error) {
    await endWorld(world)
    throw error
  }
}

async function endWorld({ receiver, services, sink }: World): Promise<void> {
  for (const part of [...services, receiver, sink]) await part.kill()
}

/** Records a second that are durable, with as many requests under way as keep everybody busy. */
async function calibrate(options: SoakOptions): Promise<number> {
  const world = await startWorld(options, 'calibration')
  try {
    const load = createLoad(world.issuer.token({ exp: Math.floor(Date.now() / 1000) + 86_400 }))
    const stop = load.closed(() => world.services.map(({ target }) => target), 16)
    await delay(2_000)
    const before = await statusOf(world)
    const start = performance.now()
    const answeredBefore = load.answered
    await delay(options.calibrateSeconds * 1000)
    const after = await statusOf(world)
    const answered = load.answered - answeredBefore
    const seconds = (performance.now() - start) / 1000
    await stop()
    const committed = (after?.committed ?? 0) - (before?.committed ?? 0)
    return Math.min(answered, committed) / seconds
  } finally {
    await endWorld(world)
  }
}

async function statusOf({ receiver }: World): Promise<Status | null> {
  try {
    const signal = AbortSignal.timeout(2_000)
    const response = await fetch(`${receiver.adminEndpoint}/readyz`, { signal })
    return (await response.json()) as Status
  } catch {
    return null
  }
}

/** A spool that filled in an outage is sent batch by batch. */
const drainSeconds = 900
/** Nothing new for so long: a producer that often failed comes again after 30 s at most. */
const quietSecondsMax = 35
const quietSecondsMin = 4

/** The longer it went on, the more often a producer may have failed. */
function quietSecondsOf(minutes: number): number {
  return Math.min(quietSecondsMax, quietSecondsMin + minutes * 4)
}

/** A heartbeat and its frame; a stream has one a minute, so at most one in `quietSecondsMax`. */
const heartbeatLeaves = 2

/** True when the receiver gets nothing but heartbeats, has published all, and the sink has all. */
async function drain(world: World, quietSeconds: number): Promise<boolean> {
  const start = performance.now()
  let quiet = { since: start, size: -Infinity }
  while (performance.now() - start < drainSeconds * 1000) {
    const status = await statusOf(world)
    const isDone =
      status !== null &&
      status.size - quiet.size <= heartbeatLeaves * world.services.length &&
      status.published === status.size &&
      status.sinks.every(({ lag }) => lag.commits === 0)
    if (!isDone) quiet = { since: performance.now(), size: status?.size ?? -Infinity }
    else if (performance.now() - quiet.since > quietSeconds * 1000) return true
    await delay(500)
  }
  return false
}

interface Watch {
  readonly series: readonly Series[]
  readonly disk: Record<string, number>
  stop(): void
}

const sampleMs = 2_000
const linesEvery = 5

/** Samples memory and disk, and tells how it goes each ten seconds. */
function watchParts(world: World, load: Load, tell: (line: string) => void): Watch {
  const parts = [...world.services, world.receiver]
  const series = parts.map(({ name }): Series => ({ name, points: [] }))
  const disk: Record<string, number> = { 'receiver queue': 0, 'state of services': 0 }
  const start = performance.now()
  let samples = 0
  let answeredBefore = 0
  const timer = setInterval(() => {
    const at = (performance.now() - start) / 1000
    for (const [index, { pid }] of parts.entries()) {
      const mib = pid === null ? null : residentMib(pid)
      if (mib !== null) series[index]!.points.push({ at, mib })
    }
    const queue = folderMib(join(world.data, 'queue'))
    const state = world.services.reduce((sum, one) => sum + folderMib(one.stateFolder), 0)
    disk['receiver queue'] = Math.max(disk['receiver queue']!, queue)
    disk['state of services'] = Math.max(disk['state of services']!, state)
    if (++samples % linesEvery > 0) return
    const rate = (load.answered - answeredBefore) / ((linesEvery * sampleMs) / 1000)
    answeredBefore = load.answered
    void statusOf(world).then((status) => {
      const memory = series.map(({ name, points }) => `${name} ${points.at(-1)?.mib.toFixed(0)}`)
      const log = status === null ? 'receiver away' : `${status.size} leaves`
      const waits = `state ${state.toFixed(1)} MiB`
      tell(`${at.toFixed(0)} s: ${rate.toFixed(0)}/s, ${log}, ${waits}, RSS ${memory.join(', ')}`)
    })
  }, sampleMs)
  return { series, disk, stop: () => clearInterval(timer) }
}
