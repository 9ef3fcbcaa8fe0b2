// How far a long work is: a bar, a rate and the time left, on a terminal alone. See
// progress.test.ts.
import type { Terminal } from './terminal.ts'

export interface Progress {
  readonly done: number
  readonly total: number
  /** Of `done`, what was done before this work began; default 0. */
  readonly from?: number
  /** What the rate is of, when it is not `done`. */
  readonly counted?: number
}

export interface ProgressShown {
  update(progress: Progress): void
  /** Takes it away. */
  stop(): void
}

/** A work that is shorter shows nothing, ms. */
const silentMs = 300
/** Between two lines, ms: more often cannot be read. */
const everyMs = 100
const cellsMax = 24
const cellsMin = 6
/** Characters of everything but the bar. */
const saidWidth = 50

/** `what` is done, `unit` is counted. */
export function startProgress(terminal: Terminal, what: string, unit: string): ProgressShown {
  const began = performance.now()
  const cells = cellsIn(terminal.columns)
  let next = began + silentMs
  let isShown = false
  return {
    update: (progress) => {
      const now = performance.now()
      if (now < next) return
      next = now + everyMs
      isShown = true
      terminal.progress.show(progressLine({ ...progress, what, unit, cells, ms: now - began }))
    },
    stop: () => {
      if (isShown) terminal.progress.clear()
      isShown = false
    },
  }
}

/** `verifying ━━━━━───── 52 %  41,003 entries/s  0:12 left`. */
export function progressLine({
  cells = cellsMax,
  done,
  from = 0,
  counted: rated = done - from,
  ms,
  total,
  unit,
  what,
}: Progress & {
  readonly what: string
  readonly unit: string
  readonly ms: number
  readonly cells?: number
}): string {
  const part = total > 0 ? Math.min(1, done / total) : 1
  const filled = Math.round(part * cells)
  const bar = '━'.repeat(filled) + '─'.repeat(cells - filled)
  const rate = `${grouped((rated * 1_000) / Math.max(1, ms))} ${unit}/s`
  const percent = `${String(Math.floor(part * 100)).padStart(3)} %`
  const left = done > from ? [`${clock((ms / (done - from)) * (total - done))} left`] : []
  return [`${what} ${bar} ${percent}`, rate, ...left].join('  ')
}

/** Characters of the bar: the rest of the line matters more. */
export function cellsIn(columns: number = Infinity): number {
  return Math.max(cellsMin, Math.min(cellsMax, columns - saidWidth))
}

/** `1 record`, `12,345 records`. */
export function counted(count: number, one: string): string {
  return `${grouped(count)} ${one}${count === 1 ? '' : 's'}`
}

/** `12,345`. */
export function grouped(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

/** `0:07`, `12:30`, `2:05:00`. */
function clock(ms: number): string {
  const seconds = Math.ceil(ms / 1_000)
  const two = (count: number): string => String(count).padStart(2, '0')
  const [minutes, rest] = [Math.floor(seconds / 60), two(seconds % 60)]
  if (minutes < 60) return `${minutes}:${rest}`
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${rest}`
}
