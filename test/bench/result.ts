// What a benchmark gives, and how it is kept and shown.
import type { Bench } from './rounds.ts'
import type { KeptRatio } from './statistics.ts'

export interface Result {
  /** The line of `--json`. */
  readonly json: Readonly<Record<string, unknown>>
  /** What `--check` compares; a larger one is worse. */
  readonly ratios: Readonly<Record<string, KeptRatio>>
  /** A table for people: heads, then rows. */
  readonly table: readonly (readonly string[])[]
}

/** One file of this folder. `isFull`: for the tables of the docs, in minutes. */
export type Benchmark = (
  bench: Omit<Bench, 'maker' | 'sink'>,
  options: { readonly isFull: boolean },
) => Promise<Result>

/** `0.45 ± 4 %`. */
export function shownRatio({ noise, ratio }: KeptRatio): string {
  return `${ratio} ± ${Math.round(noise * 100)} %`
}

/** A table as Markdown. */
export function markdown([heads = [], ...rows]: Result['table']): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
}
