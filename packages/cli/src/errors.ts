// What the command line tells an operator when it cannot go on: a code, what happened, what to do.
// README.md lists the same codes; errors.test.ts fails when the two differ.
import { maskedText } from './masked.ts'
import { printable } from './printable.ts'
import { wrap } from './terminal.ts'

/** Every code of this package. `{}` in a title is the detail. The list is closed. */
export const CLI_CODES = {
  NODE_TOO_OLD: {
    title: 'this Node is too old: {}',
    fix: 'Use Node 24 or later; a service with the SDK may have another one.',
  },
  USAGE: { title: 'wrong usage: {}', fix: 'See the command with --help.' },
  PORT_TAKEN: { title: 'the port {} is taken', fix: 'Stop the process that listens there.' },
  FORWARD_INVALID: {
    title: 'no sink can be made of {}',
    fix: 'Give an endpoint without a password, for example http://127.0.0.1:4418.',
  },
  FORWARD_HEADERS_INVALID: {
    title: 'the headers for a sink or backend cannot be used: {}',
    fix: 'Write name=value,name=value; a comma or % in a value as %2C or %25.',
  },
  CONFIG_UNREADABLE: {
    title: 'the configuration cannot be read: {}',
    fix: 'Give a grantlog.yaml with --config or GRANTLOG_CONFIG.',
  },
  CONFIG_INVALID: {
    title: 'the configuration cannot be used: {}',
    fix: 'Run `grantlog config check FILE`, which says all that is wrong.',
  },
  CONFIG_VARIABLE: {
    title: 'the value of a setting cannot be used: {}',
    fix: 'Give a value as README.md says.',
  },
  CONFIG_SECRET: {
    title: 'a secret is not where the configuration says: {}',
    fix: 'Set that variable, or write the value alone into that file.',
  },
  POLICY_UNREADABLE: {
    title: 'the file cannot be read: {}',
    fix: 'Give a policy, or cases for one, in YAML or JSON.',
  },
  POLICY_INVALID: {
    title: 'the file cannot be used: {}',
    fix: 'Run `grantlog policy check FILE`, which says all that is wrong.',
  },
  POLICY_NONE: {
    title: 'no policy was sealed in {}',
    fix: 'Put one in force with `grantlog policy apply FILE`, and let the receiver run.',
  },
  CREDENTIALS_EXIST: {
    title: 'there is a file at {} already',
    fix: 'Choose another place with --out; a private key is never overwritten.',
  },
  CREDENTIALS_WRONG: {
    title: 'the old credentials cannot be used: {}',
    fix: 'Give the file of the key that is replaced with --from.',
  },
  ENROLLED_MALFORMED: {
    title: 'the list of enrolled keys cannot be read: {}',
    fix: 'Restore it from a backup, or move it away and enrol anew with `grantlog keys new`.',
  },
  ENROLMENTS_UNREADABLE: {
    title: 'no enrolments can be read from {}',
    fix: 'Give the file that `grantlog keys export` wrote, whole.',
  },
  ENROLMENT_DIFFERS: {
    title: 'keys are enrolled here already, and for something else: {}',
    fix: 'Compare them with `grantlog keys list`; --replace takes what the file says.',
  },
  ENROLLED_BUSY: {
    title: 'another `grantlog keys` command holds {}',
    fix: 'Wait for it; if none runs, remove that file.',
  },
  RECORD_UNKNOWN: {
    title: 'there is no record {}',
    fix: 'Give an index or a record id: `grantlog search` shows them.',
  },
  FINDING_UNKNOWN: {
    title: 'there is no such finding: {}',
    fix: 'See `grantlog findings list --status all`.',
  },
  KEY_UNKNOWN: {
    title: 'no enrolled key is called {}',
    fix: 'See `grantlog keys list`; a name that begins with - comes after --.',
  },
  KEY_AMBIGUOUS: {
    title: 'more than one key is called {}',
    fix: 'Give more of its beginning; see `grantlog keys list`.',
  },
  KEY_ENDED: {
    title: 'the key {} is not in force any more',
    fix: 'Make one with `grantlog keys new`, or name another; see `grantlog keys list`.',
  },
  SINCE_REFUSED: {
    title: 'the key cannot have been compromised since then: {}',
    fix: 'Give --since a time from its enrolment (`grantlog keys list`) to now.',
  },
  KEY_MALFORMED: {
    title: '--key is neither a verifier key nor a file with one: {}',
    fix: 'Give log.vkey, which the first start of the receiver printed; for exports export.vkey.',
  },
  SEEN_EMPTY: {
    title: 'no checkpoint of this log in {}',
    fix:
      'Give the folder `seen` of a service that sends to this log (GRANTLOG_STATE), or a file ' +
      'with what `/checkpoint` answered, byte for byte.',
  },
  RESUME_BESIDE_DATA: {
    title: 'the file for --resume would lie in what is verified: {}',
    fix: 'Choose a place that nobody can write who can write the ledger.',
  },
  OUT_EXISTS: {
    title: 'there is something at {} already',
    fix: 'Choose a new or empty folder with --out, or write over files in it with --force.',
  },
  PROOF_WRONG: {
    title: 'the proof does not check: {}',
    fix: 'Run `grantlog verify`; the record, its leaf or its evidence was changed.',
  },
  INDEX_HELD: {
    title: 'the index in {} cannot be written',
    fix: 'Stop the receiver, its console or the command that holds it, and try again.',
  },
  EXPORT_EXISTS: {
    title: 'there is a file at {} already',
    fix: 'Choose another place with --out, or write over it with --force.',
  },
  EXPORT_ALTERED: {
    title: 'the file is not what its manifest says: {}',
    fix: 'Get it again from whom it came: it was changed, or is not whole.',
  },
  TENANT_UNKNOWN: {
    title: 'there is no tenant {}',
    fix: 'See `grantlog tenants list`, or make it with `grantlog tenants new NAME`.',
  },
  TENANT_TWICE: {
    title: 'two folders of tenants have one log, and none is served: {}',
    fix: 'Move the copy out of the folder `tenants`; the other is served within a minute.',
  },
  TENANT_EXISTS: {
    title: 'there is a tenant {} already',
    fix: 'Choose another name; `grantlog tenants list` shows them.',
  },
  FOLDER_UNUSABLE: {
    title: 'no folder can be made at {}',
    fix: 'Give a folder below one that you may write to (--data, GRANTLOG_DATA or --out).',
  },
  SYSTEM: {
    title: 'the operating system refused: {}',
    fix: 'Check that the path exists, is yours, and has space.',
  },
  UNEXPECTED: {
    title: 'unexpected: {}',
    fix: 'Run it again with --debug, and report the stack.',
  },
} as const

