// The closed set of error codes of the console's API. codes.test.ts compares it with README.md.

interface Told {
  readonly status: 400 | 403 | 404 | 405 | 409 | 413 | 415 | 429 | 500 | 503
  readonly title: string
  readonly fix: string
}

/** What happened and what to do, by code. The list is closed. */
export const CONSOLE_CODES = {
  CONSOLE_HOST_REFUSED: {
    status: 403,
    title: 'the request is not for this console, or comes from another page',
    fix: 'Open it by the address that the receiver printed.',
  },
  CONSOLE_METHOD_REFUSED: {
    status: 405,
    title: 'the path has no such method',
    fix: 'See /api/v1/openapi.json.',
  },
  CONSOLE_NOT_FOUND: {
    status: 404,
    title: 'there is nothing at this path',
    fix: 'See /api/v1/openapi.json.',
  },
  CONSOLE_RECORD_UNKNOWN: {
    status: 404,
    title: 'no record has this place in the log',
    fix: 'Search for it; the newest records are indexed within a second.',
  },
  CONSOLE_RECORD_PENDING: {
    status: 409,
    title: 'the record is not under a published checkpoint yet',
    fix: 'Try again in a second.',
  },
  CONSOLE_PARAMETER_INVALID: {
    status: 400,
    title: 'a parameter is not what the API takes',
    fix: 'See /api/v1/openapi.json.',
  },
  CONSOLE_BODY_REFUSED: {
    status: 415,
    title: 'the body is not JSON of the size that the API takes',
    fix: 'Send application/json; see /api/v1/openapi.json.',
  },
  CONSOLE_BUSY: {
    status: 429,
    title: 'too much of this is going on already',
    fix: 'Wait until one has ended, or close a page that shows live records.',
  },
  CONSOLE_RUN_UNKNOWN: {
    status: 404,
    title: 'there is no such verification, comparison or export',
    fix: 'They are forgotten when the console restarts: begin a new one.',
  },
  CONSOLE_FINDING_UNKNOWN: {
    status: 404,
    title: 'no finding is called that',
    fix: 'It may have been let go for newer ones: the ledger has it (`grantlog findings`).',
  },
  CONSOLE_NOT_COMPARABLE: {
    status: 400,
    title: 'this service cannot be compared from here',
    fix: 'Name one of `comparable` of /integrity; `receiver --reconcile` adds others.',
  },
  CONSOLE_EXPORT_TOO_LARGE: {
    status: 413,
    title: 'the export is larger than the console makes',
    fix: 'Export less at once, or use `grantlog export`.',
  },
  CONSOLE_RECEIVER_SILENT: {
    status: 503,
    title: 'the receiver does not say how it is',
    fix: 'See whether it runs; what is in the ledger can be read without it.',
  },
  CONSOLE_INTERNAL: {
    status: 500,
    title: 'the console failed',
    fix: 'Look at its log, and report it with what is said there.',
  },
} as const satisfies Readonly<Record<string, Told>>

export type ConsoleCode = keyof typeof CONSOLE_CODES

/** The one error class of this package. */
export class ConsoleError extends Error {
  readonly code: ConsoleCode

  constructor(code: ConsoleCode, detail = '', options?: ErrorOptions) {
    super(detail, options)
    this.name = 'ConsoleError'
    this.code = code
  }
}
