// The demo: an OAuth world of four services and three users, everything that can happen there, and
// what its audit trail says of it.
//
//   node examples/demo/run.ts [--once] [--json] [--keep] [--verbose] [--jaeger URL|none]
//
// --help tells what each is for.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkRecords, type StepReport } from './expectation/check.ts'
import { countKinds, readSeen, type SeenRecord } from './expectation/records.ts'
import { expected, startUp } from './expected.ts'
import { leftByAlerts, leftByComingAgain } from './expected-after.ts'
import { readFlags } from './flags.ts'
import { runDrill, verifyArgs } from './proof/drill.ts'
import { countPublished, fetchCheckpoint } from './proof/evidence.ts'
import { reconcileAll } from './proof/reconciled.ts'
import { tellWalk, type Verified, verifyToken } from './proof/walk.ts'
import { createProcesses, type Processes } from './stage/processes.ts'
import { channel, prepareAlerts } from './stage/alerts.ts'
import { buildStage, type Stage } from './stage/stage.ts'
import { until } from './stage/until.ts'
import { createStory, type Story } from './story.ts'
import { endOf, tellEnd } from './told/finding.ts'
import { tellLineage } from './told/lineage.ts'
import { stillRunning, type ToLookAt } from './told/still-running.ts'
import { tellSteps } from './told/steps-table.ts'
import { isRight, sentence, type Summary } from './told/summary.ts'
import { askedAgain } from './traffic/asked-again.ts'
import { runTraffic, steps, type Taken, takeStep } from './traffic/traffic.ts'
import { createWorld, type World } from './traffic/world.ts'

const read = readFlags(process.argv.slice(2))
if ('exit' in read) {
  const stream = read.exit === 0 ? process.stdout : process.stderr
  stream.write(`${read.say}\n`)
  process.exit(read.exit)
}
const flags = read

/** Rules run at the lowest priority: on a busy machine they take their time. */
const alertPatienceMs = 120_000

interface Parts {
  readonly processes: Processes
  readonly stage: Stage
  readonly story: Story
}

async function main(processes: Processes, story: Story, folder: string): Promise<void> {
  const { jaeger, verbose } = flags
  const onSpan = verbose ? (text: string) => story.say(`   at the sink: ${text}`) : undefined
  story.progress('starting a receiver and four services')
  const { args, ...alerts } = await prepareAlerts(folder)
  const stage = await buildStage({
    ...{ processes, folder, jaeger, onSpan, console: !flags.once },
    ...{ ...alerts, receiverArgs: args },
  })
  const parts = { processes, stage, story }
  const world = createWorld(stage.apps)
  const { first, taken } = await makeTraffic(stage, world, story)
  const again = await comeAgain(stage, world, story)
  // A stream closes with its service, and only a closed stream can be counted to its end.
  if (flags.once) await stage.apps.stop()
  const compared = flags.once ? await reconcileAll(parts) : null
  const size = await settled(stage)
  const seen = await readSeen(stage.data)
  const reports = checkRecords(checkedSteps(taken, again), seen)
  tellSteps(reports, story)
  const { firstVerifiedMs, ...verified } = first
  await tellWalk(verified, stage, story)
  const theft = seenIn(reports, 'refresh token stolen')[0]
  await tellLineage(parts, theft)
  const ended = await endOf(theft, stage, seenIn(reports, outsideSteps))
  tellEnd(ended, story)
  const counted = await count(parts, size, seen)
  const { entry, frame } = verified.target
  const tamper = await runDrill(parts, { frame, index: entry.index })
  const foundMs = ended?.foundMs ?? null
  const endedMs = ended?.endedMs ?? null
  const took = { firstVerifiedMs, foundMs, endedMs }
  const summary = { ...counted, expected: sumUp(reports), compared, tamper, ...took }
  story.say(`\n${sentence(summary)}`)
  if (flags.json) process.stdout.write(`${JSON.stringify(summary)}\n`)
  if (!isRight(summary)) process.exitCode = 1
  if (!flags.once) await stayUp(stage, story, { theft: theft?.index, finding: ended?.finding })
}

interface Made {
  readonly taken: Taken[]
  readonly first: Verified & { readonly firstVerifiedMs: number }
}

/** Takes all steps; meanwhile the record of the first log-in is verified. */
async function makeTraffic(stage: Stage, world: World, story: Story): Promise<Made> {
  const taken: Taken[] = []
  let first: Promise<Made['first']> | undefined
  for await (const each of runTraffic(world)) {
    taken.push(each)
    story.progress(`${taken.length} of ${steps.length} steps: ${each.step.tells}`)
    if (each.step.name === 'log-in') first = verifyFirst(stage, each)
    // Told when it is waited for, not as an unhandled rejection.
    first?.catch(() => undefined)
  }
  if (first === undefined) throw new Error('nobody has logged in')
  return { taken, first: await first }
}

/**
 * Once the theft was found and the authorization server told of it, which it is meanwhile. Gives
 * the trace.
 */
