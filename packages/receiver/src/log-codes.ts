// Every code of the receiver's log: with which levels it comes, what it means, and what to do. The
// list is closed: LogEvent takes no other, and the table in packages/cli/LOG.md is generated
// from it. See packages/cli/src/log-codes.test.ts.

export type LogLevel = 'info' | 'warn' | 'error'

export interface LogCodeText {
  readonly levels: readonly LogLevel[]
  readonly means: string
  /** Empty: nothing. */
  readonly fix: string
}

export const LOG_CODES = {
  RECEIVER_STARTED: { levels: ['info'], means: 'both ports are open', fix: '' },
  RECEIVER_INTERNAL: {
    levels: ['error'],
    means: 'a request failed in a way that nobody foresaw; `detail` is where',
    fix: 'report it, with the line',
  },
  LOG_SUPPRESSED: {
    levels: ['warn'],
    means: 'lines of the code `of` were left out, for there were too many in a minute',
    fix: 'see to that code; the metrics count all of it',
  },
  COMMIT_FAILED: {
    levels: ['error'],
    means: 'something could not be made durable; it was not acknowledged, and comes again',
    fix: 'free space for LEDGER_FULL; for any other cause look at the disk, and restart',
  },
  TENANT_STARTED: { levels: ['info'], means: 'a tenant is served from now on', fix: '' },
  TENANT_NOT_SERVED: {
    levels: ['error'],
    means: 'a tenant cannot be served; the others are',
    fix: 'see `detail`; it is tried again each minute',
  },
  TENANT_DOWN: {
    levels: ['error'],
    means: "a tenant's ledger takes nothing any more; the others go on",
    fix: 'look at its disk, and start the receiver again',
  },
  TENANT_FULL: {
    levels: ['error'],
    means: 'a tenant has as much on the disk as it may; its senders are told to come again',
    fix: 'raise its limits.diskBytes',
  },
  TENANT_HAS_ROOM: { levels: ['info'], means: 'a tenant is below its quota again', fix: '' },
  TENANT_SIZE_UNKNOWN: {
    levels: ['warn'],
    means: "a tenant's folders cannot be added up: its quota is judged by what came since",
    fix: 'see `detail`; are they readable?',
  },
  SUBJECTS_SHARED: {
    levels: ['warn'],
    means: 'too many people and sessions of a minute are new: `parts` of records share a key',
    fix: 'is somebody inventing names? else raise newSubjectsPerMinute',
  },
  DISK_LOW: { levels: ['warn', 'error'], means: 'a disk is nearly full', fix: 'free space' },
  DISK_OK: { levels: ['info'], means: 'there is room again', fix: '' },
  DISK_UNKNOWN: {
    levels: ['warn'],
    means: 'nobody can say how full a disk is',
    fix: 'see `detail`; is the volume mounted?',
  },
  CLOCK_JUMPED: {
    levels: ['warn'],
    means: 'the clock was set by `byMs` milliseconds; times of receipt never go back',
    fix: 'let NTP slew the clock',
  },
  SPANS_REFUSED: {
    levels: ['warn'],
    means: 'audit spans of a sender were refused; `reason` is a code of REFUSALS',
    fix: 'what the reason says; `grantlog quarantine` shows them',
  },
  LOGS_REFUSED: {
    levels: ['warn'],
    means: 'audit log records of a caller were refused; `reason` is a code of REFUSALS',
    fix: 'what the reason says',
  },
  CHAIN_BROKEN: {
    levels: ['error'],
    means: "a batch does not name the one before it: two processes use one stream, or one's lost",
    fix: 'give each process its own start of the SDK; `grantlog verify` finds it again',
  },
  STREAM_UNCLOSED: {
    levels: ['warn'],
    means: 'a stream fell silent without a stop: its process was killed, or is cut off',
    fix: 'look at that service',
  },
  BIND_INSECURE: {
    levels: ['warn'],
    means: 'others reach this address, and it lacks what `detail` says; somebody chose that',
    fix: 'give the receiver a certificate and callers, or close the network around it',
  },
  CALLERS_READ: { levels: ['info'], means: 'who may send is this list from now on', fix: '' },
  CALLER_REFUSED: {
    levels: ['warn'],
    means: 'somebody who may not send tried to, `times` since the last such line',
    fix: 'what the code in `reason` says; if it is one of yours, see his token or certificate',
  },
  CALLER_OUT_OF_TENANT: {
    levels: ['warn'],
    means: "a sender of one tenant brings spans that claim another's keys: unknown to its own",
    fix: 'send them as a caller of their tenant, or take `tenant` off this one in callers',
  },
  ISSUER_KEYS_READ: { levels: ['info'], means: 'keys of an issuer were read', fix: '' },
  ISSUER_UNREACHABLE: {
    levels: ['error'],
    means: 'keys of an issuer cannot be read; known ones serve for a day',
    fix: 'see `detail`: is the issuer there, and its address right?',
  },
  TLS_CERTIFICATE_READ: { levels: ['info'], means: 'another certificate is in force', fix: '' },
  TLS_CERTIFICATE_UNUSABLE: {
    levels: ['error'],
    means: 'the files of the certificate cannot be used; the one before stays in force',
    fix: 'mend the files, as `detail` says',
  },
  TLS_EXPIRES: {
    levels: ['warn', 'error'],
    means: 'the certificate ends in `daysLeft` days',
    fix: 'renew it: new files are read without a restart',
  },
  CONNECTIONS_REFUSED: {
    levels: ['warn'],
    means: 'connections were closed for others, `times` since the last such line; `limit` is full',
    fix: 'see who connects; behind a proxy, raise limits.connectionsPerAddress',
  },
  TLS_HANDSHAKES_REFUSED: {
    levels: ['warn'],
    means: 'handshakes failed, `times` since the last such line; `reason` is of the newest',
    fix: 'if it is one of yours, see its certificate and its authorities',
  },
  TLS_KEY_OPEN: {
    levels: ['warn'],
    means: "others than its owner and group may read the certificate's key",
    fix: 'chmod 0640, or 0600',
  },
  KEY_REVOKED: {
    levels: ['warn'],
    means: 'what this key signed is refused from now on; `reason` is what was given',
    fix: 'see to the service whose key it was: `grantlog keys rotate`',
  },
  POLICY_READ: { levels: ['info'], means: 'services are told this policy from now on', fix: '' },
  POLICY_GONE: {
    levels: ['error'],
    means: 'the policy file is gone, as `detail` says; the policy that was sealed last is in force',
    fix: 'bring the file back, or put another policy in force: `grantlog policy apply FILE`',
  },
  POLICY_UNREADABLE: {
    levels: ['error'],
    means: 'the policy for the services cannot be used; the one before stays in force',
    fix: 'mend the file, as `detail` says',
  },
  PASS_THROUGH_DISCARDED: {
    levels: ['warn'],
    means: 'spans that are not audit come, and no sink takes them; told once',
    fix: 'configure a sink, or do not send them here',
  },
  PASS_THROUGH_DROPPED: {
    levels: ['error'],
    means: 'the queue of spans that are not audit was full; its oldest half is gone',
    fix: 'see why a sink is behind',
  },
  PRUNE_FAILED: {
    levels: ['error'],
    means: 'what all sinks have got could not be removed from the queue',
    fix: 'look at the disk of the queue folder',
  },
  ENROLMENTS_READ: { levels: ['info'], means: 'the enrolled keys were read', fix: '' },
  ENROLMENTS_UNREADABLE: {
    levels: ['error'],
    means: 'enrolled.json cannot be used; what was in force stays so',
    fix: 'restore the file, or write it with `grantlog keys`',
  },
  KEY_ENROLLED: { levels: ['info'], means: 'a key may sign from now on', fix: '' },
  KEY_ASSERTED: {
    levels: ['info'],
    means: 'an access token enrolled a key; `client` and `issuer` say whose it was',
    fix: '',
  },
  KEY_REMOVED: { levels: ['warn'], means: 'a key may sign no more', fix: '' },
  QUARANTINE_NOT_KEPT: {
    levels: ['warn'],
    means: 'refused spans are counted only: a bound of the quarantine was reached',
    fix: 'see who sends them; `grantlog quarantine` empties it',
  },
  QUARANTINE_RELEASED: {
    levels: ['info'],
    means: 'what came before its key was enrolled was taken now',
    fix: '',
  },
  QUARANTINE_NOT_RELEASED: {
    levels: ['error'],
    means: 'something in the quarantine could not be taken; it stays there',
    fix: 'see `detail`; the next enrolment of the key tries again',
  },
  QUARANTINE_DROPPED: { levels: ['info'], means: 'old entries went', fix: '' },
  QUARANTINE_NOT_DROPPED: {
    levels: ['error'],
    means: 'old entries could not be removed',
    fix: 'look at the disk of the queue folder',
  },
  VALIDATION_REFUSED: {
    levels: ['error'],
    means: 'a file that was handed over is no validation, and is not sealed',
    fix: 'see `detail`; run `grantlog reconcile` of the same version',
  },
  VALIDATION_WAITS: {
    levels: ['error'],
    means: 'a validation could not be sealed yet',
    fix: 'see COMMIT_FAILED',
  },
  FINDING: {
    levels: ['info', 'warn', 'error'],
    means: 'a rule found something: see `title`; the level is as bad as that is',
    fix: 'see it in the console, or with `grantlog findings show`',
  },
  FINDING_REFUSED: {
    levels: ['error'],
    means: 'a file that was handed over is no finding, and is not sealed',
    fix: 'see `detail`; run `grantlog detect` of the same version',
  },
  FINDING_WAITS: {
    levels: ['error'],
    means: 'a finding could not be sealed yet',
    fix: 'see COMMIT_FAILED',
  },
  RECONCILE_AGREES: { levels: ['info'], means: 'records and access logs agree', fix: '' },
  RECONCILE_DIFFERENCES: {
    levels: ['warn'],
    means: 'records and access logs differ',
    fix: 'see it in the console, or with `grantlog reconcile`',
  },
  RECONCILE_INCOMPLETE: {
    levels: ['warn'],
    means: 'not all could be compared',
    fix: 'see the details; give all access logs of the time',
  },
  SINK_DOWN: {
    levels: ['warn', 'error'],
    means: 'a sink does not take what it is sent; it is tried again, and others go on',
    fix: 'see `reason`',
  },
  SINK_BACK: { levels: ['info'], means: 'it takes it again', fix: '' },
  SINK_REFUSED: {
    levels: ['error'],
    means: 'a sink refused spans for good; they are dead letters',
    fix: 'mend it, then `grantlog forward --dead URL` (`--logs`: log records); of a core: `held`',
  },
  SINK_HELD: {
    levels: ['info'],
    means: 'records held for a core were sent again or dropped, as asked; `left` are held still',
    fix: 'of what is left, see who changes it on the way to the core',
  },
  SINK_HELD_FAILED: {
    levels: ['error'],
    means: 'what is held for a core could not be sent again or dropped; it stays held',
    fix: 'see `detail`; the next minute tries again',
  },
  CORE_FORKED: {
    levels: ['error'],
    means: 'a core has another record where it signed one before: its log was cut at `index`',
    fix: 'ask who runs it; to send all again, stop, remove queue/SINK.offset, and start',
  },
  SINK_SKIPPED: {
    levels: ['error'],
    means: 'frames were gone before a sink got them',
    fix: 'see PASS_THROUGH_DROPPED',
  },
  SINK_STOPPED: {
    levels: ['error'],
    means: "a sink's own files failed; it is given up until the next start",
    fix: 'look at the disk of the queue folder, and restart',
  },
  SINK_RESTARTED: {
    levels: ['error'],
    means: "a sink's offset is of another log, or ahead of this one; it gets all from the start",
    fix: 'was the ledger restored from a copy?',
  },
  SINK_LOGS_FROM_LEDGER: {
    levels: ['info'],
    means: 'once, after an upgrade: log records reach the sink from the ledger, from `commit` on',
    fix: '',
  },
  SINK_WITHOUT_DATA_STREAM: {
    levels: ['warn'],
    means: 'the server has no data streams; records go to a plain index',
    fix: '',
  },
  SINK_TEMPLATE_PUT: { levels: ['info'], means: 'the index template was written', fix: '' },
  SINK_TEMPLATE_KEPT: {
    levels: ['info'],
    means: 'the index template there is a newer one, or your own, and stays',
    fix: '',
  },
  DEAD_LETTERS_ROTATED: {
    levels: ['error'],
    means: 'the oldest dead letters of a sink went, for there are too many',
    fix: 'mend the sink',
  },
  METRICS_PUSH_FAILED: {
    levels: ['warn'],
    means: 'the endpoint for metrics does not take them; told once for each outage',
    fix: 'see that it takes OTLP/HTTP at /v1/metrics',
  },
  METRICS_PUSH_BACK: { levels: ['info'], means: 'it takes them again', fix: '' },
} as const

export type LogCode = keyof typeof LOG_CODES
