// The closed set of what this package tells an operator. Each is one line on stderr; README.md
// lists the same codes, and codes.test.ts fails when the two differ.

/** Every notice by its code: what it means, and what to do about it. The list is closed. */
export const SDK_CODES = {
  CREDENTIALS_MISSING: {
    title: 'nothing is audited: GRANTLOG_CREDENTIALS is not set',
    fix: 'run "grantlog keys new --service NAME --role ROLE" and set it to the file that writes',
  },
  CREDENTIALS_UNREADABLE: {
    title: 'nothing is audited: the credentials file cannot be read',
    fix: 'check the path in GRANTLOG_CREDENTIALS and that this process may read it',
  },
  CREDENTIALS_INVALID: {
    title: 'nothing is audited: the credentials are not valid',
    fix: 'write the file again with "grantlog keys new --out FILE"',
  },
  ENDPOINT_INVALID: {
    title: 'nothing is audited: the endpoint is not an http or https URL',
    fix: 'set GRANTLOG_ENDPOINT to the receiver, for example http://127.0.0.1:4318',
  },
  ACCESS_INVALID: {
    title: 'nothing is audited: what the receiver is to be shown is not well said',
    fix: 'see the text in brackets, and README.md, "A receiver that asks who sends"',
  },
  CREDENTIALS_UNWRITABLE: {
    title: 'the credentials of this service cannot be kept in the file GRANTLOG_CREDENTIALS names',
    fix: 'let this process write that file and its folder, on a disk that outlives the process',
  },
  ENROL_INVALID: {
    title: 'nothing is audited: GRANTLOG_ENROL is set, and what enrolling needs is not',
    fix: 'set what is in brackets, see README.md, "A service that enrols itself"',
  },
  ENROL_PENDING: {
    title: 'the key of this service is not enrolled yet; records wait',
    fix: 'see the text in brackets; it is tried again by itself',
  },
  ENROL_REFUSED: {
    title: 'the receiver does not enrol the key of this service; without that, records wait',
    fix: 'see its answer in brackets; does "enrol" of the issuer map the client to this service?',
  },
  ENROLLED: {
    title: 'the key of this service is enrolled',
    fix: 'nothing is to be done; what waited is sent now',
  },
  POLICY_INVALID: {
    title: 'the policy is not valid: its rules are not applied',
    fix: 'mend the file that GRANTLOG_POLICY names, see the text in brackets, and start again',
  },
  POLICY_CHANGED: {
    title: 'the policy that the receiver has is in force from now on',
    fix: 'nothing is to be done; records name it as audit.policy.hash',
  },
  POLICY_LOCAL: {
    title: 'the receiver has another policy than the file in GRANTLOG_POLICY, which stays in force',
    fix: 'unset GRANTLOG_POLICY, or make the two the same',
  },
  POLICY_UNTOLD: {
    title: 'the receiver does not tell its policy; the one known before stays in force',
    fix: 'see the text in brackets: is the key enrolled, are the clocks right, is it our receiver?',
  },
  CLOCK_SKEWED: {
    title: 'the clocks of this machine and of the receiver differ',
    fix: 'let both follow a time server',
  },
  KEY_ENDS: {
    title: 'the key of this service ends soon; records that it signs later are refused',
    fix: 'run "grantlog keys rotate SERVICE", and start the service with the new file',
  },
  BLOCKING_VIA_COLLECTOR: {
    title:
      'the policy has blocking routes, and through a Collector no receipt can come back for them',
    fix: 'send to the receiver itself, or write "guarantee": "spooled" for them in the policy',
  },
  BLOCKING_TIMEOUT_INVALID: {
    title: 'GRANTLOG_BLOCKING_TIMEOUT_MS is not a whole number of milliseconds from 50 to 60000',
    fix: 'write such a number, or unset it for 5000',
  },
  BLOCKING_REFUSED: {
    title: 'the policy has blocking routes and nothing can be audited: the service does not start',
    fix: 'mend what the notice before this one says, or start it with GRANTLOG_DISABLED=1',
  },
  SPOOL_BYTES_INVALID: {
    title: 'nothing is audited: GRANTLOG_SPOOL_BYTES is no number of bytes, or too small',
    fix: 'set it to a whole number such as 268435456, to 0 for no spool, or unset it',
  },
  DISABLED: {
    title: 'nothing is audited: GRANTLOG_DISABLED is set',
    fix: 'unset it to audit again',
  },
  ALREADY_STARTED: {
    title: 'the SDK runs in this thread already',
    fix: 'start it once: by --import @grantlog/sdk/register or by startGrantlog()',
  },
  START_FAILED: {
    title: 'nothing is audited: the SDK could not start',
    fix: 'report this with the text in brackets; the service itself is not affected',
  },
  HOOK_FAILED: {
    title: 'a hook failed; the service is not affected, a record may be missing',
    fix: 'report this with the text in brackets and the version of the library',
  },
  RECORD_FAILED: {
    title: 'a record could not be made; it shows as a gap in the stream',
    fix: 'report this with the text in brackets',
  },
  NOTHING_HOOKED: {
    title: 'requests are served, but no library that this SDK knows was loaded after it',
    fix: 'start it before the libraries are loaded: node --import @grantlog/sdk/register',
  },
  INSTRUMENTATION_INVALID: {
    title: 'an instrumentation is not well defined',
    fix: 'see the text in brackets, and INSTRUMENTATION.md',
  },
  ROLE_NOT_ENROLLED: {
    title: 'actions in a role that the key is not enrolled for are counted, and not recorded',
    fix: 'make its key with "grantlog keys new --role" once more for the role in brackets',
  },
  ATTRIBUTE_HELD_BACK: {
    title: 'an attribute that the registry does not allow was left out of records',
    fix: 'report this with the name in brackets',
  },
  STOP_WITHHELD: {
    title:
      'requests still ran at the end; the stream stays unclosed, for their records are missing',
    fix: 'close the server and let requests end before stop()',
  },
  RECORDS_AFTER_STOP: {
    title: 'requests were served after the stream was stopped; they are recorded behind its end',
    fix: 'call stop() after the server was closed',
  },
  QUEUE_FULL: {
    title: 'the queue is full: new records are dropped and counted until the receiver answers',
    fix: 'start the receiver, or check the endpoint',
  },
  EXPORT_FAILING: {
    title: 'the receiver does not answer; records wait',
    fix: 'start it with "grantlog receiver", or check the endpoint',
  },
  ACCESS_REFUSED: {
    title: 'the receiver does not let this service in; records wait',
    fix: 'see its answer in brackets; is the token for its audience, the certificate known to it?',
  },
  TOKEN_UNAVAILABLE: {
    title: 'no access token for the receiver can be had; records wait',
    fix: 'check the file or the token endpoint, see the text in brackets',
  },
  CERTIFICATE_UNREADABLE: {
    title: 'a certificate or key for the receiver cannot be read; records wait',
    fix: 'check the path in brackets and that this process may read it',
  },
  RECORDS_UNSENT: {
    title: 'the process ends with records that no receiver took; the next one sends them',
    fix: 'start the service again, or another with its credentials and GRANTLOG_STATE',
  },
  RECORDS_UNSAVED: {
    title: 'the process ends with records that neither a receiver nor the disk took; they are lost',
    fix: 'set GRANTLOG_STATE to a folder this process may write; "grantlog verify" shows the gap',
  },
  EXPORT_REFUSED: {
    title: 'the receiver refuses records; they are kept and sent again, more and more seldom',
    fix: 'see the reason in brackets; is the key of this service enrolled?',
  },
  RECORDS_GIVEN_UP: {
    title: 'refused records find no more room; they are dropped, counted and show as a gap',
    fix: 'see the reason in brackets; is the key of this service enrolled?',
  },
  RECEIPT_INVALID: {
    title: 'an answer carries no valid receipt; the records are kept and sent again',
    fix: 'point it to a Grantlog receiver; through a Collector set GRANTLOG_VIA_COLLECTOR=1',
  },
  RESPONSE_WITHHELD: {
    title:
      'no receipt came for the record of a blocking route: its client got 503, not its response',
    fix: 'start the receiver, or see its refusal; the record is kept, and sent when it can be',
  },
  GUARANTEE_LOWERED: {
    title: 'a response went out although its record is not on disk yet, as its route asks for',
    fix: 'set GRANTLOG_STATE to a folder this process may write, on a disk with room',
  },
  RESPONSE_NOT_HELD: {
    title: 'responses of this version of Node cannot be held back, as the policy asks for',
    fix: 'use a version that README.md names; connections to blocking routes are cut until then',
  },
  RECORD_LOST: {
    title: 'the record was dropped or could not be made; it shows as a gap in the stream',
    fix: 'see the notices before this one',
  },
  RECORD_REFUSED: {
    title: 'the receiver refuses the record; it is kept and sent again, there is no receipt yet',
    fix: 'see the reason in brackets; is the key of this service enrolled?',
  },
  SPOOL_UNAVAILABLE: {
    title: 'records cannot be kept on disk, only in memory',
    fix: 'set GRANTLOG_STATE to a folder this process may write, on a disk with room',
  },
  SPOOL_FULL: {
    title: 'the spool is full; new records wait in memory, and are dropped and counted from there',
    fix: 'start the receiver, make room, or raise GRANTLOG_SPOOL_BYTES',
  },
  SPOOL_TAKEN: {
    title: 'another process took this spool folder for one of the dead; a new one is made',
    fix: 'nothing is lost; if it comes often, are clocks or the shared disk slow?',
  },
  SPOOL_FOREIGN: {
    title: 'a spool folder that nobody writes is of another key; it is left for its own service',
    fix: 'start that service; if the key was changed, start one with the old credentials once',
  },
  SPOOL_DAMAGED: {
    title: 'a spool folder is damaged; what could be read was sent, and it is left alone',
    fix: 'is the disk faulty? Remove the folder in brackets when you know',
  },
  SPOOL_ASIDE_REMOVED: {
    title: 'damaged spool folders were removed, the oldest; what nobody could read in them is lost',
    fix: 'is the disk faulty? "grantlog verify" shows the numbers that are missing',
  },
  EXPORT_CLOSED: {
    title: 'the SDK was disabled while a response waited for its record',
    fix: 'call stop(), and disable() only when no request runs',
  },
  LEDGER_FORK: {
    title: 'audit.ledger.fork: the log does not extend what it showed before',
    fix: 'run "grantlog verify --seen" with the file in brackets; keep it, it is evidence',
  },
  LEDGER_UNPROVEN: {
    title: 'a proof that the log extends what it showed before is not valid; it is asked for again',
    fix: 'check what stands between this service and the receiver',
  },
  LEDGER_UNPROVABLE: {
    title: 'nobody can prove that the log extends what it showed before, however often asked',
    fix: 'run "grantlog verify --seen" with the file in brackets',
  },
  STATE_SET_ASIDE: {
    title: 'the last seen checkpoint is not one of this log; it is kept under another name',
    fix: 'was the key of the log changed? Keep the file in brackets, it may be evidence',
  },
  STATE_UNWRITABLE: {
    title: 'the last seen checkpoint cannot be kept on disk, only in memory',
    fix: 'set GRANTLOG_STATE to a folder this process may write',
  },
  TRACES_MISSING: {
    title: 'no traces are sent, for packages that they need are not installed; the audit goes on',
    fix: `npm install @opentelemetry/sdk-node @opentelemetry/sdk-trace \
@opentelemetry/exporter-trace-otlp-proto @opentelemetry/instrumentation-http \
@opentelemetry/instrumentation-undici, or start @grantlog/sdk/register`,
  },
  TRACES_ELSEWHERE: {
    title:
      'another OpenTelemetry SDK runs here: its traces stay its own, and none are sent from here',
    fix: 'start @grantlog/sdk/register beside it, and put @grantlog/sdk/scrub into it',
  },
  TRACES_TAKEN: {
    title:
      'an OpenTelemetry SDK was started after these traces: its spans go to the receiver instead',
    fix: 'start @grantlog/sdk/register beside it, and put @grantlog/sdk/scrub into it',
  },
  TRACES_FAILED: {
    title: 'the traces could not be started; the audit goes on',
    fix: 'report this with the text in brackets; are the packages those of peerDependencies?',
  },
} as const

export type SdkCode = keyof typeof SDK_CODES

/** The one error class of this package. Branch on `code`; `title` and `fix` are for people. */
export class SdkError extends Error {
  readonly code: SdkCode
  readonly title: string
  readonly fix: string
  /** What the title does not say; empty if there is nothing. */
  readonly detail: string

  constructor(code: SdkCode, detail = '') {
    const { title, fix } = SDK_CODES[code]
    super(detail === '' ? title : `${title} [${detail}]`)
    this.name = 'SdkError'
    this.code = code
    this.title = title
    this.fix = fix
    this.detail = detail
  }
}
