// Where a command prints: stdout for results, stderr for what is said beside them. Colours only
// on a terminal, and never with NO_COLOR (https://no-color.org). See terminal.test.ts.
import { once } from 'node:events'
import Table from 'cli-table3'
import picocolors from 'picocolors'
import { printable } from './printable.ts'

export type Paint = ReturnType<typeof picocolors.createColors>

/** The outside of a command. */
export interface Terminal {
  /** `--json`: one JSON document on stdout, errors as JSON on stderr. */
  readonly json: boolean
  readonly paint: Paint
  /** Width of the terminal; undefined when stdout is none: nothing is cut then. */
  readonly columns: number | undefined
  /** Prints to stdout, with a line end. */
  readonly out: (text: string) => void
  /** Resolves when what was printed to stdout is on its way, or at the signal: readers are slow. */
  readonly taken: (signal: AbortSignal) => Promise<void>
  /** Prints to stderr, with a line end. */
  readonly err: (text: string) => void
  /** Shows how far a long work is; a no-op where stderr is no terminal. `clear` takes it away. */
  readonly progress: { show(text: string): void; clear(): void }
}

export interface Streams {
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly env: NodeJS.ProcessEnv
}

/** The terminal of a process. */
export function openTerminal({ stdout, stderr, env }: Streams, json: boolean): Terminal {
  const color = stdout.isTTY && !env.NO_COLOR && env.TERM !== 'dumb' && !json
  const shows = stderr.isTTY && !json
  return {
    json,
    paint: picocolors.createColors(color),
    // A terminal that does not know its width says 0.
    columns: stdout.isTTY ? stdout.columns || 80 : undefined,
    out: (text) => void stdout.write(`${text}\n`),
    taken: async (signal) => {
      if (stdout.writableNeedDrain) await once(stdout, 'drain', { signal }).catch(() => undefined)
    },
    err: (text) => void stderr.write(`${text}\n`),
    progress: {
      show: (text) => void (shows && stderr.write(`\r\u001b[2K${text.slice(0, room(stderr))}`)),
      clear: () => void (shows && stderr.write('\r\u001b[2K')),
    },
  }
}

/** What a line takes without being broken, in which case it could not be taken away. */
function room({ columns }: NodeJS.WriteStream): number {
  return columns > 1 ? columns - 1 : Infinity
}

const gap = 2
/** Characters below which a table that must be cut says too little of each column. */
const narrow = 80
const narrowest = 6
const edges = 'top bottom left right'.split(' ')
const corners = ['', '-mid', '-left', '-right'].flatMap((end) => edges.map((edge) => edge + end))
const noLines = Object.fromEntries(
  [...corners, 'mid', 'mid-mid', 'right-mid', 'left-mid'].map((part) => [part, '']),
)

export interface TableStyle extends Pick<Terminal, 'columns' | 'paint'> {
  /** Colours a cell of the column with this name. */
  readonly paintCell?: (column: string, text: string) => string
}

/**
 * Rows under a head, in columns without lines, within `columns` characters; too long is cut. In a
 * narrow terminal that they do not fit, each row is a block of `name: value` lines, nothing cut.
 */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { columns, paint, paintCell = (_, text) => text }: TableStyle,
): string {
  const painted = (row: readonly string[]): string[] =>
    row.map((text, i) => (text === '' ? '' : paintCell(head[i] ?? '', text)))
  const safe = rows.map((row) => row.map(printable))
  const wanted = head.map((name, i) => widest(name, safe, i))
  if (columns !== undefined && columns < narrow && widthOf(wanted) > columns) {
    return formatBlocks(head, safe.map(painted), paint)
  }
  const widths = fitWidths(wanted, columns)
  const table = new Table({
    head: head.map((name) => paint.bold(name)),
    chars: { ...noLines, middle: ' '.repeat(gap) },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colWidths: widths,
  })
  for (const row of safe) table.push(painted(row))
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

/** A block for each row, an empty line between; empty values are left out. */
function formatBlocks(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): string {
  const blocks = rows.map((row) =>
    head
      .map((name, i) => [name, row[i] ?? ''] as const)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => `${paint.bold(`${name}:`)} ${value}`)
      .join('\n'),
  )
  return blocks.join('\n\n')
}

/** `name  value` lines, the names in one column. */
export function formatFacts(
  facts: readonly (readonly [string, string])[],
  { paint }: Pick<Terminal, 'paint'>,
): string {
  const width = Math.max(...facts.map(([name]) => name.length))
  const lines = facts.map(([name, value]) => `${paint.dim(name.padEnd(width))}  ${value}`)
  return lines.join('\n')
}

/** Lines of at most `width` characters, broken at spaces; a longer word stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

function widest(name: string, rows: readonly (readonly string[])[], column: number): number {
  return rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), name.length)
}

/** Characters of a line with these columns. */
function widthOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + gap, -gap)
}

/** Takes from the widest columns until all fit. */
function fitWidths(wanted: readonly number[], columns: number | undefined): number[] {
  const widths = [...wanted]
  if (columns === undefined) return widths
  let over = widthOf(widths) - columns
  for (; over > 0; over--) {
    const most = Math.max(...widths)
    if (most <= narrowest) break
    widths[widths.indexOf(most)] = most - 1
  }
  return widths
}
