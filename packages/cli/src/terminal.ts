// Where a command prints: stdout for results, stderr for what is said beside them. Colours only
// on a terminal, and never with NO_COLOR (https://no-color.org). See terminal.test.ts.
import { once } from 'node:events'
import Table from 'cli-table3'
import picocolors from 'picocolors'
import { plainJson, printable } from './printable.ts'

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
  // A pipe has no `isTTY`; what is not a boolean lets picocolors look, and say yes where CI is set.
  const color = Boolean(stdout.isTTY) && !env.NO_COLOR && env.TERM !== 'dumb' && !json
  const shows = stderr.isTTY && !json
  let isShown = false
  return {
    json,
    paint: picocolors.createColors(color),
    // A terminal that does not know its width says 0.
    columns: stdout.isTTY ? stdout.columns || 80 : undefined,
    out: (text) => void stdout.write(`${json ? plainJson(text) : text}\n`),
    taken: async (signal) => {
      if (stdout.writableNeedDrain) await once(stdout, 'drain', { signal }).catch(() => undefined)
    },
    err: (text) => void stderr.write(`${json ? plainJson(text) : text}\n`),
    progress: {
      show: (text) => {
        if (shows) stderr.write(`\r\u001b[2K${text.slice(0, room(stderr))}`)
        isShown = shows
      },
      clear: () => {
        if (isShown) stderr.write('\r\u001b[2K')
        isShown = false
      },
    },
  }
}

/** What a line takes without being broken, in which case it could not be taken away. */
function room({ columns }: NodeJS.WriteStream): number {
  return columns > 1 ? columns - 1 : Infinity
}

const gap = 2
/** Characters that a column is given before another, less important one is shown. */
const comfortable = 24
/** Characters by which people tell hashes apart. */
const hashWidth = 10
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
  /** Columns that are left out where there is no room for all, the first of them first. */
  readonly optional?: readonly string[]
  /** Columns of numbers, which stand at the right of theirs. */
  readonly numbers?: readonly string[]
  /** Columns of hashes: they are cut before any other. */
  readonly hashes?: readonly string[]
}

/**
 * Rows under a head, in columns without lines, within `columns` characters; too long is cut. In a
 * narrow terminal that they do not fit, each row is a block of `name: value`, nothing cut.
 */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  style: TableStyle,
): string {
  const { columns, numbers = [], paint, paintCell = (_, text) => text } = style
  const painted = (row: readonly string[], names: readonly string[]): string[] =>
    row.map((text, i) => (text === '' ? '' : paintCell(names[i] ?? '', text)))
  const safe = rows.map((row) => row.map(printable))
  const shown = shownColumns(head, safe, style)
  const of = (row: readonly string[]): string[] => shown.map((column) => row[column] ?? '')
  const [names, cells] = [of(head), safe.map(of)]
  const wanted = names.map((name, i) => widest(name, cells, i))
  if (columns !== undefined && columns < narrow && widthOf(wanted) > columns) {
    const values = (row: readonly string[]): Shown =>
      painted(row, head).flatMap((value, i) => {
        const name = `${head[i]}:`
        return value === '' ? [] : [[`${paint.bold(name)} ${value}`, `${name} ${row[i]}`] as const]
      })
    return safe.map((row) => formatBlock(values(row), columns)).join('\n')
  }
  const table = new Table({
    head: names.map((name) => paint.bold(name)),
    chars: { ...noLines, middle: ' '.repeat(gap) },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colWidths: fitWidths(wanted, style, names),
    colAligns: names.map((name) => (numbers.includes(name) ? 'right' : 'left')),
  })
  for (const row of cells) table.push(painted(row, names))
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

function isHash(name: string, { hashes = [] }: TableStyle): boolean {
  return hashes.includes(name)
}

/** Names of the optional columns for which a terminal of this width has no room. */
export function leftOut(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  style: TableStyle,
): string[] {
  const safe = rows.map((row) => row.map(printable))
  const shown = new Set(shownColumns(head, safe, style))
  const isTable = widthOf(Array.from(shown, (i) => widest(head[i]!, safe, i))) <= widthIn(style)
  return isTable || widthIn(style) >= narrow ? head.filter((_, i) => !shown.has(i)) : []
}

/** What to say of columns that are left out; '' when none are. */
export function widerFor(columns: readonly string[]): string {
  return columns.length === 0 ? '' : ` A wider terminal also shows: ${columns.join(', ')}.`
}

function widthIn({ columns = Infinity }: TableStyle): number {
  return columns
}

/** Positions of the columns that are shown; all, where nothing is left out. */
function shownColumns(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  style: TableStyle,
): number[] {
  // In a narrow terminal nothing is cut.
  const cut = (name: string): number => (isHash(name, style) ? hashWidth : comfortable)
  const most = (name: string): number => (widthIn(style) < narrow ? Infinity : cut(name))
  const widths = head.map((name, i) => Math.min(widest(name, rows, i), most(name)))
  let shown = [...head.keys()]
  for (const name of style.optional ?? []) {
    if (widthOf(shown.map((i) => widths[i]!)) <= widthIn(style)) break
    shown = shown.filter((i) => head[i] !== name)
  }
  return shown
}

/** Values of a block: as they are shown, and as wide as they are. */
type Shown = readonly (readonly [painted: string, plain: string])[]

/** As many values on a line as there is room for; further lines stand a little in. */
function formatBlock(values: Shown, columns: number): string {
  const lines: string[] = []
  let room = 0
  for (const [painted, plain] of values) {
    const width = gap + plain.length
    if (lines.length > 0 && width <= room) {
      lines[lines.length - 1] += `${' '.repeat(gap)}${painted}`
      room -= width
    } else {
      const indent = lines.length === 0 ? 0 : gap
      lines.push(`${' '.repeat(indent)}${painted}`)
      room = columns - indent - plain.length
    }
  }
  return lines.join('\n')
}

/** `name  value` lines, the names in one column; long values go on below themselves. */
export function formatFacts(
  facts: readonly (readonly [string, string])[],
  { columns = Infinity, paint }: Pick<Terminal, 'columns' | 'paint'>,
): string {
  const width = Math.max(...facts.map(([name]) => name.length))
  const lines = facts.map(([name, value]) => {
    const [first = '', ...more] = wrap(value, columns - width - gap)
    const rest = more.map((line) => `\n${' '.repeat(width + gap)}${line}`)
    return `${paint.dim(name.padEnd(width))}${' '.repeat(gap)}${first}${rest.join('')}`
  })
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

/** Takes from the hashes, then from the widest columns, until all fit. */
function fitWidths(
  wanted: readonly number[],
  style: TableStyle,
  names: readonly string[],
): number[] {
  const widths = [...wanted]
  let over = widthOf(widths) - widthIn(style)
  for (const [i, name] of names.entries()) {
    const spare = isHash(name, style) ? Math.max(0, widths[i]! - hashWidth) : 0
    const taken = Math.min(spare, Math.max(0, over))
    widths[i]! -= taken
    over -= taken
  }
  for (; over > 0; over--) {
    const most = Math.max(...widths)
    if (most <= narrowest) break
    widths[widths.indexOf(most)] = most - 1
  }
  return widths
}
