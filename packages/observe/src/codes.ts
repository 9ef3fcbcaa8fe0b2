// What an adapter tells its operator: a code, what happened, what to do. README.md lists them.

/** Every code of this package. The list is closed. */
export const OBSERVE_CODES = {
  OBSERVE_READY: { title: 'the service is observed', fix: 'nothing' },
  OBSERVE_STOPPED: { title: 'the stream is ended', fix: 'nothing' },
  OBSERVE_SENT: { title: 'records have their receipt', fix: 'nothing' },
  OBSERVE_KEY_WRONG: {
    title: 'the credentials are not those of an observer',
    fix: 'make a key with `grantlog keys new --role observer`',
  },
  OBSERVE_LOCKED: {
    title: 'another adapter works with this state folder',
    fix: 'stop it, or give each service that is observed a folder of its own with --state',
  },
  OBSERVE_STATE_DAMAGED: {
    title: 'the state of the adapter cannot be read',
    fix: 'give the credentials that wrote it; without the state, events are recorded once more',
  },
  OBSERVE_STATE_FOREIGN: {
    title: 'the state folder is of another service',
    fix: 'give each service that is observed a folder of its own with --state',
  },
  OBSERVE_STATE_OLD: {
    title: 'the state is older than what the receiver has; a new stream goes on from there',
    fix: 'nothing; some events are recorded once more (`audit.observed.id` tells which)',
  },
  OBSERVE_ACCESS: {
    title: 'the service does not let the adapter in',
    fix: 'see that the secret or token is right and may read events (role `view-events`)',
  },
  OBSERVE_LISTENING: { title: 'the service can send its spans', fix: 'nothing' },
  OBSERVE_INBOX_FULL: {
    title: 'so many events wait for the receiver that no more are taken',
    fix: 'see that the receiver runs: what the service sends meanwhile it gives up after a minute',
  },
  OBSERVE_DISK_FAILING: {
    title:
      'what is observed cannot be kept on the disk; nothing is given up, and it is tried again',
    fix: 'make room for the state folder in brackets, or see why it cannot be written',
  },
  OBSERVE_SOURCE_FAILING: {
    title: 'the service cannot be read, and is tried again',
    fix: 'see that it runs, and the URL and the realm',
  },
  OBSERVE_SOURCE_UNUSUAL: {
    title: 'the service answered what the adapter does not know',
    fix: 'see that its version is one that the documentation names',
  },
  OBSERVE_SEND_FAILING: {
    title: 'the receiver cannot be reached, and is tried again',
    fix: 'nothing is lost as long as the service keeps its events; see that the receiver runs',
  },
  OBSERVE_REFUSED: {
    title: 'the receiver refuses the records, and is tried again',
    fix: 'see `grantlog quarantine`; nothing later is sent before. CONFLICT: see Limits',
  },
  OBSERVE_EVENTS_OFF: {
    title: 'the service keeps no such events',
    fix: 'switch "Save events" on in the realm settings',
  },
  OBSERVE_TYPES_OFF: {
    title: 'the service keeps no events of these types',
    fix: 'add them in the realm settings, under Events; Keycloak leaves out some of OAuth at first',
  },
  OBSERVE_TYPE_UNKNOWN: {
    title: 'an event of a type that this version does not know is recorded under its own name',
    fix: 'nothing',
  },
  OBSERVE_GAP: {
    title: 'events of the service are missing, and a record says so',
    fix: 'let the service keep events for longer than the adapter may be away',
  },
} as const

export type ObserveCode = keyof typeof OBSERVE_CODES

/** An adapter cannot go on. `fix` says what to do; `message` has no secret. */
export class ObserveError extends Error {
  readonly code: ObserveCode
  readonly fix: string

  constructor(code: ObserveCode, detail: string, options?: ErrorOptions) {
    super(`${OBSERVE_CODES[code].title}: ${detail}`, options)
    this.name = 'ObserveError'
    this.code = code
    this.fix = OBSERVE_CODES[code].fix
  }
}

/** Tells the operator; `detail` holds no secret. */
export type Tell = (code: ObserveCode, detail: string) => void