export type CliCode = keyof typeof CLI_CODES

/** An operator's error: a machine-readable code, what happened, what to do about it. */
export interface Problem {
  readonly code: string
  readonly title: string
  readonly fix: string
  /** Of a query that cannot be read. */
  readonly place?: QueryPlace
}

/** The part of a query that is wrong, in UTF-16 units, and what may take its place. */
export interface QueryPlace {
  readonly query: string
  readonly at: number
  readonly length: number
  readonly suggestions: readonly string[]
}

/** The one error class of this package. */
export class CliError extends Error implements Problem {
  readonly code: CliCode
  readonly title: string
  readonly fix: string

  /** `fix` replaces the usual one, when more is known. */
  constructor(code: CliCode, detail: string, options: ErrorOptions & { fix?: string } = {}) {
    const title = CLI_CODES[code].title.replace('{}', () => detail)
    super(title, options)
    this.name = 'CliError'
    this.code = code
    this.title = title
    this.fix = options.fix ?? CLI_CODES[code].fix
  }
}

/** Fixes for the errors of packages that know of no operator, by the beginning of their code. */
const fixes: readonly (readonly [prefix: string, fix: string])[] = [
  ['JOURNAL_FULL', 'Free disk space and start again.'],
  ['JOURNAL_', 'Run `grantlog verify` on a copy; restore the named file from a mirror or backup.'],
  ['TLOG_KEY', 'Check the verifier key: one line, name+hash+key.'],
  ['TLOG_', 'Run `grantlog verify`: something of the log is not what was signed.'],
  ['RECORD_', 'Run `grantlog verify`: a stored record is not what was signed.'],
  ['BATCH_', 'Run `grantlog verify`: a stored batch is not what was signed.'],
  ['REGISTRY_', 'Update grantlog: the records are newer than it.'],
]

/** Any error as an operator's. Unknown ones become UNEXPECTED; those of the system SYSTEM. */
export function problemOf(error: unknown): Problem {
  if (error instanceof CliError) return error
  const { code, fix, place, title, syscall } = (error ?? {}) as Partial<Problem> & {
    syscall?: unknown
  }
  const message = error instanceof Error ? error.message : String(error)
  if (typeof code === 'string' && typeof fix === 'string') {
    const told = { code, title: plain(message || (title ?? code), code), fix }
    return place === undefined ? told : { ...told, place }
  }
  const known = typeof code === 'string' && fixes.find(([prefix]) => code.startsWith(prefix))
  if (known) return { code: String(code), title: plain(message, String(code)), fix: known[1] }
  if (syscall !== undefined) return new CliError('SYSTEM', message)
  return new CliError('UNEXPECTED', message)
}

/**
 * `CODE: title` and `fix: …`, in the width of a terminal, or the same as JSON; passwords in URLs
 * are masked.
 */
export function formatProblem(problem: Problem, json: boolean, columns: number = Infinity): string {
  const { code, place } = problem
  const [title, fix] = [maskedText(problem.title), maskedText(problem.fix)]
  if (json) {
    const { at, length, suggestions } = place ?? {}
    return JSON.stringify({ error: { code, title, fix, at, length, suggestions } })
  }
  const lines = place === undefined ? [] : placeLines(place)
  const hanging = (text: string): string => wrap(text, columns - 2).join('\n  ')
  return [hanging(`${code}: ${title}`), ...lines, `  ${hanging(`fix: ${fix}`)}`].join('\n')
}

/** Characters of a query that are shown from its fault on, and as many before it at most. */
const shownCharacters = 60

/** The query, carets under its fault, and what was probably meant. */
function placeLines({ at, length, query, suggestions }: QueryPlace): string[] {
  const from = Math.max(0, at - shownCharacters)
  const before = (from > 0 ? '…' : '') + printable(query.slice(from, at))
  const behind = printable(query.slice(at, at + shownCharacters))
  const carets = '^'.repeat(Math.max(1, Math.min(length, behind.length)))
  const meant = suggestions.length === 0 ? [] : [`  perhaps: ${suggestions.join('  ')}`]
  return [`  ${before}${behind}`, `  ${' '.repeat(before.length)}${carets}`, ...meant]
}

/** Some messages begin with their code, which is printed anyway. */
function plain(message: string, code: string): string {
  return message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message
}
