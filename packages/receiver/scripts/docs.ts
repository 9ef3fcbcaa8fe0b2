// What the receiver tells of itself, for operators: the tables of METRICS.md and LOG.md.
//
//   node --conditions=@grantlog/source scripts/docs.ts [--check]
//
// --check writes nothing; it exits 1 when a file is not what the tables in the code say.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CLI_LOG_CODES } from '../../cli/src/log-codes.ts'
import { LOG_CODES, type LogCodeText } from '../src/log-codes.ts'
import { prometheusName } from '../src/metrics/prometheus-name.ts'
import { type MetricDescription, METRICS } from '../src/metrics/table.ts'

function metricsTable(): string {
  const rows = Object.entries<MetricDescription>(METRICS).map(
    ([name, { attribute, description, kind, unit }]) => {
      const scraped = `${prometheusName(name, unit)}${kind === 'counter' ? '_total' : ''}`
      const by = attribute === undefined ? '' : ` By \`${attribute[0]}\`: ${attribute[1]}.`
      return `| \`${name}\` | ${kind} | \`${unit}\` | \`${scraped}\` | ${description}${by} |`
    },
  )
  const head = ['| metric | kind | unit | in Prometheus | what it is |', '|---|---|---|---|---|']
  return [...head, ...rows].join('\n')
}

function logTable(): string {
  const codes: [string, LogCodeText][] = Object.entries({ ...LOG_CODES, ...CLI_LOG_CODES })
  const rows = codes.map(
    ([code, { fix, levels, means }]) =>
      `| \`${code}\` | ${levels.join(', ')} | ${means} | ${fix || '–'} |`,
  )
  return ['| code | level | what it means | what to do |', '|---|---|---|---|', ...rows].join('\n')
}

/** The text with the table between its marks. */
function withTable(text: string, table: string): string {
  const [begin, end] = ['<!-- table: from src -->', '<!-- /table -->']
  const [before, rest] = text.split(begin)
  const [, after] = rest?.split(end) ?? []
  if (before === undefined || after === undefined) throw new Error('the marks are missing')
  return `${before}${begin}\n\n${table}\n\n${end}${after}`
}

for (const [name, table] of [
  ['METRICS.md', metricsTable()],
  ['LOG.md', logTable()],
] as const) {
  const path = join(import.meta.dirname, '..', name)
  const before = readFileSync(path, 'utf8')
  const now = withTable(before, table)
  if (now === before) continue
  if (process.argv.includes('--check')) {
    console.error(`${name}: the table is not what the code says; run npm run generate`)
    process.exitCode = 1
  } else writeFileSync(path, now)
}
