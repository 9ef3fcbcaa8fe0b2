// What the demo can be told to do. See flags.test.ts.
import { parseArgs } from 'node:util'

export const usage = `npm start -- [--once] [--json] [--keep] [--verbose] [--jaeger URL|none]

  --once         end after the story, and remove the data
  --json         the last line on stdout says what was counted, as JSON
  --keep         with --once: keep the data
  --verbose      tell each span that arrives at the sink
  --jaeger URL   forward to the OTLP/HTTP endpoint of this Jaeger too; none: to no Jaeger
  --help         say this`

const options = {
  once: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
  verbose: { type: 'boolean', default: false },
  jaeger: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

export type Flags = ReturnType<typeof parsed>

/** The flags; or, where there is nothing to run, what to say and how to end. */
export function readFlags(args: readonly string[]): Flags | { say: string; exit: 0 | 2 } {
  try {
    const flags = parsed(args)
    return flags.help ? { say: usage, exit: 0 } : flags
  } catch (error) {
    // Of what is not known, Node also tells how else it may have been meant: more than fits here.
    const [what] = (error as Error).message.split('. ')
    return { say: `${what}\n\n${usage}`, exit: 2 }
  }
}

function parsed(args: readonly string[]) {
  return parseArgs({ args: [...args], options }).values
}
