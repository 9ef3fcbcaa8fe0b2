// npm run bench -- attacks: what the built-in rules find of attacks, and what they cry wolf at.
//
// Attacks are played on real servers, recorded by the real SDK, sealed by a real receiver, and
// looked at by the detection that runs beside it; then traffic of a seed, with attacks in between,
// is looked at by the same rules. Quick: one of the tuning seeds. `--full`: the reporting seeds,
// which nothing is tuned on. See test/attacks/README.md for what each figure means.
import { type BuiltIn, builtInEngine } from '../attacks/engine.ts'
import { type AlertSink, startAlertSink } from '../attacks/played/alerts.ts'
import { playedEvents } from '../attacks/played/events.ts'
import { play } from '../attacks/played/play.ts'
import { rows } from '../attacks/rows.ts'
import { type Score, Scorer } from '../attacks/score.ts'
import { reportingSeeds, tuningSeeds } from '../attacks/seeds.ts'
import { simulate, type Simulation } from '../attacks/simulator/simulate.ts'
import { createProcesses } from '../../examples/demo/stage/processes.ts'
import { added, type Part, tableOf } from './attacks-table.ts'
import { rounded } from './figures.ts'
import type { Benchmark, Result } from './result.ts'
import { median } from './statistics.ts'

/** A world with 32 days of silence for a client that sleeps, and a week before and after. */
const days = 40
const quick = { days, people: 300, visitsPerDay: 22, attacksOfEachKind: 2 }
const full = { days, people: 1_000, visitsPerDay: 108, attacksOfEachKind: 5 }

export const attacks: Benchmark = async ({ folder, tell }, { isFull }) => {
  const played = await playedPart(folder, tell)
  const parts: Part[] = [played]
  const seeds = isFull ? reportingSeeds : tuningSeeds.slice(0, 1)
  for (const seed of seeds) {
    tell(`attacks: traffic of the seed ${seed}`)
    parts.push(await simulatedPart({ seed, ...(isFull ? full : quick) }, tell))
  }
  return resultOf(parts, played.delaysMs)
}

type PlayedPart = Part & { readonly delaysMs: readonly number[] }

async function playedPart(folder: string, tell: (line: string) => void): Promise<PlayedPart> {
  tell('attacks: playing attacks on real servers')
  // As users run them: what they are made of is built.
  const processes = createProcesses([])
  let sink: AlertSink | undefined
  try {
    sink = await startAlertSink(folder)
    const receiverArgs = ['--config', sink.config]
    const events = await playedEvents(await play({ processes, folder, receiverArgs }))
    const builtIn = await builtInEngine()
    const scorer = new Scorer(builtIn)
    scorer.take(events)
    const { delaysMs } = sink
    // Of nothing there is no median: whatever came between finding and telling is broken.
    if (delaysMs.length === 0) throw new Error('no alert reached the webhook')
    return { ...finished({ name: 'played', builtIn, scorer, tell }), delaysMs: [...delaysMs] }
  } finally {
    sink?.close()
    await processes.stopAll()
  }
}

async function simulatedPart(simulation: Simulation, tell: (line: string) => void): Promise<Part> {
  const builtIn = await builtInEngine()
  const scorer = new Scorer(builtIn)
  scorer.take(simulate(simulation))
  return finished({ name: `seed ${simulation.seed}`, builtIn, scorer, tell })
}

interface Finished {
  readonly name: string
  readonly builtIn: BuiltIn
  readonly scorer: Scorer
  readonly tell: (line: string) => void
}

/** Tells of what went wrong, so that a rule can be mended. */
function finished({ builtIn, name, scorer, tell }: Finished): Part {
  const score = scorer.score()
  for (const fault of builtIn.faults) tell(`  fault: ${fault}`)
  for (const { id, row, tells } of score.missed) {
    tell(`  missed in ${name}: ${row} ${rows.get(row)!.name} (${id}): ${tells}`)
  }
  for (const { event, group, rule, words } of score.falseAlarms) {
    tell(`  false alarm in ${name}: ${rule}: ${words} [${group}] at ${event.id}`)
  }
  const { engine } = builtIn
  const { held } = engine.health()
  const bytes = JSON.stringify(engine.snapshot()).length
  return { name, score, rules: engine.rules.length, bytesPerEntity: held === 0 ? 0 : bytes / held }
}

function resultOf(parts: readonly Part[], delaysMs: readonly number[]): Result {
  const scores = parts.map(({ score }) => score)
  const sum = (of: (score: Score) => number): number =>
    scores.reduce((total, score) => total + of(score), 0)
  const byRow = added(scores)
  const protocol = [...byRow].filter(({ row }) => rows.get(row)?.kind === 'protocol')
  const [made, found] = [protocol, protocol].map((some, at) =>
    some.reduce((total, row) => total + (at === 0 ? row.attacks : row.detected), 0),
  ) as [number, number]
  const [attacksMade, benign] = [sum((one) => one.attacks), sum((one) => one.benign)]
  const [alerts, wrong] = [sum((one) => one.alerts), sum((one) => one.falseAlarms.length)]
  const perSecond = Math.round(sum((one) => one.events) / (sum((one) => one.engineMs) / 1000))
  const bytesPerEntity = Math.round(median(parts.slice(1).map((part) => part.bytesPerEntity)))
  const medianDetectMs = Math.round(median(delaysMs))
  const json = {
    rules: parts[0]?.rules ?? 0,
    recallProtocol: share(found, made),
    recall: share(
      sum((one) => one.detected),
      attacksMade,
    ),
    precision: share(alerts - wrong, alerts),
    falsePer1e5: rounded((wrong / benign) * 1e5),
    ...{ medianDetectMs, benign, attacks: attacksMade },
    ...{ recordsPerSecondPerCore: perSecond, snapshotBytesPerEntity: bytesPerEntity },
  }
  return {
    json,
    // What a commit may not make worse than by noise; recall and false alarms may not at all.
    ratios: { 'attacks/µs per record': { ratio: rounded(1e6 / perSecond), noise: 0.5 } },
    table: tableOf(byRow, json),
  }
}

function share(part: number, of: number): number {
  return of === 0 ? 0 : Math.round((part / of) * 10_000) / 10_000
}