async function comeAgain(stage: Stage, world: World, story: Story): Promise<string> {
  story.progress(askedAgain.tells)
  const sent = new RegExp(`^grantlog_alerts_sent_total\\{channel="${channel}"\\} [1-9]`, 'm')
  const look = async (): Promise<true | undefined> => {
    const response = await fetch(`${stage.adminUrl}/metrics`)
    return sent.test(await response.text()) || undefined
  }
  await until('the authorization server to be told of the theft', look, alertPatienceMs)
  return (await takeStep(askedAgain, world)).traceId
}

async function verifyFirst(stage: Stage, { tookMs, traceId }: Taken): Promise<Made['first']> {
  const began = performance.now() - tookMs
  const verified = await verifyToken(stage, traceId)
  return { ...verified, firstVerifiedMs: Math.round(performance.now() - began) }
}

/** Resolves when all that was committed is published, and nothing more came for a while. */
async function settled(stage: Stage): Promise<number> {
  // Applications that still run may have something to send.
  const quietLooks = flags.once ? 20 : 50
  let [last, looks] = [-1, 0]
  return until('the log to settle', async () => {
    const response = await fetch(`${stage.adminUrl}/readyz`)
    const { published, size } = (await response.json()) as { published: number; size: number }
    looks = size === last && published === size ? looks + 1 : 0
    last = size
    if (looks < quietLooks) return undefined
    return (await fetchCheckpoint(stage.adminUrl, stage)).size
  })
}

/** Of what was recorded in no step. */
const outsideSteps = 'start'

function checkedSteps(taken: readonly Taken[], again: string) {
  const all = taken.map(({ step: { name }, traceId }) => {
    return { step: name, traceId, expected: expected[name] }
  })
  const elsewhere = [...startUp, ...leftByAlerts]
  return [
    { step: outsideSteps, traceId: null, expected: elsewhere },
    ...all,
    { step: askedAgain.name, traceId: again, expected: leftByComingAgain },
  ]
}

function sumUp(reports: readonly StepReport[]): Summary['expected'] {
  const total = (of: 'missing' | 'extra' | 'different'): number =>
    reports.reduce((sum, report) => sum + report[of].length, 0)
  const [missing, extra, different] = [total('missing'), total('extra'), total('different')]
  return { steps: steps.length, missing, extra, different }
}

function seenIn(reports: readonly StepReport[], of: string): readonly SeenRecord[] {
  return reports.find(({ step }) => step === of)?.seen ?? []
}

/** Counts records at each place where they should be. */
async function count(
  { processes, stage, story }: Parts,
  size: number,
  seen: readonly SeenRecord[],
): Promise<Pick<Summary, 'forwarded' | 'gaps' | 'kinds' | 'records' | 'sealed' | 'verified'>> {
  story.progress('counting and verifying')
  const records = seen.length
  const sealed = await countPublished(stage.adminUrl, size)
  const forwarded = await countForwarded(stage.sinkUrl, records)
  const { code, stderr, stdout } = await processes.grantlog(verifyArgs(stage.data, stage))
  if (code !== 0 && code !== 1) throw new Error(`grantlog verify ended with ${code}: ${stderr}`)
  const { anchored, gaps, verified } = JSON.parse(stdout) as {
    anchored: boolean
    gaps: number
    verified: number
  }
  if (!anchored) throw new Error('the checkpoints that the services have seen are not in the log')
  return { records, kinds: countKinds(seen), sealed, forwarded, verified, gaps }
}

/** Spans at the sink; forwarding is at its own pace, so it is given some time to have all. */
async function countForwarded(sinkUrl: string, expected: number): Promise<number> {
  let count = 0
  try {
    return await until('the sink', async () => {
      const response = await fetch(`${sinkUrl}/spans`)
      count = ((await response.json()) as { count: number }).count
      return count >= expected ? count : undefined
    })
  } catch {
    return count
  }
}

/** Until Ctrl-C. */
async function stayUp(stage: Stage, story: Story, look: ToLookAt): Promise<void> {
  story.say(stillRunning(stage, look))
  const anyEnd = stage.children.map((child) => child.ended.then(() => child.name))
  const ended = await Promise.race([stopAsked, ...anyEnd])
  if (ended === undefined) return
  story.bad(`${ended} has ended`)
  process.exitCode = 1
}

/** A signal stops the demo at any step: the children go first. */
const stopping = Promise.withResolvers<void>()
const stopAsked = stopping.promise
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stopping.resolve())

const processes = createProcesses()
const story = createStory(process.stderr)
const folder = await mkdtemp(join(tmpdir(), 'grantlog-demo-'))
story.say(`grantlog demo, in ${folder}`)
try {
  const stopped = stopAsked.then(() => 'stopped' as const)
  const end = await Promise.race([main(processes, story, folder), stopped])
  if (end === 'stopped' && flags.once) process.exitCode = 1
} catch (error) {
  story.say(error instanceof Error ? (error.stack ?? error.message) : String(error))
  process.exitCode = 1
} finally {
  await processes.stopAll()
  if (flags.once && !flags.keep) await rm(folder, { recursive: true, force: true })
  // What was interrupted may still wait for something.
  process.exit()
}
