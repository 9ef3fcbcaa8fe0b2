// Writes the table of README.md that leads from the mission to the records of the demo.
//
//   node examples/demo/told/readme-table.ts [--check]
//
// --check writes nothing; it exits 1 when the table is not what mission.ts and expected.ts say.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExpectedRecord } from '../expectation/expectation.ts'
import { expected } from '../expected.ts'
import type { StepName } from '../traffic/traffic.ts'
import { mission, type Part } from './mission.ts'

const [begin, end] = ['<!-- mission: from examples/demo -->', '<!-- /mission -->']
const file = join(import.meta.dirname, '..', '..', '..', 'README.md')

/** The table in Markdown. */
export function renderTable(): string {
  const head = [
    '| | asked for | steps of the demo | what their records show |',
    '|---|---|---|---|',
  ]
  const rows = mission.flatMap(({ parts, title }, row) =>
    parts.map((part, i) => {
      const name = i === 0 ? `**${row + 1}. ${title}**` : ''
      return `| ${name} | ${part.words} | ${stepsOf(part)} | ${shownBy(part)} |`
    }),
  )
  return [...head, ...rows].join('\n')
}

function stepsOf({ steps }: Part): string {
  if (steps === undefined) return ''
  return steps === 'all' ? `all ${Object.keys(expected).length}` : steps.join('; ')
}

function shownBy({ shows, steps }: Part): string {
  if (shows === undefined) return 'not yet'
  if (steps === undefined || steps === 'all') return shows
  return `${shows}<br>${kindsOf(steps).join(', ')}`
}

/** Each kind of record once: `token success` with the services that make it. */
function kindsOf(steps: readonly StepName[]): string[] {
  const records = steps.flatMap((step) => expected[step])
  const kinds = Map.groupBy(records, kindOf)
  return [...kinds].map(([kind, of]) => {
    const services = new Set(of.map(({ service }) => service))
    return `\`${kind}\` (${[...services].join(', ')})`
  })
}

function kindOf({ action, outcome, says }: ExpectedRecord): string {
  const reason = typeof says.reason === 'string' ? says.reason : ''
  return [action.replace(/^oauth\./, ''), outcome, reason].filter(Boolean).join(' ')
}

/** README.md with the table between its marks. */
export function withTable(readme: string): string {
  const [before, rest] = readme.split(begin)
  const [, after] = rest?.split(end) ?? []
  if (before === undefined || after === undefined) throw new Error(`${begin} is not in README.md`)
  return `${before}${begin}\n${renderTable()}\n${end}${after}`
}

if (import.meta.main) {
  const readme = readFileSync(file, 'utf8')
  const made = withTable(readme)
  if (made !== readme && process.argv.includes('--check')) {
    console.error('README.md: its table differs from the demo; run npm run generate')
    process.exitCode = 1
  } else if (made !== readme) {
    writeFileSync(file, made)
    console.log('README.md: its table is written')
  }
}
