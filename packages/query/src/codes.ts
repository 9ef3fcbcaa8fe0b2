// The closed set of error codes of @grantlog/query. codes.test.ts compares it with README.md.

/** What happened and what to do, by code. The list is closed. */
export const QUERY_CODES = {
  LINEAGE_NOT_FOUND: {
    title: 'no record has this id, index or hash',
    fix: 'Give an id, an index or a hash, as `grantlog search --json` or `grantlog hash` shows it.',
  },
  QUERY_SYNTAX: {
    title: 'the query cannot be read',
    fix: 'Write fields and values, such as: client:web outcome:denied after:-24h',
  },
  QUERY_FIELD_UNKNOWN: {
    title: 'the query names a field that does not exist',
    fix: 'Use a field that completion, or `grantlog search --fields`, shows.',
  },
  QUERY_VALUE_INVALID: {
    title: 'a value does not fit its field',
    fix: 'Write it as the message says.',
  },
  QUERY_TOO_LONG: {
    title: 'the query is too long',
    fix: 'Search for less at once.',
  },
  QUERY_INDEX_DAMAGED: {
    title: 'the index cannot be read',
    fix: 'Remove its folder: it is made again from the ledger.',
  },
  EXPORT_KEY_MISSING: {
    title: 'the ledger has no key that signs exports',
    fix: 'Start `grantlog receiver` once over this ledger: it makes the key.',
  },
  EXPORT_UNVERIFIED: {
    title: 'the manifest is not signed by this key',
    fix: 'Give the export.vkey of the ledger that the file comes from, from whom you trust.',
  },
  EXPORT_MALFORMED: {
    title: 'not the manifest of an export',
    fix: 'Give the exported file whose manifest lies beside it, under its name and .manifest.',
  },
  QUERY_INDEX_UNUSABLE: {
    title: 'the index cannot be opened',
    fix: 'See whether its disk is full, and whether its folder is yours; --index names another.',
  },
  BACKEND_URL_INVALID: {
    title: 'not a URL to query a backend at',
    fix: 'Give an http or https URL without a password, for example http://127.0.0.1:16686.',
  },
  BACKEND_UNREACHABLE: {
    title: 'the backend does not answer',
    fix: 'Check that it runs, and the address of its query API.',
  },
  BACKEND_REFUSED: {
    title: 'the backend refused a request',
    fix: 'Check that the URL is that of the query API, and what stands in front of it.',
  },
  BACKEND_UNAUTHORIZED: {
    title: 'the backend does not let us read',
    fix: 'Give credentials that may search its indices; `grantlog verify --help` says how.',
  },
  BACKEND_HAS_NO_RECORDS: {
    title: 'the backend has neither records of a sink nor the spans of a Jaeger',
    fix: 'Forward to it first; looked for are *jaeger-span-* and logs-grantlog.record-*.',
  },
  BACKEND_ANSWER_PARTIAL: {
    title: 'the backend searched only a part of what it has',
    fix: 'Wait until all of its shards are there (GET _cluster/health), and verify again.',
  },
  BACKEND_ANSWER_MALFORMED: {
    title: 'the backend answered something else than its query API does',
    fix: 'Check that the URL is that of the query API, and the version of the backend.',
  },
  BACKEND_ANSWER_TOO_LARGE: {
    title: 'an answer of the backend is too large to be read',
    fix: 'Look at the named trace or index: records are small, somebody may have blown one up.',
  },
  RECONCILE_LOG_UNREADABLE: {
    title: 'an access log cannot be read',
    fix: 'Check that the path exists, is a file or a folder, and that you may read it.',
  },
  RECONCILE_PATTERN_INVALID: {
    title: 'not a route',
    fix: 'Write a path such as /orders/:id or "POST /orders", with * only as its last segment.',
  },
  RECONCILE_ROUTES: {
    title: 'the records name more routes than can be compared',
    fix: 'Have the service name its routes: paths with ids in them are no templates.',
  },
  RECONCILE_WINDOW: {
    title: 'too many requests lie so close in time that they cannot be told apart',
    fix: 'Give a smaller --tolerance.',
  },
  RECONCILE_STATE: {
    title: 'what the last run has left cannot be read',
    fix: 'Remove the named file; the next run starts from the beginning.',
  },
} as const

export type QueryErrorCode = keyof typeof QUERY_CODES

/** The one error class of this package: a code, what happened, what to do about it. */
export class QueryError extends Error {
  readonly code: QueryErrorCode
  readonly title: string
  readonly fix: string

  constructor(code: QueryErrorCode, detail = '', options?: ErrorOptions) {
    const { fix, title } = QUERY_CODES[code]
    super(detail === '' ? title : `${title}: ${detail}`, options)
    this.name = 'QueryError'
    this.code = code
    this.title = this.message
    this.fix = fix
  }
}
