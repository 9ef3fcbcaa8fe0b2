// What `npm run bench` is asked for.
import { parseArgs } from 'node:util'

export interface BenchRequest {
  readonly name: string
  /** More and longer rounds; keeps the results and writes RESULTS.md. */
  readonly isFull: boolean
  /** Keeps what quick rounds gave, for quick checks: short rounds hold more of the start. */
  readonly isKept: boolean
  /** Ends with 1 when a ratio is worse than the one that is kept. */
  readonly isCheck: boolean
  /** One line of JSON at the end of stdout. */
  readonly isJson: boolean
}

/** Errors: a TypeError of parseArgs, or a RangeError that names what there is. */
export function readArguments(args: readonly string[], names: readonly string[]): BenchRequest {
  const flag = { type: 'boolean', default: false } as const
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { full: flag, keep: flag, check: flag, json: flag },
  })
  const [name = 'ingest', ...more] = positionals
  if (!names.includes(name) || more.length > 0) {
    throw new RangeError(
      `npm run bench -- [${names.join('|')}] [--full] [--keep] [--check] [--json]`,
    )
  }
  const { check: isCheck, full: isFull, json: isJson } = values
  return { name, isFull, isCheck, isJson, isKept: values.keep || isFull }
}
