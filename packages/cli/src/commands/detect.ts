// `grantlog detect`: the rules over records while they come, or over exported ones. See
// test/detect.test.ts.
import type { Command } from 'commander'
import {
  type AuditEvent,
  builtInRules,
  createEngine,
  DetectError,
  detectorsOf,
  type Detection,
  type Engine,
  eventFromJson,
  eventLines,
  readRules,
  type SigmaDetector,
  sigmaDetector,
} from '@grantlog/detect'
import { addDataOption } from '../data-folder.ts'
import { type FollowFlags, followRecords } from '../detect-following.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { collect } from '../options.ts'
import { printable } from '../printable.ts'
import { counted, grouped } from '../progress.ts'
import type { Terminal } from '../terminal.ts'
import { printFaults } from './rules.ts'

/** Without an input it follows a ledger. */
export interface DetectFlags extends FollowFlags {
  readonly input?: string
}

const examples = `
Without --input it follows the ledger beside the receiver that writes it, which starts it by
itself: what is found is sealed by that, and sent to the channels of the configuration.

Examples:
  grantlog export after:-24h --out day.ndjson --show-personal
  grantlog detect --input day.ndjson
  zcat old.ndjson.gz | grantlog detect --input - --rules my-rules/ --json

Rules that look at addresses or names find something only in an export with --show-personal.`

export function describeDetect(command: Command): Command {
  return addDataOption(command)
    .summary('what rules find in records, while they come or in exported ones')
    .option('--input <file>', 'lines of `grantlog export`; - is standard input')
    .option('--rules <path>', 'a rule file, or a folder of them; repeatable', collect, [])
    .option('--no-built-in', 'only those of --rules')
    .option('--tenants', 'each tenant of the data folder, too, those that are made later as well')
    .option('--config <file>', 'grantlog.yaml, for its rules and alerts (GRANTLOG_CONFIG)')
    .addHelpText('after', examples)
}

/** Errors: RULE_UNREADABLE, RULE_TOO_LARGE, SYSTEM. */
export async function detect(flags: DetectFlags, terminal: Terminal): Promise<ExitCode> {
  const { input } = flags
  if (input === undefined) return followRecords(flags, terminal)
  const rules = await detectorOf(flags)
  printFaults(rules.faults, terminal.json ? [] : rules.warnings, terminal)
  const onError = (name: string): void => terminal.err(`the detector ${name} failed`)
  const engine = createEngine({ detectors: detectorsOf(rules, flags), onError })
  const unreadable: number[] = []
  for await (const { number, text } of eventLines(input)) {
    const event = text === null ? null : eventIn(text)
    if (event === null) {
      if (unreadable.push(number) === 1) terminal.err(`${input}:${number}: this is no event`)
      continue
    }
    for (const detection of engine.take(event)) {
      terminal.out(terminal.json ? JSON.stringify(detection) : lineOf(detection, terminal))
    }
  }
  printSummary(engine, unreadable.length, terminal)
  return unreadable.length === 0 && rules.faults.length === 0 ? EXIT.ok : EXIT.failed
}

async function detectorOf({ builtIn, rules }: DetectFlags): Promise<SigmaDetector> {
  const shipped = builtIn ? [await readRules(builtInRules, 'built-in')] : []
  const own = await Promise.all(rules.map((path) => readRules(path)))
  return sigmaDetector([...shipped, ...own].flat())
}

function eventIn(line: string): AuditEvent | null {
  try {
    return eventFromJson(line)
  } catch (error) {
    if (error instanceof DetectError) return null
    throw error
  }
}

function lineOf({ atMs, group, records, rule, words }: Detection, { paint }: Terminal): string {
  const isBad = rule.level === 'high' || rule.level === 'critical'
  const level = isBad ? paint.red(rule.level) : rule.level
  const about = group.map(([name, value]) => ` ${name}=${printable(value)}`).join('')
  const last = records.at(-1)
  const place = last === undefined ? '' : ` ${last.index === null ? last.id : `#${last.index}`}`
  const time = new Date(atMs).toISOString()
  return `${paint.dim(time)} ${level} ${printable(words)}${about}${paint.dim(place)}`
}

function printSummary(engine: Engine, unreadable: number, { err }: Terminal): void {
  const { detections, dropped, errors, events, evicted, late } = engine.health()
  const threw = [...errors.values()].reduce((sum, count) => sum + count, 0)
  const told = [
    `${counted(detections, 'finding')} of ${counted(engine.rules.length, 'rule')}`,
    `in ${counted(events, 'record')}`,
    ...(unreadable > 0 ? [`${counted(unreadable, 'line')} could not be read`] : []),
    ...(dropped > 0 ? [`${grouped(dropped)} findings too many for one record`] : []),
    ...(evicted > 0 ? [`${grouped(evicted)} groups let go for lack of room`] : []),
    ...(late > 0 ? [`${grouped(late)} too late for a correlation`] : []),
    ...(threw > 0 ? [`rules failed ${grouped(threw)} times`] : []),
  ]
  err(told.join(', '))
}
